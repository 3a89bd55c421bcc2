// Gradients in float32, where other kernels run than in float64, against those in float64: first
// and second ones, of large inputs too.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <random>

#include "lib/ops/arithmetic.hpp"
#include "tests/ops/op_cases.hpp"

using namespace sgan;
using namespace sgan::op_cases;
using rt::DType;
using rt::Tensor;

namespace {

Tensor normals(const Shape& shape, uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  std::vector<double> v(size_t(shape.numel()));
  for (double& x : v) x = normal(engine);
  return Tensor::from(v, shape);
}

// All gradients of <v, op(x)>, and those of <u, the gradients>.
std::vector<std::vector<double>> gradients(const OpCase& c, DType type) {
  Vars in = make_inputs(c, type, rt::cpu);
  const Var y = c.run(in);
  const Var dy = Var::leaf(normals(y.shape(), 5).to(type));
  const Vars first = ag::grad(y, in, dy, true);
  std::vector<std::vector<double>> values;
  Vars ys, us;
  for (size_t i = 0; i < in.size(); ++i) {
    if (!first[i].defined()) continue;
    values.push_back(first[i].value().to_doubles());
    ys.push_back(first[i]);
    us.push_back(normals(in[i].shape(), 100 + i).to(type));
  }
  in.push_back(dy);
  for (const Var& g : ag::grad(ys, in, us, ag::Graph::release)) {
    values.push_back(g.defined() ? g.value().to_doubles() : std::vector<double>());
  }
  return values;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(single)

BOOST_AUTO_TEST_CASE(gradients_are_those_of_float64) {
  int count = 0;
  for (const OpCase& c : all()) {
    if (!c.name.starts_with("filtered_lrelu") && !c.name.starts_with("bias_act l") &&
        !c.name.starts_with("scale_channels") && !c.name.starts_with("channel_dot") &&
        !c.name.starts_with("modulation_epilogue")) {
      continue;
    }
    ++count;
    const auto got = gradients(c, DType::f32), want = gradients(c, DType::f64);
    BOOST_REQUIRE_EQUAL(got.size(), want.size());
    for (size_t i = 0; i < want.size(); ++i) {
      BOOST_REQUIRE_MESSAGE(got[i].size() == want[i].size(), c.name << ": gradient " << i);
      double worst = 0, largest = 0;
      for (size_t j = 0; j < want[i].size(); ++j) {
        BOOST_REQUIRE_MESSAGE(std::isfinite(got[i][j]), c.name << ": gradient " << i);
        worst = std::max(worst, std::abs(got[i][j] - want[i][j]));
        largest = std::max(largest, std::abs(want[i][j]));
      }
      BOOST_CHECK_MESSAGE(worst <= 2 * c.tolerance * largest, c.name << ": gradient " << i
                                                                     << " differs by " << worst
                                                                     << " of " << largest);
    }
  }
  BOOST_TEST(count > 50);
}

BOOST_AUTO_TEST_SUITE_END()
