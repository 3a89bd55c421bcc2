// Training of classifiers: the loss with attributes that are not known, tables of attributes, the
// division of the data, and steps that can be repeated.
#include <unistd.h>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "lib/io/dataset/attributes.hpp"
#include "lib/ops/reduce.hpp"
#include "lib/rt/philox.hpp"
#include "lib/train/classifier_data.hpp"
#include "lib/train/classifier_loss.hpp"
#include "lib/train/classifier_trainer.hpp"

namespace {

using namespace sgan;
using ag::Var;
using nlohmann::json;

const std::vector<nets::Attribute> attributes = {{"sex", {"f", "m"}}, {"tone", {"0", "1", "2"}}};

json description() {
  return {{"network", "classifier"},
          {"family", "stylegan1"},
          {"args", nets::classifier_args(8, 3, attributes, 32, 6)},
          {"attributes", nets::to_json(attributes)}};
}

rt::Tensor labels_of(const std::vector<float>& v) {
  return rt::Tensor::from(v, {int64_t(v.size()) / 2, 2});
}

Var total(const Var& outputs, const rt::Tensor& labels) {
  return ops::sum_all(ops::add(train::attribute_loss(outputs, labels, attributes, 0),
                               train::attribute_loss(outputs, labels, attributes, 1)));
}

std::string error_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

// Eight pictures of 8x8 with names, in memory.
class Memory : public io::Dataset {
 public:
  explicit Memory(int64_t count) {
    info_.path = info_.name = "memory";
    info_.count = count;
    info_.resolution = 8;
    info_.channels = 3;
    info_.hash = "0";
    for (int64_t i = 0; i < count; ++i) names_.push_back(cat("p", i, ".png"));
  }
  void read(int64_t index, uint8_t* pixels) const override {
    for (int i = 0; i < 8 * 8 * 3; ++i) pixels[i] = uint8_t(index % 2 ? 255 - i : 3 * i);
  }
  void label(int64_t, float*) const override {}
  const std::string& name(int64_t index) const override { return names_.at(size_t(index)); }

