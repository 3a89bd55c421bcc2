// VGG16 with LPIPS and Inception where the golden files do not reach: wrong tensors and pictures,
// odd sizes, features that are zero, batches that are worked on in parts.
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "lib/nets/inception.hpp"
#include "lib/nets/lpips.hpp"
#include "lib/ops/arithmetic.hpp"
#include "lib/ops/layout.hpp"
#include "lib/ops/reduce.hpp"
#include "lib/rt/philox.hpp"

using namespace sgan;
using namespace sgan::nets;
using ag::Var;
using rt::Shape;
using rt::Tensor;

namespace {

const std::vector<int64_t> narrow{4, 6, 5, 7, 3};

Tensor normals(const Shape& shape, uint64_t seed, double scale = 1) {
  Tensor t(shape, rt::DType::f32);
  rt::fill_normal(t, seed, 0);
  for (float& v : t.span<float>()) v *= float(scale);
  return t;
}

TensorMap random_tensors(const std::map<std::string, Shape>& shapes) {
  TensorMap tensors;
  uint64_t seed = 0;
  for (const auto& [name, shape] : shapes) {
    const double fan_in = shape.rank() < 2 ? 100 : double(shape.numel()) / double(shape[0]);
    Tensor t = normals(shape, ++seed, std::sqrt(2 / fan_in));
    if (name.starts_with("lin") || name.ends_with("running_var")) {
      for (float& v : t.span<float>()) v = std::abs(v) + 0.5f;
    }
    tensors[name] = t;
  }
  return tensors;
}

TensorMap vgg(const std::vector<int64_t>& widths = narrow) {
  return random_tensors(vgg16_shapes(widths, true));
}

template <class Body>
void check_error(const Body& body, const std::string& part) {
  BOOST_CHECK_EXCEPTION(body(), Error, [&](const Error& e) {
    const bool found = std::string(e.what()).find(part) != std::string::npos;
    if (!found) BOOST_TEST_MESSAGE(e.what() << " does not speak of " << part);
    return found;
  });
}

void check_near(const Var& got, const Var& want, double tolerance) {
  BOOST_REQUIRE(got.shape() == want.shape());
  const auto a = got.value().to_doubles(), b = want.value().to_doubles();
  double worst = 0, largest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    BOOST_REQUIRE(std::isfinite(a[i]));
    worst = std::max(worst, std::abs(a[i] - b[i]));
    largest = std::max(largest, std::abs(b[i]));
  }
  BOOST_TEST(worst <= tolerance * largest);
}

