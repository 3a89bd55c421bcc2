#include <boost/test/unit_test.hpp>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lib/nets/mix.hpp"

using namespace sgan;
using rt::Shape;
using rt::Tensor;

namespace {

// The float64 tensors of a golden file.
struct Golden {
  nlohmann::json header;
  std::string bytes;
  explicit Golden(const std::string& name) {
    std::ifstream file(std::string(SGAN_GOLDEN) + "/" + name, std::ios::binary);
    BOOST_REQUIRE(file);
    uint64_t size = 0;
    file.read(reinterpret_cast<char*>(&size), 8);
    std::string text(size, ' ');
    file.read(text.data(), std::streamsize(size));
    header = nlohmann::json::parse(text);
    bytes.assign(std::istreambuf_iterator<char>(file), {});
  }
  Tensor operator[](const std::string& name) const {
    const auto& entry = header.at(name);
    BOOST_REQUIRE(entry.at("dtype") == "F64");
    const Tensor t(Shape(entry.at("shape").get<std::vector<int64_t>>()), rt::DType::f64);
    const size_t begin = entry.at("data_offsets")[0];
    BOOST_REQUIRE(begin + t.bytes() <= bytes.size());
    std::memcpy(t.bytes_data(), bytes.data() + begin, t.bytes());
    return t;
  }
};

double worst(const Tensor& got, const Tensor& want) {
  const auto a = got.to_doubles(), b = want.to_doubles();
  BOOST_REQUIRE(a.size() == b.size());
  double most = 0, scale = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    BOOST_REQUIRE(std::isfinite(a[i]));
    most = std::max(most, std::abs(a[i] - b[i]));
    scale = std::max(scale, std::abs(b[i]));
  }
  return most / scale;
}

Tensor vector(std::vector<double> values, Shape shape) { return Tensor::from(values, shape); }

}  // namespace

BOOST_AUTO_TEST_SUITE(mix)

BOOST_AUTO_TEST_CASE(keyframe_paths_are_the_official_ones) {
  const Golden golden("interpolation.safetensors");
  int cases = 0;
  for (const auto& [name, text] : golden.header.at("__metadata__").items()) {
    if (name.size() != 2 || name[0] != 'c') continue;
    const auto settings = nlohmann::json::parse(text.get<std::string>());
    const Tensor keys = golden["in." + name + ".keyframes"];
    const Tensor want = golden["out." + name + ".w"];
    const auto times = golden["in." + name + ".t"].to_doubles();
    const bool cubic = settings.at("kind") == "cubic";
    const nets::PeriodicSpline spline(keys, settings.at("wraps"));
    for (size_t i = 0; i < times.size(); ++i) {
      const auto k = int64_t(times[i]), next = (k + 1) % keys.size(0);
      const Tensor got =
          cubic ? spline.at(times[i])
                : nets::lerp(keys.rows(k, k + 1), keys.rows(next, next + 1), times[i] - double(k));
      BOOST_TEST(worst(got, want.rows(int64_t(i), int64_t(i) + 1)) < 1e-9, name << " frame " << i);
    }
    ++cases;
  }
  BOOST_TEST(cases == 4);
}

BOOST_AUTO_TEST_CASE(spline_refuses) {
  const Tensor keys = vector({1, 2, 3}, {3, 1});
  BOOST_CHECK_THROW(nets::PeriodicSpline(keys, 0), Error);
  BOOST_CHECK_THROW(nets::PeriodicSpline(keys.rows(0, 0), 1), Error);
  const nets::PeriodicSpline spline(keys, 1);
  BOOST_CHECK_THROW(spline.at(3), Error);
  BOOST_CHECK_THROW(spline.at(-0.1), Error);
  BOOST_CHECK_THROW(spline.at(NAN), Error);
  BOOST_TEST(std::abs(spline.at(2).item() - 3) < 1e-12);
}

