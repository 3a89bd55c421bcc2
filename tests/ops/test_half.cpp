// 16-bit numbers: every conversion against a search over all bit patterns, and ops in them against
// the same ops in double on the rounded inputs.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <map>
#include <random>

#include "kernels/half.hpp"
#include "lib/ag/var.hpp"
#include "lib/ops/bias_act.hpp"
#include "lib/ops/cast.hpp"
#include "lib/ops/layout.hpp"
#include "lib/ops/linear.hpp"
#include "lib/ops/reduce.hpp"
#include "lib/ops/upfirdn2d.hpp"

using namespace sgan;
using ops::Var;
using rt::DType;
using rt::Tensor;

namespace {

Tensor random(rt::Shape shape, uint64_t seed, DType type = DType::f32) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<float> normal;
  std::vector<float> v(size_t(shape.numel()));
  for (float& x : v) x = normal(engine);
  return Tensor::from(v, shape).to(type);
}

// Every finite value of a format with its bits, positive side.
template <class T>
std::map<double, uint16_t> finite_values() {
  std::map<double, uint16_t> values;
  for (uint32_t bits = 0; bits < 0x8000; ++bits) {
    T t;
    t.bits = uint16_t(bits);
    if (std::isfinite(float(t))) values[float(t)] = t.bits;
  }
  return values;
}

// Nearest value, ties to even bits, by looking at the neighbours.
uint16_t nearest(const std::map<double, uint16_t>& values, double v) {
  auto above = values.lower_bound(v);
  if (above == values.begin()) return above->second;
  const auto below = std::prev(above);
  if (above == values.end()) {
    const double step = below->first - std::prev(below)->first;
    return v < below->first + step / 2 ? below->second : uint16_t(below->second + 1);
  }
  const double da = above->first - v, db = v - below->first;
  if (da == db) return above->second % 2 == 0 ? above->second : below->second;
  return da < db ? above->second : below->second;
}

template <class T>
void check_rounding() {
  const auto values = finite_values<T>();
  std::mt19937 engine(7);
  const auto check = [&](float v) {
    BOOST_REQUIRE_EQUAL(T(v).bits, nearest(values, v));
    BOOST_REQUIRE_EQUAL(T(-v).bits, nearest(values, v) | 0x8000);
  };
  for (int i = 0; i < 200000; ++i) {
    const float v = sgan::kernels::float_of(uint32_t(engine()) & 0x7fffffffu);
    if (std::isfinite(v)) check(v);
  }
  for (auto it = values.begin(); std::next(it) != values.end(); ++it) {  // ties and their sides
    const float middle = float((it->first + std::next(it)->first) / 2);
    check(middle);
    check(std::nextafter(middle, 0.f));
    check(std::nextafter(middle, INFINITY));
  }
  BOOST_TEST(std::isnan(float(T(NAN))));
  BOOST_TEST(float(T(INFINITY)) == INFINITY);
  BOOST_TEST(float(T(-INFINITY)) == -INFINITY);
}

// Largest |a - b| over the largest |b|; NaN counts as infinite.
double distance(const Tensor& a, const Tensor& b) {
  const auto x = a.to_doubles(), y = b.to_doubles();
  BOOST_REQUIRE_EQUAL(x.size(), y.size());
  double worst = 0, scale = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double d = std::abs(x[i] - y[i]);
    if (!(d <= worst)) worst = std::isnan(d) ? INFINITY : d;
    scale = std::max(scale, std::abs(y[i]));
  }
  return worst / scale;
}

const std::pair<DType, double> types[] = {{DType::f16, 0x1p-11}, {DType::bf16, 0x1p-8}};

}  // namespace

BOOST_AUTO_TEST_CASE(half_rounds_to_nearest_even) { check_rounding<kernels::Half>(); }
BOOST_AUTO_TEST_CASE(bfloat16_rounds_to_nearest_even) { check_rounding<kernels::BFloat16>(); }