Var embedded_distance(const Lpips& lpips, const Var& a, const Var& b) {
  return ops::reshape(ops::sum(ops::square(ops::subtract(lpips.embed(a), lpips.embed(b))), {1}),
                      {a.size(0)});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(features)

BOOST_AUTO_TEST_CASE(official_shapes) {
  const auto shapes = vgg16_shapes();
  BOOST_TEST(shapes.size() == 26u);
  BOOST_CHECK(shapes.at("features.10.weight") == Shape({256, 128, 3, 3}));
  BOOST_CHECK(shapes.at("features.28.bias") == Shape({512}));
  BOOST_CHECK(vgg16_shapes(narrow, true).at("lin3.model.1.weight") == Shape({1, 7, 1, 1}));
  const auto inception = inception_shapes();
  BOOST_TEST(inception.size() == 94u * 5 + 2);
  BOOST_CHECK(inception.at("Mixed_6c.branch7x7dbl_4.conv.weight") == Shape({160, 160, 7, 1}));
  BOOST_CHECK(inception.at("Mixed_7c.branch3x3_2a.bn.running_var") == Shape({384}));
  BOOST_CHECK(inception.at("fc.weight") == Shape({1008, 2048}));
}

BOOST_AUTO_TEST_CASE(wrong_tensors_are_named) {
  const auto without = [](TensorMap tensors, const char* name) {
    tensors.erase(name);
    return tensors;
  };
  const auto with = [](TensorMap tensors, const char* name, const Shape& shape) {
    tensors[name] = Tensor::zeros(shape);
    return tensors;
  };
  const TensorMap good = vgg();
  BOOST_CHECK_NO_THROW(Lpips(good, rt::cpu));
  for (const char* name : {"features.0.weight", "features.17.bias", "features.28.weight"}) {
    check_error([&] { Vgg16(without(good, name), rt::cpu); }, name);
    check_error([&] { Vgg16(with(good, name, {3, 9}), rt::cpu); }, name);
  }
  // One that fits no neighbour, and one that says another width than the rest of its stage.
  check_error(
      [&] {
        Vgg16(with(good, "features.12.weight", {5, 4, 3, 3}), rt::cpu);
      },
      "features.12.weight");
  check_error(
      [&] {
        Vgg16(with(good, "features.10.weight", {8, 6, 3, 3}), rt::cpu);
      },
      "features.1");
  check_error([&] { Lpips(without(good, "lin2.model.1.weight"), rt::cpu); }, "lin2.model.1.weight");
  check_error([&] { Lpips(with(good, "lin2.model.1.weight", {5}), rt::cpu); },
              "lin2.model.1.weight");
  BOOST_CHECK_NO_THROW(
      Lpips(without(good, "lin2.model.1.weight"), rt::cpu, rt::DType::f32, {.heads = false}));
  TensorMap negative = good;
  negative["lin1.model.1.weight"] = Tensor::full({1, 6, 1, 1}, -1);
  check_error([&] { Lpips(negative, rt::cpu); }, "lin1.model.1.weight");
  TensorMap integers = good;
  integers["features.2.bias"] = Tensor({4}, rt::DType::i64);
  check_error([&] { Vgg16(integers, rt::cpu); }, "int64");

  const TensorMap inception = random_tensors(inception_shapes());
  for (const char* name : {"Conv2d_1a_3x3.conv.weight", "Mixed_6e.branch7x7dbl_5.bn.running_mean",
                           "Mixed_7b.branch3x3dbl_3b.conv.weight", "fc.bias"}) {
    check_error([&] { Inception(without(inception, name), rt::cpu); }, name);
    check_error([&] { Inception(with(inception, name, {1000}), rt::cpu); }, name);
  }
  TensorMap variance = inception;
  variance["Mixed_5b.branch1x1.bn.running_var"] = Tensor::full({64}, -2);
  check_error([&] { Inception(variance, rt::cpu); }, "Mixed_5b.branch1x1.bn.running_var");
  // The classes of the ordinary network.
  check_error([&] { Inception(with(inception, "fc.weight", {1000, 2048}), rt::cpu); }, "fc.weight");
}

BOOST_AUTO_TEST_CASE(wrong_pictures_are_refused) {
  const Lpips lpips(vgg(), rt::cpu);
  const auto picture = [](const Shape& shape) { return Var(Tensor::zeros(shape)); };
  BOOST_CHECK_NO_THROW((void)lpips.embed(picture({1, 16, 16, 3})));
  for (const Shape& bad : {Shape{1, 15, 16, 3}, Shape{1, 16, 15, 3}, Shape{1, 16, 16, 1},
                           Shape{1, 16, 16, 4}, Shape{0, 16, 16, 3}, Shape{16, 16, 3}}) {
    BOOST_CHECK_THROW((void)lpips.embed(picture(bad)), Error);
    BOOST_CHECK_THROW((void)lpips.distance(picture(bad), picture(bad)), Error);
  }
  BOOST_CHECK_THROW((void)lpips.distance(picture({1, 16, 16, 3}), picture({1, 16, 17, 3})), Error);
}

BOOST_AUTO_TEST_CASE(lpips_of_odd_sizes) {
  const Lpips lpips(vgg(), rt::cpu);
  for (const auto& [h, w] : {std::pair{17, 16}, std::pair{31, 47}, std::pair{50, 33}}) {
    const Shape shape{2, h, w, 3};
    const Var a = normals(shape, 1, 0.5), b = normals(shape, 2, 0.5);
    const ag::NoGrad inference;
    BOOST_TEST(lpips.embed(a).size(1) == lpips.embedding_size(h, w));
    const Var distance = lpips.distance(a, b);
    BOOST_TEST(distance.value().to_doubles()[0] > 0);
    check_near(embedded_distance(lpips, a, b), distance, 1e-5);
    check_near(lpips.distance(a, a), ops::scale(distance, 0), 0);
    BOOST_CHECK(lpips.spatial(a, b).shape() == Shape({2, h, w, 1}));
  }
}

BOOST_AUTO_TEST_CASE(recorded_equals_inference) {
  const Lpips lpips(vgg(), rt::cpu);
  const Shape shape{2, 35, 33, 3};
  const Var a = normals(shape, 1, 0.5), b = normals(shape, 2, 0.5);
  const Var leaf = Var::leaf(a.value());
  check_near(lpips.distance(leaf, b), lpips.distance(a, b), 1e-5);
  check_near(lpips.per_layer(b, leaf), lpips.per_layer(b, a), 1e-5);
  check_near(lpips.embed(leaf), lpips.embed(a), 1e-5);
  check_near(lpips.spatial(leaf, b), lpips.spatial(a, b), 1e-5);
}

BOOST_AUTO_TEST_CASE(parts_of_a_batch_are_independent) {
  // Wide enough at first that few pictures at a time go through the first stage.
  const Lpips lpips(vgg({64, 8, 8, 8, 8}), rt::cpu);
  const ag::NoGrad inference;
  const Tensor a = normals({3, 272, 256, 3}, 1, 0.5), b = normals({3, 272, 256, 3}, 2, 0.5);
  const Var rows = lpips.embed(a), distance = lpips.distance(a, b);
  const auto taps = lpips.vgg16().taps(a);
  for (int64_t n = 0; n < 3; ++n) {
    const Tensor one = a.rows(n, n + 1), other = b.rows(n, n + 1);
    check_near(rows.value().rows(n, n + 1), lpips.embed(one), 1e-5);
    check_near(distance.value().rows(n, n + 1), lpips.distance(one, other), 1e-5);
    check_near(taps[0].value().rows(n, n + 1), lpips.vgg16().taps(one)[0], 1e-5);
  }
}

BOOST_AUTO_TEST_CASE(features_of_zero_have_no_direction) {
  TensorMap tensors = vgg();
  // Nothing passes the second convolution of the third stage on.
  tensors["features.12.bias"] = Tensor::full({5}, -1e4);
  for (int number : {14, 17, 19, 21, 24, 26, 28}) {
    const std::string name = cat("features.", number, ".bias");
    tensors[name] = Tensor::zeros(tensors.at(name).shape());
  }
  for (rt::DType type : {rt::DType::f32, rt::DType::f64}) {
    const Lpips lpips(tensors, rt::cpu, type);
    const Var x0 = Var::leaf(normals({1, 20, 16, 3}, 1, 0.5).to(type));
    const Var x1 = normals({1, 20, 16, 3}, 2, 0.5).to(type);
    const auto layers = lpips.per_layer(x0, x1).value().to_doubles();
    BOOST_TEST(layers[1] > 0);
    for (size_t k : {2, 3, 4}) BOOST_TEST(layers[k] == 0);
    const Var x[] = {x0};
    for (const Var& d : {lpips.distance(x0, x1), embedded_distance(lpips, x0, x1),
                         ops::sum(lpips.spatial(x0, x1), {1, 2})}) {
      const Var g = ag::grad(ops::sum_all(d), x, {}, true)[0];
      double norm = 0;
      for (double v : g.value().to_doubles()) norm += v * v;
      BOOST_TEST(std::isfinite(norm));
      BOOST_TEST(norm > 0);
      const Var again = ag::grad(ops::sum_all(ops::square(g)), x)[0];
      for (double v : again.value().to_doubles()) BOOST_REQUIRE(std::isfinite(v));
    }
  }
}

BOOST_AUTO_TEST_CASE(inception_of_any_size) {
  const Inception net(random_tensors(inception_shapes()), rt::cpu);
  const ag::NoGrad inference;
  const auto pictures = [](const Shape& shape, uint64_t seed) {
    Tensor t = normals(shape, seed, 40);
    for (float& v : t.span<float>()) v = std::clamp(v + 128, 0.0f, 255.0f);
    return t;
  };
  const Tensor two = pictures({2, 33, 70, 3}, 1);
  std::vector<std::string> names;
  const auto all =
      net.run(two, [&](const std::string& name, const Var&) { names.push_back(name); });
  BOOST_TEST(names.size() == 5u + 2 + 11);
  BOOST_CHECK(all.pool.shape() == Shape({2, 2048}));
  BOOST_CHECK(all.logits.shape() == Shape({2, 1008}));
  const auto second = net.run(two.rows(1, 2));
  check_near(all.pool.value().rows(1, 2), second.pool, 1e-5);
  check_near(all.logits.value().rows(1, 2), second.logits, 1e-5);
  // Already of its size: nothing is resized.
  const Tensor own = pictures({1, 299, 299, 3}, 2);
  check_near(Inception::resized(own), own, 0);
  BOOST_CHECK_THROW((void)net.run(pictures({1, 64, 64, 1}, 3)), Error);
  BOOST_CHECK_THROW((void)net.run(Tensor::zeros({64, 64, 3})), Error);
}

BOOST_AUTO_TEST_SUITE_END()