 private:
  std::vector<std::string> names_;
};

struct Table {
  std::string path =
      (std::filesystem::temp_directory_path() / cat("sgan-test-attributes-", ::getpid(), ".csv"))
          .string();
  explicit Table(const std::string& text) { std::ofstream(path) << text; }
  ~Table() { std::filesystem::remove(path); }
};

BOOST_AUTO_TEST_SUITE(classifiers)

BOOST_AUTO_TEST_CASE(loss_is_the_cross_entropy) {
  const Var outputs = rt::Tensor::from(std::vector<double>{0.7, 1, 2, -3, -0.2, 0, 1, 0}, {2, 4});
  const rt::Tensor labels = labels_of({1, 2, 0, 0});
  const auto sex = train::attribute_loss(outputs, labels, attributes, 0).value().to_doubles();
  BOOST_CHECK_CLOSE(sex[0], std::log1p(std::exp(1.4)), 1e-9);
  BOOST_CHECK_CLOSE(sex[1], std::log1p(std::exp(0.4)), 1e-9);
  const auto tone = train::attribute_loss(outputs, labels, attributes, 1).value().to_doubles();
  BOOST_CHECK_CLOSE(tone[0], 3 + std::log(std::exp(1.0) + std::exp(2.0) + std::exp(-3.0)), 1e-9);
  BOOST_CHECK_CLOSE(tone[1], std::log(2 + std::exp(1.0)), 1e-9);
  BOOST_TEST(train::attribute_hits(outputs, labels, attributes, 0) == std::vector<int>({0, 0}),
             boost::test_tools::per_element());
  BOOST_TEST(train::attribute_hits(outputs, labels_of({0, 1, 1, -1}), attributes, 1) ==
                 std::vector<int>({1, -1}),
             boost::test_tools::per_element());
  BOOST_CHECK_THROW(train::attribute_loss(outputs, labels_of({2, 0, 0, 0}), attributes, 0), Error);
}

// What is not known costs nothing and teaches nothing.
BOOST_AUTO_TEST_CASE(unknown_attributes_are_masked) {
  const Var outputs =
      Var::leaf(rt::Tensor::from(std::vector<double>{0.7, 1, 2, -3, -0.2, 0, 1, 0}, {2, 4}));
  const rt::Tensor labels = labels_of({-1, 2, 1, -1});
  BOOST_TEST(train::attribute_loss(outputs, labels, attributes, 0).value().to_doubles()[0] == 0);
  BOOST_TEST(train::attribute_loss(outputs, labels, attributes, 1).value().to_doubles()[1] == 0);
  const auto g = ag::grad(total(outputs, labels), std::array{outputs})[0].value().to_doubles();
  for (const size_t i : {0, 5, 6, 7}) BOOST_TEST(g[i] == 0);
  for (const size_t i : {1, 2, 3, 4}) BOOST_TEST(g[i] != 0);
}

// All the way through the network, in double.
BOOST_AUTO_TEST_CASE(gradients_of_the_weights) {
  const json d = description();
  const auto start = nets::random_discriminator_weights(nets::Family::stylegan1, d.at("args"), 4);
  const nets::Classifier net(d, start, rt::cpu, rt::DType::f64, true);
  rt::Tensor x({3, 8, 8, 3}, rt::DType::f32);
  rt::fill_normal(x, 1, 2);
  const rt::Tensor labels = labels_of({1, 2, -1, 0, 0, -1});
  const auto loss = [&] { return total(net.logits(x.to(rt::DType::f64)), labels); };
  int compared = 0;
  for (const auto& [name, var] : net.parameters()) {
    if (name == "lod" || name.starts_with("FromRGB_lod1")) continue;  // nothing is mixed in
    const auto g = ag::grad(loss(), std::array{var})[0].value().to_doubles();
    double* const w = var.value().data<double>();
    for (const size_t i : {size_t{0}, g.size() / 2, g.size() - 1}) {
      constexpr double h = 1e-6;
      const double at = w[i];
      const auto moved = [&](double to) {
        w[i] = to;
        var.value().storage().drop_derived();
        return loss().value().item();
      };
      const double slope = (moved(at + h) - moved(at - h)) / (2 * h);
      moved(at);
      BOOST_CHECK_SMALL(g[i] - slope, 1e-7 + 1e-5 * std::abs(slope));
      compared += std::abs(slope) > 1e-4;
    }
  }
  BOOST_TEST(compared > 10);  // not all of them zero
}

BOOST_AUTO_TEST_CASE(tables) {
  const auto t = io::parse_attributes(
      "\xef\xbb\xbf"
      "file,a,\"b, too\"\r\n\r\n00\\x.png,1,\"say \"\"hi\"\"\"\r\ny.png,,\"two\nlines\"",
      "t.csv");
  BOOST_TEST(t.attributes == std::vector<std::string>({"a", "b, too"}),
             boost::test_tools::per_element());
  BOOST_TEST(t.rows.size() == 2);
  BOOST_TEST(t.rows[0].picture == "00/x.png");
  BOOST_TEST(t.rows[0].values[1] == "say \"hi\"");
  BOOST_TEST(t.rows[1].values[0] == "");
  BOOST_TEST(t.rows[1].values[1] == "two\nlines");
  BOOST_TEST(t.rows[1].line == 4);
  const auto celeba = io::parse_attributes("2\nMale Young\n1.jpg -1  1\n2.jpg  1 -1\n", "list.txt");
  BOOST_TEST(celeba.attributes[1] == "Young");
  BOOST_TEST(celeba.rows[0].values[0] == "-1");
  BOOST_TEST(celeba.rows[1].picture == "2.jpg");
}

BOOST_AUTO_TEST_CASE(faulty_tables) {
  const auto error = [](std::string_view text) {
    return error_of([&] { io::parse_attributes(text, "t"); });
  };
  BOOST_TEST(error("") == "t: holds no table");
  BOOST_TEST(error("file\nx\n") == "t: line 1: names no attributes beside the pictures");
  BOOST_TEST(error("file,a\n") == "t: holds no pictures");
  BOOST_TEST(error("file,a,a\nx,1,2\n") == "t: line 1: 'a' is there twice");
  BOOST_TEST(error("file,a,\nx,1,2\n") == "t: line 1: a column has no name");
  BOOST_TEST(error("file,a\nx,1\ny\n") == "t: line 3: 1 cells where 2 are wanted");
  BOOST_TEST(error("file,a\nx,1\nx,2\n") == "t: line 3: 'x' is there twice");
  BOOST_TEST(error("file,a\n,1\n") == "t: line 2: names no picture");
  BOOST_TEST(error("file,a\nx,\"1\n") == "t: line 2: a quoted cell does not end");
  BOOST_TEST(error("2\nMale\n1.jpg 1 1\n") == "t: line 3: 3 cells where 2 are wanted");
}

BOOST_AUTO_TEST_CASE(data_are_divided_by_name) {
  std::string text = "file,n,all\n";
  for (int i = 0; i < 200; ++i) text += cat("p", i, ".png,", i % 3 ? i % 12 : 2, ",yes\n");
  text += "p200.png,,yes\n";
  const Table table(text);
  const auto data = std::make_shared<Memory>(202);
  const auto d = train::classifier_data(data, {"n"}, table.path, 0.2);
  // By size, not by the alphabet.
  BOOST_TEST(d.attributes[0].classes ==
                 std::vector<std::string>({"1", "2", "4", "5", "7", "8", "10", "11"}),
             boost::test_tools::per_element());
  BOOST_TEST(d.unknown == 2);
  const int64_t seen = d.training->info().count, held = d.held_out->info().count;
  BOOST_TEST(seen + held == 200);
  BOOST_TEST(held > 20);
  BOOST_TEST(held < 60);
  float label = -1;
  d.training->label(0, &label);
  const int number = std::stoi(d.training->name(0).substr(1));
  BOOST_TEST(d.attributes[0].classes[size_t(label)] ==
             std::to_string(number % 3 ? number % 12 : 2));
  // Fewer pictures are divided alike.
  std::string some = "file,n\n";
  for (int i = 0; i < 100; ++i) some += cat("p", i, ".png,", i % 2, "\n");
  const Table half(some);
  const auto e = train::classifier_data(data, {"n"}, half.path, 0.2);
  int64_t same = 0;
  for (int64_t i = 0; i < e.held_out->info().count; ++i) {
    for (int64_t j = 0; j < held; ++j) same += e.held_out->name(i) == d.held_out->name(j);
  }
  BOOST_TEST(same == e.held_out->info().count);
  BOOST_TEST(!train::classifier_data(data, {"n"}, half.path, 0).held_out);
}

BOOST_AUTO_TEST_CASE(attributes_that_cannot_be_learnt) {
  const auto data = std::make_shared<Memory>(4);
  const auto error = [&](const std::string& text, const std::string& attribute) {
    const Table table(text);
    std::string e = error_of([&] { train::classifier_data(data, {attribute}, table.path, 0); });
    const size_t at = e.find(table.path);
    return at == std::string::npos ? e : e.replace(at, table.path.size(), "TABLE");
  };
  const std::string good = "file,a,b,c\np0.png,1,,x\np1.png,2,,y\np2.png,1,,z\np3.png,2,,w\n";
  BOOST_TEST(error(good, "a") == "");
  BOOST_TEST(error(good, "d") == "TABLE: no attribute 'd'; there are a, b, c");
  BOOST_TEST(error(good, "b") == "memory: no picture of known attributes is left to learn");
  BOOST_TEST(error(good, "c") ==
             "TABLE: attribute 'c' has 4 values in 4 pictures; those are no classes");
  BOOST_TEST(error("file,a\np0.png,1\np1.png,1\n", "a") ==
             "memory: attribute 'a' is '1' in all pictures to learn from; a classifier tells "
             "two classes at least");
  BOOST_TEST(error("file,a\np0.png,1\np7.png,1\np8.png,2\n", "a") ==
             "TABLE: line 3: memory has no picture 'p7.png' (nor 1 others)");
}

BOOST_AUTO_TEST_CASE(settings) {
  json r = train::classifier_recipe();
  train::change_classifier(r, "augment.noise_std", 0.2);
  BOOST_TEST(r["augment"]["noise_std"] == 0.2);
  train::change_classifier(r, "lr", 0.01);
  BOOST_TEST(r["lr"] == 0.01);
  BOOST_CHECK_THROW(train::change_classifier(r, "lr", 2), Error);
  BOOST_CHECK_THROW(train::change_classifier(r, "lr", "fast"), Error);
  BOOST_CHECK_THROW(train::change_classifier(r, "batch", 1.5), Error);
  BOOST_CHECK_THROW(train::change_classifier(r, "augment", 1), Error);
  BOOST_CHECK_THROW(train::change_classifier(r, "augment.nosie", 1), Error);
  BOOST_CHECK_THROW(train::change_classifier(r, "gamma", 1), Error);
}

// A state that is restored goes on bit for bit, and the two pictures are learnt.
BOOST_AUTO_TEST_CASE(steps_repeat) {
  const Memory data(4);
  json recipe = train::classifier_recipe();
  recipe["ema_kimg"] = 0.05;
  recipe["lr"] = 0.005;
  io::Batch batch{rt::Tensor({4, 8, 8, 3}, rt::DType::u8), labels_of({0, 0, 1, 2, 0, -1, 1, 2})};
  for (int64_t i = 0; i < 4; ++i) data.read(i, batch.images.data<uint8_t>() + i * 8 * 8 * 3);
  train::Stats stats;
  train::ClassifierTrainer one(description(), recipe, 3, rt::cpu);
  for (int i = 0; i < 3; ++i) one.step(batch, stats);
  train::ClassifierTrainer two(description(), recipe, 9, rt::cpu);
  two.restore(one.state(), one.counters());
  train::ClassifierTrainer three(description(), recipe, 3, rt::cpu);
  three.restore(one.state(), one.counters());
  for (auto* t : {&one, &two, &three}) t->step(batch, stats);
  const auto a = one.averaged(), b = two.averaged(), c = three.averaged();
  bool differs = false;
  for (const auto& [name, tensor] : a) {
    BOOST_CHECK(tensor.to_doubles() == c.at(name).to_doubles());
    differs = differs || tensor.to_doubles() != b.at(name).to_doubles();  // another seed
  }
  BOOST_TEST(differs);
  stats.take();
  one.step(batch, stats);
  const train::Summary first = stats.take();
  for (int i = 0; i < 100; ++i) one.step(batch, stats);
  stats.take();
  one.step(batch, stats);
  const train::Summary last = stats.take();
  BOOST_TEST(first.at("Loss/tone").num == 3);  // of four pictures, one is unknown
  BOOST_TEST(last.at("Loss/tone").mean < 0.5 * first.at("Loss/tone").mean);
  BOOST_TEST(last.at("Accuracy/sex").mean == 1);
  BOOST_TEST(one.finite());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
