// grad() itself: what it connects, what it keeps, how deep it goes.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <optional>

#include "lib/ops/bias_act.hpp"
#include "lib/ops/epilogue.hpp"
#include "lib/ops/layout.hpp"
#include "lib/ops/linear.hpp"
#include "lib/ops/reduce.hpp"

using namespace sgan;
using ag::grad;
using ag::Var;
using ag::Vars;
using rt::DType;
using rt::Tensor;

namespace {

Var leaf(std::vector<double> v) {
  const auto n = int64_t(v.size());
  return Var::leaf(Tensor::from(v, {n}));
}
std::vector<double> values(const Var& v) { return v.value().to_doubles(); }
std::vector<double> list(std::initializer_list<double> v) { return v; }

#define CHECK_VALUES(var, ...) \
  BOOST_TEST(values(var) == list(__VA_ARGS__), boost::test_tools::per_element())

size_t in_use() { return rt::memory_stats(rt::cpu).in_use; }

}  // namespace

BOOST_AUTO_TEST_SUITE(gradients)

BOOST_AUTO_TEST_CASE(inputs_without_a_connection_get_none) {
  const Var x = leaf({1, 2}), other = leaf({3, 4});
  const Vars g = grad(ops::square(x), Vars{other, x});
  BOOST_TEST(!g[0].defined());
  CHECK_VALUES(g[1], {2, 4});
  // Through a constant nothing flows, nor out of a detached value or what NoGrad computed.
  BOOST_TEST(!grad(ops::add(ops::square(x.detach()), other), Vars{x})[0].defined());
  std::optional<ag::NoGrad> quiet(std::in_place);
  const Var unrecorded = ops::square(x);
  quiet.reset();
  BOOST_TEST(!unrecorded.needs_grad());
  BOOST_TEST(!grad(ops::add(unrecorded, other), Vars{x})[0].defined());
  // A result that nothing led to, and a target that cannot have a gradient.
  BOOST_TEST(!grad(Var(Tensor::zeros({2}, DType::f64)), Vars{x})[0].defined());
  BOOST_CHECK_THROW(grad(ops::square(x), Vars{x.detach()}), sgan::Error);
}

BOOST_AUTO_TEST_CASE(a_target_may_be_the_result_or_on_the_way_to_it) {
  const Var x = leaf({2, 3}), m = ops::square(x), y = ops::multiply(m, x);
  const Var dy = Tensor::from(std::vector<double>{1, 10}, {2});
  const Vars g = grad(y, Vars{y, m, x}, dy);
  CHECK_VALUES(g[0], {1, 10});
  CHECK_VALUES(g[1], {2, 30});
  CHECK_VALUES(g[2], {12, 270});  // 3 x^2, through m too
  // Where every path to x is through m, m's gradient is whole before it goes on.
  const Var z = ops::add(ops::scale(m, 3), ops::multiply(m, m));
  const Vars h = grad(z, Vars{m, x});
  CHECK_VALUES(h[0], {3 + 2 * 4, 3 + 2 * 9});
  CHECK_VALUES(h[1], {11 * 4, 21 * 6});
}

BOOST_AUTO_TEST_CASE(gradients_of_one_value_used_more_than_once_meet) {
  const Var x = leaf({2, -3});
  CHECK_VALUES(grad(ops::multiply(x, x), Vars{x})[0], {4, -6});
  CHECK_VALUES(grad(ops::subtract(x, x), Vars{x})[0], {0, 0});
  const Var s = ops::add(x, x), y = ops::add(ops::multiply(s, s), ops::multiply(s, x));
  CHECK_VALUES(grad(y, Vars{x})[0], {6 * 2 * 2, 6 * 2 * -3});
  // Asked for twice, and through copies, it is the same Var.
  const Var copy = x;
  const Vars g = grad(ops::square(copy), Vars{x, copy, x});
  for (const Var& v : g) CHECK_VALUES(v, {4, -6});
  // As several results with their own dy.
  const Vars ys{ops::square(x), x, ops::square(x)};
  const Vars dys{Var(), Tensor::full({2}, 5, DType::f64), Tensor::full({2}, 2, DType::f64)};
  CHECK_VALUES(grad(ys, Vars{x}, dys)[0], {17, -13});
  BOOST_CHECK_THROW(grad(ys, Vars{x}, Vars{Var()}), sgan::Error);
  BOOST_CHECK_THROW(grad(x, Vars{x}, Tensor::zeros({3}, DType::f64)), sgan::Error);
}

