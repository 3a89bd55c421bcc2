// Every op, forward and gradient, in two ways that must agree: float32 and 16-bit numbers against
// double on the CPU, and a GPU against the CPU.
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "kernels/launch.hpp"
#include "lib/rt/graph.hpp"
#include "tests/gpu.hpp"
#include "tests/ops/op_cases.hpp"

using namespace sgan;
using namespace sgan::op_cases;
using rt::DType;

namespace {

// Results by name: the value without and with recording (they take different kernels), gradients.
std::map<std::string, std::vector<double>> results(const OpCase& c, DType type, rt::Device device) {
  const Vars in = make_inputs(c, type, device);
  std::map<std::string, std::vector<double>> r;
  {
    const ag::NoGrad quiet;
    r["inference"] = c.run(in).value().to_doubles();
  }
  const ag::Var y = c.run(in);
  r["forward"] = y.value().to_doubles();
  const OpCase weights{"dy", {y.shape()}, nullptr};
  const Vars gradients = ag::grad(y, in, make_inputs(weights, y.dtype(), device)[0].detach());
  for (size_t i = 0; i < in.size(); ++i) {
    if (gradients[i].defined()) {
      r["gradient " + std::to_string(i)] = gradients[i].value().to_doubles();
    }
  }
  return r;
}

void compare(const OpCase& c, DType type, rt::Device device, DType other_type, double tolerance) {
  BOOST_TEST_CONTEXT(c.name << ", " << rt::name_of(type) << " on " << device.str()) {
    const auto got = results(c, type, device), want = results(c, other_type, rt::cpu);
    BOOST_REQUIRE_EQUAL(got.size(), want.size());
    for (const auto& [name, values] : want) {
      const auto& mine = got.at(name);
      BOOST_REQUIRE_EQUAL(mine.size(), values.size());
      double worst = 0, scale = 1e-30;
      for (size_t i = 0; i < values.size(); ++i) {
        BOOST_REQUIRE_MESSAGE(!std::isnan(mine[i]) && !std::isnan(values[i]), name << " has NaN");
        worst = std::max(worst, std::abs(mine[i] - values[i]));
        scale = std::max(scale, std::abs(values[i]));
      }
      BOOST_CHECK_MESSAGE(worst <= tolerance * scale,
                          name << ": difference " << worst / scale << " of the largest value");
    }
  }
}

void on_gpu(DType type, double least, double factor) {
  for (const OpCase& c : all()) {
    if (rt::size_of(type) == 2 && (!c.half || c.name == "cast")) continue;
    compare(c, type, gpu, type, std::max(least, c.tolerance * factor));
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(float32_agrees_with_double_on_the_cpu) {
  for (const OpCase& c : all()) compare(c, DType::f32, rt::cpu, DType::f64, c.tolerance);
}

BOOST_AUTO_TEST_CASE(float32_on_the_gpu_agrees_with_the_cpu, *needs_gpu()) {
  on_gpu(DType::f32, 0, 2);
}
BOOST_AUTO_TEST_CASE(double_on_the_gpu_agrees_with_the_cpu, *needs_gpu()) {
  on_gpu(DType::f64, 0, 1e-8);
}
// A rounding to 16 bits may fall to the other side, and the gradient builds on a few such.
BOOST_AUTO_TEST_CASE(float16_on_the_gpu_agrees_with_the_cpu, *needs_gpu()) {
  on_gpu(DType::f16, 4 * 0x1p-10, 1);
}
BOOST_AUTO_TEST_CASE(bfloat16_on_the_gpu_agrees_with_the_cpu, *needs_gpu()) {
  on_gpu(DType::bf16, 4 * 0x1p-7, 1);
}
BOOST_AUTO_TEST_CASE(plain_kernels_on_the_gpu_agree_with_the_cpu, *needs_gpu()) {
  kernels::tiled_kernels = false;
  on_gpu(DType::f32, 0, 2);
  kernels::tiled_kernels = true;
}

BOOST_AUTO_TEST_CASE(passes_do_not_wait_for_the_host_and_can_be_recorded, *needs_gpu()) {
  const ag::NoGrad quiet;
  for (const OpCase& c : all()) {
    BOOST_TEST_CONTEXT(c.name) {
      rt::GraphCache cache;
      const Vars in = make_inputs(c, DType::f32, gpu);
      rt::GraphCache::Tensors inputs;
      for (const auto& v : in) inputs.push_back(v.value());
      const auto pass = [&](const rt::GraphCache::Tensors& tensors) {
        return rt::GraphCache::Tensors{c.run(Vars(tensors.begin(), tensors.end())).value()};
      };
      const auto first = cache.run(c.name, inputs, pass)[0].to_doubles();
      const int64_t waits = rt::cuda::waits();
      const auto second = cache.run(c.name, inputs, pass);
      const auto third = cache.run(c.name, inputs, pass);
      BOOST_TEST(rt::cuda::waits() == waits);
      BOOST_TEST(cache.stats().refusal == "");
      BOOST_TEST(cache.stats().repeated == 1);
      BOOST_TEST((second[0].to_doubles() == first));
      BOOST_TEST((third[0].to_doubles() == first));
    }
  }
}
