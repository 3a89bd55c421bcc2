// Scores of one pass under their names, and features of data sets that are kept.
#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "lib/metrics/drawn_pictures.hpp"
#include "lib/metrics/frechet.hpp"
#include "lib/metrics/inception_score.hpp"
#include "lib/metrics/manifold.hpp"
#include "lib/metrics/scores.hpp"
#include "lib/metrics/separability_job.hpp"
#include "tests/metrics/random_rows.hpp"

using namespace sgan;
using namespace sgan::metrics;
using rt::Tensor;

namespace {

// Two features: the mean and the first byte of each picture.
class Simple : public Features {
 public:
  explicit Simple(std::string hash = "simple") { hash_ = std::move(hash); }
  int64_t pool_size() const override { return 2; }
  Tensor pool(const Tensor& pictures) const override {
    calls += pictures.size(0);
    const int64_t n = pictures.size(0), size = pictures.numel() / n;
    Tensor out({n, 2}, rt::DType::f32);
    for (int64_t i = 0; i < n; ++i) {
      const float* p = pictures.data<float>() + i * size;
      double sum = 0;
      for (int64_t k = 0; k < size; ++k) sum += p[k];
      out.data<float>()[2 * i] = float(sum / double(size));
      out.data<float>()[2 * i + 1] = p[0];
    }
    return out;
  }
  mutable int64_t calls = 0;
};

class Bytes : public io::Dataset {
 public:
  explicit Bytes(int64_t count) {
    info_ = {.name = "bytes", .count = count, .resolution = 2, .channels = 3, .hash = "abc"};
  }
  void read(int64_t index, uint8_t* pixels) const override {
    check(index != broken, "picture ", index, " is broken");
    for (int k = 0; k < 12; ++k) pixels[k] = uint8_t(index + k);
  }
  void label(int64_t, float*) const override {}
  const std::string& name(int64_t) const override { return name_; }
  int64_t broken = -1;

 private:
  std::string name_ = "x";
};

struct Scratch {
  std::filesystem::path path;
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "scores-XXXXXX").string();
    BOOST_REQUIRE(mkdtemp(name.data()));
    path = name;
  }
  ~Scratch() { std::filesystem::remove_all(path); }
  std::vector<std::filesystem::path> files(const std::string& below) const {
    std::vector<std::filesystem::path> list;
    for (const auto& entry : std::filesystem::directory_iterator(path / below))
      list.push_back(entry.path());
    return list;
  }
};