BOOST_AUTO_TEST_CASE(inputs_that_need_none_are_not_computed) {
  const Var a = Var::leaf(Tensor::full({2, 2}, 1, DType::f64));
  const Var b = Tensor::full({2, 2}, 3, DType::f64);  // a constant
  const Var y = ops::matmul(a, b);
  CHECK_VALUES(grad(y, Vars{a})[0], {6, 6, 6, 6});
  // Only the branch that leads to a is walked: the other's fourth derivative does not exist.
  Var w = leaf({0.1}), deep = ops::bias_act(w, {}, {.act = ops::Act::tanh});
  for (int order = 0; order < 3; ++order) deep = grad(deep, Vars{w}, {}, true)[0];
  const Var x = leaf({2});
  CHECK_VALUES(grad(ops::add(ops::square(x), deep), Vars{x})[0], {4});
  BOOST_CHECK_THROW(grad(deep, Vars{w}), sgan::Error);
}

BOOST_AUTO_TEST_CASE(graphs_may_be_deep) {
  constexpr int depth = 100000;
  for (bool wide : {false, true}) {
    const Var x = leaf({1});
    Var y = x;
    for (int i = 0; i < depth; ++i) y = wide ? ops::add(y, x) : ops::affine(y, 1, 1e-3);
    CHECK_VALUES(grad(y, Vars{x})[0], {wide ? depth + 1.0 : 1.0});
    // The second walk is through the gradient's own graph, as deep as the first.
    Var z = x;
    for (int i = 0; i < depth / 2; ++i) z = ops::multiply(z, x);
    const Var g = grad(z, Vars{x}, {}, true)[0];
    const double n = depth / 2 + 1;
    CHECK_VALUES(grad(g, Vars{x})[0], {n * (n - 1)});
  }  // and both graphs end here without recursion
}

BOOST_AUTO_TEST_CASE(contents_that_no_gradient_reads_are_freed) {
  constexpr size_t numbers = 1 << 16, bytes = numbers * sizeof(double);
  const size_t before = in_use();
  {
    const Var x = Var::leaf(Tensor::full({numbers}, 0.5, DType::f64));
    BOOST_TEST(in_use() - before == bytes);
    // Sums, shifts and layout keep nothing: ten ops, one result.
    Var y = x;
    for (int i = 0; i < 5; ++i) y = ops::add(ops::affine(y, 2, 1), x);
    BOOST_TEST(in_use() - before == 2 * bytes);
    // exp keeps its result, which is y itself; square its input.
    y = ops::exp(y);
    BOOST_TEST(in_use() - before == 2 * bytes);
    y = ops::square(y);
    BOOST_TEST(in_use() - before == 3 * bytes);
    // A view of it costs nothing, and a gradient that is not asked to be differentiable only
    // itself.
    y = ops::reshape(y, {2, -1});
    BOOST_TEST(in_use() - before == 3 * bytes);
    const Var g = grad(y, Vars{x})[0];
    BOOST_TEST(in_use() - before == 4 * bytes);
  }
  BOOST_TEST(in_use() == before);
}

BOOST_AUTO_TEST_CASE(what_is_not_kept_cannot_be_read) {
  const Var x = leaf({1, 2});
  const Var gone = x.without_value();
  BOOST_TEST(!gone.has_value());
  BOOST_CHECK_THROW(gone.value(), sgan::Error);
  BOOST_CHECK_THROW(ops::square(gone), sgan::Error);
  CHECK_VALUES(grad(ops::square(x), Vars{gone})[0], {2, 4});  // its identity is x's
}

