// Classifiers of attributes: outputs, probabilities, embedding, and descriptions that do not fit.
#include <array>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "lib/io/model.hpp"
#include "lib/nets/classifier.hpp"
#include "lib/nets/generator.hpp"
#include "lib/ops/layout.hpp"
#include "lib/rt/philox.hpp"

namespace {

using namespace sgan;
using ag::Var;
using nlohmann::json;
using Attributes = std::vector<nets::Attribute>;

const Attributes attributes = {{"sex", {"f", "m"}}, {"tone", {"0", "1", "2"}}};

json description(const Attributes& a, int resolution = 16) {
  return {{"network", "classifier"},
          {"family", "stylegan1"},
          {"args", nets::classifier_args(resolution, 3, a, 64, 8)},
          {"attributes", nets::to_json(a)}};
}

nets::TensorMap weights(const json& d) {
  return nets::random_discriminator_weights(nets::Family::stylegan1, d.at("args"), 7);
}

nets::Classifier classifier(const json& d) { return {d, weights(d), rt::cpu, rt::DType::f64}; }

Var pictures(int64_t count, int64_t resolution = 16) {
  rt::Tensor t({count, resolution, resolution, 3}, rt::DType::f32);
  rt::fill_normal(t, 3, 1);
  return t.to(rt::DType::f64);
}

std::string error_of(const json& d) {
  try {
    classifier(d);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

double squared(const std::vector<double>& v, size_t begin, size_t end) {
  double sum = 0;
  for (size_t i = begin; i < end; ++i) sum += v[i] * v[i];
  return sum;
}

BOOST_AUTO_TEST_SUITE(classifier_networks)

BOOST_AUTO_TEST_CASE(shapes) {
  const auto net = classifier(description(attributes));
  const Var x = pictures(3);
  BOOST_CHECK(net.logits(x).shape() == rt::Shape({3, 1 + 3}));
  // Blocks of 16 and 8 pixels end with 8 and 4; 8 channels at most, 64 / 8 at 16x16.
  BOOST_CHECK(net.embed(x).shape() == rt::Shape({3, 8 * 8 * 8 + 4 * 4 * 8 + 4 * 4 * 8}));
  BOOST_CHECK(net.judge(x).pool.shape() == rt::Shape({3, 8}));
  BOOST_TEST(net.resolution() == 16);
  BOOST_TEST(net.channels() == 3);
  const auto single = classifier(description({attributes[0]}));
  BOOST_CHECK(single.logits(x).shape() == rt::Shape({3, 1}));
}

// A picture's results do not depend on the others: there are no minibatch statistics.
BOOST_AUTO_TEST_CASE(pictures_are_judged_alone) {
  const auto net = classifier(description(attributes));
  const Var x = pictures(4);
  const auto all = net.logits(x).value().to_doubles();
  const auto last = net.logits(ops::slice(x, 0, 3, 4)).value().to_doubles();
  for (size_t k = 0; k < last.size(); ++k) BOOST_CHECK_CLOSE(last[k], all[12 + k], 1e-9);
}

// Two classes share an output: l and -l, for a softmax; more have one each.
BOOST_AUTO_TEST_CASE(logits_of_an_attribute) {
  const std::vector<double> outputs{0.7, 1, 2, -3, -800, 0, 4, 0};
  const Var all = rt::Tensor::from(outputs, {2, 4});
  const auto two = nets::class_logits(all, attributes, 0).value();
  BOOST_TEST((two.shape() == rt::Shape{2, 2}));
  BOOST_TEST((two.to_doubles() == std::vector<double>{0.7, -0.7, -800, 800}));
  const auto three = nets::class_logits(all, attributes, 1).value().to_doubles();
  BOOST_TEST((three == std::vector<double>{1, 2, -3, 0, 4, 0}));
  BOOST_CHECK_THROW(nets::class_logits(all, {attributes[0]}, 0), Error);
}

// Of every tap each pixel has length 1 / sqrt(pixels), unless its channels are all zero.
BOOST_AUTO_TEST_CASE(embedding_is_normalised) {
  const auto net = classifier(description(attributes));
  const auto rows = net.embed(pictures(2)).value().to_doubles();
  const size_t size = rows.size() / 2;
  for (const size_t row : {size_t{0}, size}) {
    BOOST_CHECK_CLOSE(squared(rows, row, row + 512), 1, 1e-3);
    BOOST_CHECK_CLOSE(squared(rows, row + 512, row + 640), 1, 1e-3);
    BOOST_CHECK_CLOSE(squared(rows, row + 640, row + size), 1, 1e-3);
    BOOST_CHECK_CLOSE(squared(rows, row, row + 8), 1.0 / 64, 1e-3);  // one pixel
  }
}

BOOST_AUTO_TEST_CASE(embedding_is_differentiable_in_the_picture) {
  const auto net = classifier(description(attributes));
  const rt::Tensor at = pictures(1).value(), dy(net.embed(at).shape(), rt::DType::f32);
  rt::fill_normal(dy, 5, 9);
  const Var x = Var::leaf(at.clone()), weight = dy.to(rt::DType::f64);
  const auto value = [&](const Var& v) {
    const auto e = net.embed(v).value().to_doubles(), w = weight.value().to_doubles();
    double sum = 0;
    for (size_t i = 0; i < e.size(); ++i) sum += e[i] * w[i];
    return sum;
  };
  const auto g = ag::grad(net.embed(x), std::array{x}, weight)[0].value().to_doubles();
  for (const size_t i : {0, 100, 391, 767}) {
    constexpr double h = 1e-6;
    const rt::Tensor up = at.clone(), down = at.clone();
    up.data<double>()[i] += h;
    down.data<double>()[i] -= h;
    BOOST_CHECK_CLOSE(g[i], (value(up) - value(down)) / (2 * h), 1e-3);
  }
}

BOOST_AUTO_TEST_CASE(descriptions_that_do_not_fit) {
  json d = description(attributes);
  d["attributes"].erase(1);
  BOOST_TEST(error_of(d) == "the network has 4 outputs, its attributes call for 1");
  d = description(attributes);
  d["family"] = "stylegan2";
  BOOST_TEST(error_of(d).starts_with("a classifier of family 'stylegan2'"));
  d = description(attributes);
  d["attributes"][0]["classes"] = {"one"};
  BOOST_TEST(error_of(d) == "attribute 'sex' has 1 classes, not from 2 to 4096");
  d["attributes"] = "sex";
  BOOST_TEST(error_of(d) == "the features' description has no list of attributes");
  d = description(attributes);
  d["network"] = "vgg16-lpips";
  BOOST_TEST(error_of(d) == "not the description of a classifier");
  const json fits = description(attributes);
  BOOST_CHECK_THROW(nets::Classifier(fits, {}), Error);
  BOOST_CHECK_THROW(classifier(fits).logits(pictures(1, 8)), Error);
}

// The features that come along, on what the model that comes along draws: a copy that is shifted by
// a pixel, or a little noisy, is nearer than any other picture.
BOOST_AUTO_TEST_CASE(default_features_know_a_picture_again) {
  const ag::NoGrad quiet;
  const std::string share = SGAN_BIN "/../share/sgan/";
  const io::ModelFile file(share + "emoji-features.sgan"), model(share + "default.sgan");
  const nets::Classifier net(json::parse(file.settings().more.at("features")), file.network("net"));
  const auto g = nets::make_generator(nets::parse_family(model.settings().architecture),
                                      model.generator_args(), model.network("G_ema"));
  rt::Tensor z({8, g->info().z_dim}, rt::DType::f32);
  rt::fill_normal(z, 1, 1);
  const Var drawn = g->synthesize(g->map(z, {}, 0.5, -1), {});
  const int64_t side = net.resolution(), size = net.embed(drawn).size(1);
  rt::Tensor grain(drawn.shape(), rt::DType::f32);
  rt::fill_normal(grain, 2, 2);
  const Var noisy = ops::add(drawn, ops::scale(grain, 0.1));
  const Var shifted =
      ops::concat({ops::slice(drawn, 2, 0, 1), ops::slice(drawn, 2, 0, side - 1)}, 2);
  const auto own = net.embed(drawn).value().to_doubles();
  const auto distance = [&](const std::vector<double>& rows, int64_t i, int64_t j) {
    double sum = 0;
    for (int64_t k = 0; k < size; ++k) {
      const double d = rows[size_t(i * size + k)] - own[size_t(j * size + k)];
      sum += d * d;
    }
    return sum;
  };
  for (const Var& copy : {noisy, shifted}) {
    const auto rows = net.embed(copy).value().to_doubles();
    for (int64_t i = 0; i < 8; ++i) {
      for (int64_t j = 0; j < 8; ++j) {
        if (j != i) BOOST_TEST(distance(rows, i, i) < distance(rows, i, j) / 2);
      }
      BOOST_TEST(distance(rows, i, i) > 0);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
