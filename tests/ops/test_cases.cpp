// Every op of the table against its naive reference, and its first and second gradients against
// finite differences. One check a case, named after it: --run_test=forward/conv2d_3x3.
#include <algorithm>
#include <boost/make_shared.hpp>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>
#include <random>
#include <span>

#include "tests/ops/op_cases.hpp"

using namespace sgan;
using namespace sgan::op_cases;
using rt::DType;
using rt::Tensor;
namespace ut = boost::unit_test;

namespace {

// ---- comparing ----

using Doubles = std::vector<double>;

// NaN and infinity are never near anything.
void check_near(const Doubles& got, const Doubles& want, double tolerance,
                const std::string& what) {
  BOOST_REQUIRE_MESSAGE(got.size() == want.size(),
                        what << ": " << got.size() << " values, not " << want.size());
  double worst = 0, largest = 0;
  for (size_t i = 0; i < want.size(); ++i) {
    BOOST_REQUIRE_MESSAGE(std::isfinite(got[i]) && std::isfinite(want[i]),
                          what << ": " << got[i] << " at " << i << ", reference " << want[i]);
    worst = std::max(worst, std::abs(got[i] - want[i]));
    largest = std::max(largest, std::abs(want[i]));
  }
  BOOST_CHECK_MESSAGE(worst <= tolerance * largest,
                      what << ": differs by " << worst << " where the largest is " << largest);
}

// Fills all free memory below the arena's end, and a few megabytes beyond, with bytes that are NaN
// in every floating type: reading what nobody wrote gives NaN.
constexpr unsigned char sentinel = 0xff;
void poison_free_memory() {
#if !defined(__SANITIZE_ADDRESS__)  // which watches every buffer by itself
  std::vector<std::unique_ptr<rt::Storage>> held;
  const char* end = nullptr;
  for (size_t size = size_t{4} << 20; size >= 64; size /= 2) {
    for (bool below = true; below;) {
      held.push_back(std::make_unique<rt::Storage>(size, rt::cpu));
      const char* at = static_cast<const char*>(held.back()->data());
      std::memset(held.back()->data(), sentinel, size);
      below = at < end;
      end = std::max(end, at + size);
    }
  }
#endif
}

// The bytes between a buffer's end and the next that can be handed out.
std::span<unsigned char> tail(const Tensor& t) {
  auto* const data = static_cast<unsigned char*>(t.storage().data());
  const size_t bytes = t.storage().bytes();
#if defined(__SANITIZE_ADDRESS__)
  return {data + bytes, 0};
#else
  return {data + bytes, (bytes + 63) / 64 * 64 - bytes};
#endif
}
// Unlike the sentinel, which arithmetic on NaN would write again.
constexpr unsigned char input_sentinel = 0x5a;
void guard_tail(const Tensor& t) {
  for (auto& byte : tail(t)) byte = input_sentinel;
}
bool tail_is_whole(const Tensor& t, unsigned char guard) {
  return std::ranges::all_of(tail(t), [=](auto byte) { return byte == guard; });
}

// ---- forward ----

void check_forward(const OpCase& c) {
  const Arrays arrays = input_arrays(c);
  const Array want = c.reference(arrays);
  for (DType type : {DType::f64, DType::f32}) {
    for (bool recorded : {true, false}) {
      const std::string what = std::string(rt::name_of(type)) + (recorded ? " recorded" : "");
      const Vars in = make_inputs(c, type, rt::cpu);
      for (const Var& v : in) guard_tail(v.value());
      poison_free_memory();
      std::unique_ptr<ag::NoGrad> quiet;
      if (!recorded) quiet = std::make_unique<ag::NoGrad>();
      rt::reset_peak(rt::cpu);
      const size_t before = rt::memory_stats(rt::cpu).in_use;
      const Var y = c.run(in);
      // Memory that an op took besides its result may have dirtied the result's place.
      const size_t taken = rt::memory_stats(rt::cpu).peak - before;
      const bool alone = taken == y.value().bytes();
      const bool itself =
          std::ranges::any_of(in, [&](const Var& v) { return v.identity() == y.identity(); });
      BOOST_CHECK_MESSAGE(itself || y.needs_grad() == recorded, what << ": needs_grad is wrong");
      BOOST_REQUIRE_MESSAGE(y.shape() == want.shape,
                            what << ": shape " << y.shape() << ", not " << want.shape);
      check_near(y.value().to_doubles(), want.v, type == DType::f64 ? 1e-12 : c.tolerance, what);
      BOOST_CHECK_MESSAGE(!alone || tail_is_whole(y.value(), sentinel),
                          what << ": wrote behind the result");
      for (size_t i = 0; i < in.size(); ++i) {
        BOOST_CHECK_MESSAGE(tail_is_whole(in[i].value(), input_sentinel),
                            what << ": wrote behind input " << i);
        BOOST_CHECK_MESSAGE(in[i].value().to_doubles() == arrays[i].v,
                            what << ": changed input " << i);
      }
    }
  }
}

// ---- gradients ----

Doubles normals(int64_t n, uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  Doubles v(static_cast<size_t>(n));
  for (double& x : v) x = normal(engine);
  return v;
}

double dot(const Doubles& a, const Doubles& b) {
  double s = 0;
  for (size_t i = 0; i < a.size(); ++i) s += a[i] * b[i];
  return s;
}
double magnitude(const Doubles& a, const Doubles& b) {  // of a dot product's terms
  double s = 0;
  for (size_t i = 0; i < a.size(); ++i) s += std::abs(a[i] * b[i]);
  return s;
}

Vars leaves(const Arrays& arrays) {
  Vars vars;
  for (const Array& a : arrays) vars.push_back(Var::leaf(Tensor::from(a.v, a.shape)));
  return vars;
}
// A gradient's values; zeros where there is none.
Doubles values_of(const Var& v, const Shape& shape) {
  return v.defined() ? v.value().to_doubles() : Doubles(size_t(shape.numel()), 0);
}

constexpr double step = 1e-5;
constexpr double difference_tolerance = 1e-6;

// f at both sides of `x` along `direction` of one input; the op takes the same branches there.
template <class F>
double slope(const OpCase& c, const Arrays& x, size_t input, const Doubles& direction, F f) {
  double ends[2];
  uint64_t sides[2];
  for (int k : {0, 1}) {
    Arrays moved = x;
    for (size_t j = 0; j < direction.size(); ++j) {
      moved[input].v[j] += (k ? step : -step) * direction[j];
    }
    reference::reset_corners();
    c.reference(moved);
    sides[k] = reference::corners().sides;
    ends[k] = f(moved);
  }
  BOOST_REQUIRE_MESSAGE(sides[0] == sides[1], "the inputs are too near a corner");
  return (ends[1] - ends[0]) / (2 * step);
}

// A gradient against differences of the function it belongs to: along two random directions, and
// entry by entry where there are few. `noise` is the size of the function's terms, whose rounding
// the differences carry.
template <class F>
void check_slopes(const OpCase& c, const Arrays& x, size_t input, const Doubles& gradient,
                  double noise, F f, const std::string& what) {
  const auto check = [&](const Doubles& direction, double scale, const std::string& where) {
    const double got = dot(gradient, direction), want = slope(c, x, input, direction, f);
    BOOST_REQUIRE_MESSAGE(std::isfinite(got) && std::isfinite(want), what << where << ": " << got);
    BOOST_CHECK_MESSAGE(std::abs(got - want) <= difference_tolerance * (scale + 1e-3 * noise),
                        what << where << ": " << got << ", differences " << want);
  };
  const int64_t n = int64_t(gradient.size());
  const double norm = std::sqrt(dot(gradient, gradient));
  for (uint64_t seed : {11, 12}) check(normals(n, seed + input), norm, " along a direction");
  if (n > 36) return;
  double largest = 0;
  for (double g : gradient) largest = std::max(largest, std::abs(g));
  for (int64_t j = 0; j < n; ++j) {
    Doubles unit(size_t(n), 0);
    unit[size_t(j)] = 1;
    check(unit, largest, " at entry " + std::to_string(j));
  }
}

void check_first_gradients(const OpCase& c) {
  const Arrays x = input_arrays(c);
  const Vars in = leaves(x);
  const Var y = c.run(in);
  const Doubles v = normals(y.shape().numel(), 5);
  const Vars gradients = ag::grad(y, in, Var(Tensor::from(v, y.shape())));
  const double noise = magnitude(v, y.value().to_doubles());
  const auto projected = [&](const Arrays& at) {
    const ag::NoGrad quiet;
    return dot(v, c.run(leaves(at)).value().to_doubles());
  };
  for (size_t i = 0; i < in.size(); ++i) {
    const Doubles g = values_of(gradients[i], in[i].shape());
    check_slopes(c, x, i, g, noise, projected, "input " + std::to_string(i));
  }
  // The same in float32, where other kernels run.
  const Vars single = make_inputs(c, DType::f32, rt::cpu);
  const Var z = c.run(single);
  const Tensor v32 = Tensor::from(v, y.shape()).to(z.dtype());
  const Vars gradients32 = ag::grad(z, single, Var(v32));
  for (size_t i = 0; i < in.size(); ++i) {
    BOOST_REQUIRE_EQUAL(gradients32[i].defined(), gradients[i].defined());
    check_near(values_of(gradients32[i], in[i].shape()), values_of(gradients[i], in[i].shape()),
               2 * c.tolerance, "float32, input " + std::to_string(i));
  }
}

// s(x, v) = sum over inputs of <u, gradient of <v, op(x)>>, and its gradients in x and in v.
struct Second {
  const OpCase& c;
  Doubles direction(size_t input, const Shape& shape) const {
    return normals(shape.numel(), 100 + input);
  }
  double value(const Arrays& x, const Doubles& v, double* noise = nullptr) const {
    const Vars in = leaves(x);
    const Var y = c.run(in);
    const Vars first = ag::grad(y, in, Var(Tensor::from(v, y.shape())));
    double s = 0;
    for (size_t i = 0; i < in.size(); ++i) {
      const Doubles g = values_of(first[i], in[i].shape()), u = direction(i, in[i].shape());
      s += dot(u, g);
      if (noise) *noise += magnitude(u, g);
    }
    return s;
  }
};

void check_second_gradients(const OpCase& c) {
  const Arrays x = input_arrays(c);
  Vars in = leaves(x);
  const Var y = c.run(in);
  const Doubles v = normals(y.shape().numel(), 5);
  const Var dy = Var::leaf(Tensor::from(v, y.shape()));
  const Vars first = ag::grad(y, in, dy, true);
  const Second second{c};
  Vars ys, us;
  for (size_t i = 0; i < in.size(); ++i) {
    if (!first[i].defined()) continue;
    ys.push_back(first[i]);
    us.push_back(Tensor::from(second.direction(i, in[i].shape()), in[i].shape()));
  }
  BOOST_REQUIRE(!ys.empty());
  Vars targets = in;
  targets.push_back(dy);
  const Vars results = ag::grad(ys, targets, us);
  double noise = 0;
  second.value(x, v, &noise);
  for (size_t i = 0; i < in.size(); ++i) {
    check_slopes(
        c, x, i, values_of(results[i], in[i].shape()), noise,
        [&](const Arrays& at) { return second.value(at, v); }, "input " + std::to_string(i));
  }
  // s is linear in v: no differences needed.
  BOOST_REQUIRE(results.back().defined());
  const Doubles slopes = results.back().value().to_doubles();
  for (uint64_t seed : {21, 22}) {
    const Doubles other = normals(int64_t(v.size()), seed);
    const double got = dot(slopes, other), want = second.value(x, other);
    BOOST_CHECK_MESSAGE(std::abs(got - want) <= 1e-10 * magnitude(slopes, other),
                        "the output's gradient: " << got << ", not " << want);
  }
}

// ---- one test a case ----

class Generator : public ut::test_unit_generator {
 public:
  Generator(void (*check)(const OpCase&), bool differences)
      : check_(check), differences_(differences) {}
  ut::test_unit* next() const override {
    const auto& table = all();
    while (at_ < table.size() && differences_ && !table[at_].differences) ++at_;
    if (at_ == table.size()) return nullptr;
    const OpCase& c = table[at_++];
    std::string name = c.name;
    for (char& letter : name) {
      if (!std::isalnum(static_cast<unsigned char>(letter))) letter = '_';
    }
    return ut::make_test_case([check = check_, &c] { check(c); }, name, __FILE__, __LINE__);
  }

 private:
  void (*check_)(const OpCase&);
  bool differences_;
  mutable size_t at_ = 0;
};

}  // namespace

#define FOR_EACH_CASE(check, differences)                          \
  const ut::ut_detail::auto_test_unit_registrar registrar_##check( \
      boost::make_shared<Generator>(check, differences), ut::decorator::collector_t::instance());

BOOST_AUTO_TEST_SUITE(forward)
FOR_EACH_CASE(check_forward, false)
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(first_gradients)
FOR_EACH_CASE(check_first_gradients, true)
BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE(second_gradients)
FOR_EACH_CASE(check_second_gradients, true)
BOOST_AUTO_TEST_SUITE_END()