BOOST_AUTO_TEST_CASE(only_a_graph_asked_for_is_recorded) {
  const Var x = leaf({1, 2}), y = ops::multiply(ops::square(x), x);
  const Var plain = grad(y, Vars{x})[0];
  BOOST_TEST(!plain.needs_grad());
  BOOST_TEST(ag::recording());  // again, after grad() had it off
  const Var kept = grad(y, Vars{x}, {}, true)[0];
  BOOST_TEST(kept.needs_grad());
  CHECK_VALUES(kept, {3, 12});
  CHECK_VALUES(grad(kept, Vars{x})[0], {6, 12});
  // NoGrad outside wins, nests, and ends with its scope.
  {
    const ag::NoGrad outer;
    { const ag::NoGrad inner; }
    BOOST_TEST(!ag::recording());
    BOOST_TEST(!grad(y, Vars{x}, {}, true)[0].needs_grad());
  }
  BOOST_TEST(ag::recording());
  BOOST_CHECK_THROW(grad(y, Vars{x}, Tensor::zeros({3}, DType::f64)), sgan::Error);
  BOOST_TEST(ag::recording());  // after an error too
}

BOOST_AUTO_TEST_CASE(third_derivatives) {
  const std::vector<double> at{-1.3, -0.2, 0, 0.4, 2};
  const Var x = leaf(at);
  Var y = ops::bias_act(x, {}, {.act = ops::Act::tanh});
  for (int order = 1; order <= 3; ++order) {
    y = grad(y, Vars{x}, {}, true)[0];
    for (size_t i = 0; i < at.size(); ++i) {
      const double t = std::tanh(at[i]), d = 1 - t * t;
      const double want = order == 1 ? d : order == 2 ? -2 * t * d : d * (6 * t * t - 2);
      BOOST_TEST(values(y)[i] == want, boost::test_tools::tolerance(1e-13));
    }
  }
  // Of x^4, by products.
  Var z = ops::square(ops::square(x));
  for (double factor : {4.0, 12.0, 24.0, 24.0}) {
    z = grad(z, Vars{x}, {}, true)[0];
    const double power = factor == 4 ? 3 : factor == 12 ? 2 : 0;
    if (power == 0) continue;
    for (size_t i = 0; i < at.size(); ++i) {
      BOOST_TEST(values(z)[i] == factor * std::pow(at[i], power),
                 boost::test_tools::tolerance(1e-13));
    }
  }
  CHECK_VALUES(z, {24, 24, 24, 24, 24});
}

BOOST_AUTO_TEST_CASE(a_released_graph_gives_its_memory_back_and_the_same_gradients) {
  const Tensor start = Tensor::full({2, 8, 8, 16}, 0.5, DType::f32);
  const Var x = Var::leaf(start), s = Var::leaf(Tensor::full({2, 16}, 1.25, DType::f32));
  const auto build = [&] {
    Var y = x;
    for (int i = 0; i < 6; ++i) y = ops::square(ops::scale_channels(y, s));
    return ops::sum_all(y);
  };
  const size_t before = rt::memory_stats(rt::cpu).in_use;
  const Var kept = build();
  const size_t held = rt::memory_stats(rt::cpu).in_use - before;
  // A scaled map is computed again when it is wanted: six squares are kept, not twelve maps.
  BOOST_TEST(held >= 5 * start.bytes());
  BOOST_TEST(held < 7 * start.bytes());
  const Vars want = grad(kept, Vars{x, s});
  BOOST_TEST(values(want[0]) == values(grad(kept, Vars{x, s})[0]));  // it was kept
  const size_t with_graph = rt::memory_stats(rt::cpu).in_use;
  const Vars got = grad(kept, Vars{x, s}, {}, ag::Graph::release);
  BOOST_TEST(values(got[0]) == values(want[0]));
  BOOST_TEST(values(got[1]) == values(want[1]));
  // Of the maps only the new gradients are left.
  const size_t results = got[0].value().bytes() + got[1].value().bytes();
  BOOST_TEST(rt::memory_stats(rt::cpu).in_use - results < with_graph - 4 * start.bytes());
}

BOOST_AUTO_TEST_SUITE_END()