BOOST_AUTO_TEST_CASE(paths) {
  const Tensor keys = vector({1, 5, 3}, {3, 1});
  const nets::Path open(keys, nets::PathKind::lerp, 2, false);
  std::vector<double> walked;
  for (int64_t i = 0; i < open.frames(); ++i) walked.push_back(open.frame(i).item());
  BOOST_TEST(walked == (std::vector<double>{1, 3, 5, 4, 3}), boost::test_tools::per_element());
  const nets::Path loop(keys, nets::PathKind::lerp, 2, true);
  BOOST_TEST(loop.frames() == 6);
  BOOST_TEST(loop.frame(5).item() == 2);
  const nets::Path cubic(keys, nets::PathKind::cubic, 4, false);
  BOOST_TEST(cubic.frames() == 12);
  BOOST_TEST(std::abs(cubic.frame(4).item() - 5) < 1e-12);
  BOOST_TEST(cubic.frame(1).shape() == (Shape{1, 1}));
  BOOST_CHECK_THROW(open.frame(5), Error);
  BOOST_CHECK_THROW(nets::Path(keys, nets::PathKind::lerp, 0, false), Error);
  BOOST_CHECK_THROW(nets::Path(keys.rows(0, 0), nets::PathKind::lerp, 1, false), Error);
}

BOOST_AUTO_TEST_CASE(slerp_walks_the_great_circle) {
  const Tensor x = vector({2, 0, 0, 1}, {2, 2}), y = vector({0, 2, 0, 1}, {2, 2});
  const auto half = nets::slerp(x, y, 0.5).to_doubles();
  BOOST_TEST(std::abs(half[0] - std::sqrt(2)) < 1e-12);
  BOOST_TEST(std::abs(half[1] - std::sqrt(2)) < 1e-12);
  BOOST_TEST(std::abs(half[3] - 1) < 1e-12);  // same direction: stays
  BOOST_TEST(worst(nets::slerp(x, y, 0), x) < 1e-12);
  BOOST_TEST(worst(nets::slerp(x, y, 1), y) < 1e-12);
  const Tensor opposite = vector({-2, 0, 0, 1}, {2, 2});
  BOOST_CHECK_THROW(nets::slerp(x, opposite, 0.5), Error);
  BOOST_CHECK_THROW(nets::slerp(x, vector({0, 0, 0, 1}, {2, 2}), 0.5), Error);
  BOOST_CHECK_THROW(nets::slerp(x, vector({1, 1}, {1, 2}), 0.5), Error);
}

BOOST_AUTO_TEST_CASE(means_directions_and_styles) {
  const Tensor w = vector({1, 2, 3, 4, 5, 6, 7, 8}, {2, 2, 2});
  nets::Mean mean;
  BOOST_CHECK_THROW(mean.result(), Error);
  mean.add(w.rows(0, 1));
  mean.add(w.rows(1, 2));
  BOOST_TEST(mean.result().to_doubles() == (std::vector<double>{3, 4, 5, 6}),
             boost::test_tools::per_element());
  BOOST_TEST(mean.result().shape() == (Shape{1, 2, 2}));

  const Tensor row = vector({10, 20}, {2}), whole = vector({1, 2, 3, 4}, {1, 2, 2});
  BOOST_TEST(nets::add_direction(w, row, 0.5, {1}).to_doubles() ==
                 (std::vector<double>{1, 2, 8, 14, 5, 6, 12, 18}),
             boost::test_tools::per_element());
  BOOST_TEST(nets::add_direction(w, whole, -1, {0, 1}).to_doubles() ==
                 (std::vector<double>{0, 0, 0, 0, 4, 4, 4, 4}),
             boost::test_tools::per_element());
  BOOST_CHECK_THROW(nets::add_direction(w, vector({1, 2, 3}, {3}), 1, {0}), Error);

  const Tensor other = vector({-1, -2, -3, -4}, {1, 2, 2});
  BOOST_TEST(nets::mix_styles(w, other, {1}).to_doubles() ==
                 (std::vector<double>{1, 2, -3, -4, 5, 6, -3, -4}),
             boost::test_tools::per_element());
  BOOST_TEST(nets::mix_styles(other, w, {0}).to_doubles() ==
                 (std::vector<double>{1, 2, -3, -4, 5, 6, -3, -4}),
             boost::test_tools::per_element());
  BOOST_CHECK_THROW(nets::mix_styles(w, other, {2}), Error);
  BOOST_TEST(nets::concatenate({w, other}).shape() == (Shape{3, 2, 2}));
  BOOST_CHECK_THROW(nets::concatenate({w, row}), Error);
}

BOOST_AUTO_TEST_SUITE_END()