BOOST_AUTO_TEST_CASE(cast_goes_both_ways_clamps_and_differentiates) {
  const std::vector<float> v{1.f, -2.5f, 70000.f, -1e9f, 300.f};
  const Var x = Var::leaf(Tensor::from(v, {5}));
  BOOST_TEST(std::isinf(ops::cast(x, DType::f16).value().to_doubles()[2]));
  const Var y = ops::cast(x, DType::f16, 256);
  BOOST_TEST((y.dtype() == DType::f16));
  BOOST_TEST(y.value().to_doubles() == (std::vector<double>{1, -2.5, 256, -256, 256}),
             boost::test_tools::per_element());
  const Var dx = ag::grad(y, std::span(&x, 1))[0];
  BOOST_TEST((dx.dtype() == DType::f32));
  BOOST_TEST(dx.value().to_doubles() == (std::vector<double>{1, 1, 0, 0, 0}),
             boost::test_tools::per_element());
  ag::NoGrad quiet;
  BOOST_TEST(ops::cast(x, DType::bf16, 256).value().to_doubles() ==
                 (std::vector<double>{1, -2.5, 256, -256, 256}),
             boost::test_tools::per_element());
  BOOST_TEST(
      ops::cast(x, DType::f32, 2).value().to_doubles() == (std::vector<double>{1, -2, 2, -2, 2}),
      boost::test_tools::per_element());
  BOOST_CHECK_THROW(ops::cast(x, DType::i32), sgan::Error);
}

BOOST_AUTO_TEST_CASE(ops_in_16_bits_round_only_their_result) {
  ag::NoGrad quiet;
  const auto fir = ops::setup_filter({1, 3, 3, 1});
  const auto all = [&](const Var& x, const Var& w, const Var& b) {
    std::vector<Var> results;
    results.push_back(ops::conv2d(x, w, ops::ConvOptions::same(1, 1)));
    results.push_back(ops::conv2d_transpose(
        x, w, 13, 11,
        {.stride_y = 2, .stride_x = 2, .pad_y = 1, .end_y = 1, .pad_x = 1, .end_x = 1}));
    results.push_back(
        ops::upfirdn2d(x, fir, {.up_x = 2, .up_y = 2, .padding = ops::Padding::all(2), .gain = 4}));
    results.push_back(ops::bias_act(x, b, {.act = ops::Act::lrelu, .gain = 1.4, .clamp = 1}));
    results.push_back(ops::multiply(x, b));
    results.push_back(ops::sum(x, {1, 2}));
    results.push_back(ops::permute(x, {0, 3, 1, 2}));
    results.push_back(ops::matmul(ops::reshape(x, {-1, 5}), ops::reshape(w, {5, -1})));
    return results;
  };
  for (const auto& [type, unit] : types) {
    const Tensor x = random({2, 7, 6, 5}, 1, type), w = random({5, 3, 3, 5}, 2, type);
    const Tensor b = random({5}, 3, type);
    const auto got = all(x, w, b);
    const auto want = all(x.to(DType::f64), w.to(DType::f64), b.to(DType::f64));
    for (size_t i = 0; i < got.size(); ++i) {
      BOOST_TEST_CONTEXT(rt::name_of(type) << ", op " << i) {
        BOOST_TEST((got[i].dtype() == type));
        // Half a unit of the largest value, and what float32 sums add.
        BOOST_TEST(distance(got[i].value(), want[i].value()) <= unit * 1.01);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(full_and_to_agree_in_every_type) {
  for (DType type : {DType::f32, DType::f64, DType::f16, DType::bf16, DType::u8, DType::i32}) {
    const Tensor t = Tensor::full({3, 2}, 7, type);
    for (double v : t.to_doubles()) BOOST_TEST(v == 7);
    for (DType other : {DType::f32, DType::f64, DType::f16, DType::bf16, DType::i64}) {
      const Tensor u = t.to(other);
      BOOST_TEST((u.dtype() == other));
      for (double v : u.to_doubles()) BOOST_TEST(v == 7);
    }
  }
}