struct Kept {
  std::unique_ptr<dist::Communicator> ranks = dist::make_communicator(rt::cpu);
  std::vector<std::string> warnings;
  Table operator()(const io::Dataset& data, const Features& features, const std::string& directory,
                   JobHooks hooks = {}) {
    hooks.warn = [&](const std::string& line) { warnings.push_back(line); };
    return dataset_features(data, "all", features, {2, 0}, rt::cpu, *ranks, hooks, directory);
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(scoring)

BOOST_AUTO_TEST_CASE(names_are_the_official_ones) {
  ScoreSettings s;
  choose_scores("is,fid,pr,kid", s);
  BOOST_TEST((s.fid && s.kid && s.pr && s.is));
  const auto real = random_rows(40, 3, 1, 0, 1, rt::DType::f32);
  Tensor generated({30, 5}, rt::DType::f32);
  for (int64_t i = 0; i < generated.numel(); ++i) generated.data<float>()[i] = 0.5f;
  for (int64_t i = 0; i < 30; ++i) generated.data<float>()[i * 5] = float(i);
  const auto names = [&] {
    std::string all;
    for (const auto& score : scores(generated, real, {3, 2}, s)) all += score.name + " ";
    return all;
  };
  BOOST_TEST(
      names() ==
      "fid50k_full kid50k_full pr50k3_full_precision pr50k3_full_recall is50k_mean is50k_std ");
  s.samples = 1234, s.full = false, s.neighbours = 5;
  BOOST_TEST(names() == "fid1234 kid1234 pr12345_precision pr12345_recall is1234_mean is1234_std ");
  choose_scores("is", s);
  BOOST_TEST(!s.needs_real());
  BOOST_TEST(scores(generated, {}, {3, 2}, s)[0].value == 1, boost::test_tools::tolerance(1e-12));
  for (const char* wrong : {"", "fid,", "FID", "fid kid"})
    BOOST_TEST(refuses([&] { choose_scores(wrong, s); }, "none of fid, kid, pr, is"));
}

BOOST_AUTO_TEST_CASE(each_score_takes_its_columns) {
  const auto real = random_rows(50, 3, 1, 0, 1, rt::DType::f32);
  const auto pool = random_rows(40, 3, 2, 0.5, 1, rt::DType::f32);
  const auto classes = class_probabilities(random_rows(40, 4, 3, 0, 2, rt::DType::f32));
  Tensor both({40, 7}, rt::DType::f32);
  for (int64_t i = 0; i < 40; ++i) {
    std::copy_n(pool.data<float>() + i * 3, 3, both.data<float>() + i * 7);
    std::copy_n(classes.data<float>() + i * 4, 4, both.data<float>() + i * 7 + 3);
  }
  ScoreSettings s;
  choose_scores("fid,pr,is", s);
  s.splits = 2;
  const auto found = scores(both, real, {3, 4}, s);
  BOOST_TEST(found[0].value == frechet_distance(Moments(pool), Moments(real)));
  BOOST_TEST(found[1].value == precision_recall(pool, real).precision);
  BOOST_TEST(found[2].value == precision_recall(pool, real).recall);
  BOOST_TEST(found[3].value == inception_score(classes, 2).mean);
  BOOST_TEST(found[0].published);
  BOOST_TEST(!found[1].published);
}

BOOST_AUTO_TEST_CASE(features_of_a_data_set_are_computed_once) {
  const Scratch scratch;
  const std::string directory = (scratch.path / "made" / "here").string();
  const Bytes data(70);
  const Simple features, others("others");
  Kept kept;
  const auto first = kept(data, features, directory);
  BOOST_TEST(first.complete());
  BOOST_TEST(features.calls == 70);
  BOOST_TEST(first.rows.data<float>()[2 * 69 + 1] == 69);
  const auto second = kept(data, features, directory);
  BOOST_TEST(features.calls == 70);
  BOOST_TEST((first.rows.to_doubles() == second.rows.to_doubles()));
  // Another network, other pictures, or no cache: computed.
  kept(data, others, directory);
  BOOST_TEST(others.calls == 70);
  kept(Bytes(71), features, directory);
  BOOST_TEST(features.calls == 70 + 71);
  kept(data, features, "");
  BOOST_TEST(features.calls == 70 + 71 + 70);
  BOOST_TEST(scratch.files("made/here").size() == 3u);
  BOOST_TEST(kept.warnings.empty());
}

BOOST_AUTO_TEST_CASE(an_interruption_loses_no_features) {
  const Scratch scratch;
  const Bytes data(100);
  const Simple features;
  Kept kept;
  const auto part = kept(data, features, scratch.path.string(), {{}, [&] { return true; }});
  BOOST_TEST(!part.complete());
  BOOST_TEST(features.calls == 32);
  BOOST_TEST(kept(data, features, scratch.path.string()).complete());
  BOOST_TEST(features.calls == 100);
}

BOOST_AUTO_TEST_CASE(a_cache_that_is_no_good_is_told_of_and_replaced) {
  const Scratch scratch;
  const Bytes data(40);
  const Simple features;
  Kept kept;
  kept(data, features, scratch.path.string());
  const auto file = scratch.files("")[0];
  std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
  BOOST_TEST(kept(data, features, scratch.path.string()).complete());
  BOOST_TEST(features.calls == 80);
  BOOST_REQUIRE(kept.warnings.size() == 1u);
  BOOST_TEST(kept.warnings[0].find("computed again") != std::string::npos);
  kept(data, features, scratch.path.string());
  BOOST_TEST(features.calls == 80);
  // A place that cannot be written costs the keeping, not the measurement.
  std::ofstream(scratch.path / "file") << "x";
  BOOST_TEST(kept(data, features, (scratch.path / "file" / "below").string()).complete());
  BOOST_TEST(kept.warnings.back().find("are not kept") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_broken_picture_is_named) {
  Bytes data(40);
  data.broken = 33;
  Kept kept;
  BOOST_TEST(refuses([&] { kept(data, Simple(), ""); }, "picture 33 is broken"));
}

BOOST_AUTO_TEST_CASE(pictures_become_bytes_as_officially) {
  const std::vector<float> values{-2, -1, 0, 0.999f, 1, 3};
  const auto numbers = whole_numbers(Tensor::from(values, {1, 1, 2, 3}), rt::cpu, 0);
  BOOST_TEST((numbers.to_doubles() == std::vector<double>{0, 0, 128, 255, 255, 255}));
  const std::vector<float> bad{0, 0, 0, NAN, 0, 0};
  BOOST_TEST(refuses(
      [&] {
        whole_numbers(Tensor::from(bad, {2, 1, 1, 3}), rt::cpu, 40);
      },
      "picture 41 holds NaN"));
}

BOOST_AUTO_TEST_CASE(directions_are_unit_normals_in_every_layer) {
  const auto direction = direction_of({{3, 0, -4}, 7}, 2);
  BOOST_TEST((direction.shape() == rt::Shape{1, 2, 3}));
  const auto d = direction.to_doubles();
  for (int row = 0; row < 2; ++row) {
    BOOST_TEST(d[row * 3] == 0.6, boost::test_tools::tolerance(1e-6));
    BOOST_TEST(d[row * 3 + 2] == -0.8, boost::test_tools::tolerance(1e-6));
  }
  BOOST_TEST(refuses([] { direction_of({{0, 0}, 1}, 2); }, "no direction"));
}

BOOST_AUTO_TEST_CASE(separability_reads_the_columns_of_its_space) {
  // z decides the first attribute, w the second, of three classes; noise elsewhere.
  nets::GeneratorInfo info;
  info.z_dim = 3, info.w_dim = 2;
  const std::vector<nets::Attribute> attributes{{"in z", {"no", "yes"}}, {"in w", {"a", "b", "c"}}};
  auto rows = random_rows(600, 3 + 2 + 1 + 3, 5, 0, 1, rt::DType::f32);
  for (int64_t i = 0; i < 600; ++i) {
    float* row = rows.data<float>() + i * 9;
    row[5] = -4 * row[1];
    const int best = row[3] > 0.7f ? 0 : row[4] > 0.7f ? 1 : 2;
    for (int c = 0; c < 3; ++c) row[6 + c] = c == best ? 5 : 0;
  }
  const auto z = separability(rows, info, Space::z, attributes);
  const auto w = separability(rows, info, Space::w, attributes);
  BOOST_TEST(z.attributes[0].entropy_bits < 0.02);
  BOOST_TEST(z.attributes[0].planes[0].normal[1] > 0);  // class 1 is where the logit is below 0
  BOOST_TEST(z.attributes[1].entropy_bits > 1);
  BOOST_TEST(w.attributes[0].entropy_bits > 0.95);
  BOOST_TEST(w.attributes[1].entropy_bits < 0.7);
  BOOST_TEST(w.attributes[1].planes.size() == 3u);
  BOOST_TEST(refuses([&] { separability(rows.rows(0, 1), info, Space::z, attributes); },
                     "at least 2 samples"));
}

BOOST_AUTO_TEST_SUITE_END()
