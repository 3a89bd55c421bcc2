// Repeated passes: on the CPU they just run; on a GPU (where there is one) they are recorded. The
// memory under them is checked on the CPU.
#include <boost/test/unit_test.hpp>
#include <set>

#include "kernels/elementwise.inl"
#include "lib/rt/constant.hpp"
#include "lib/rt/cuda.hpp"
#include "lib/rt/graph.hpp"
#include "lib/rt/launch.hpp"
#include "tests/gpu.hpp"

using namespace sgan::rt;
namespace kernels = sgan::kernels;

namespace {

// 2 * x + offset by way of temporaries.
Tensor twice_plus(const Tensor& x, double offset) {
  Tensor y = x;
  for (const auto& [scale, add] : {std::pair{2.0, 0.0}, std::pair{1.0, offset}}) {
    Tensor next(x.shape(), x.dtype(), x.device());
    launch(x.device(), x.numel(),
           kernels::Affine<float>{scale, add, y.data<float>(), next.data<float>()});
    y = next;
  }
  return y;
}

// What every device must give; returns how the passes went.
GraphCache::Stats run_passes(Device device) {
  GraphCache cache(2);
  const auto call = [&](const std::string& key, float first, int64_t size, double offset) {
    std::vector<float> v(size_t(size), first);
    v.back() = -1;
    const auto results =
        cache.run(key, {Tensor::from(v, {size}).to(device)}, [&](const GraphCache::Tensors& in) {
          return GraphCache::Tensors{twice_plus(in[0], offset), twice_plus(in[0], offset + 1)};
        });
    BOOST_REQUIRE_EQUAL(results.size(), 2u);
    BOOST_TEST(results[0].to_doubles()[0] == 2 * first + offset);
    BOOST_TEST(results[0].to_doubles().back() == -2 + offset);
    BOOST_TEST(results[1].to_doubles()[0] == 2 * first + offset + 1);
    return results[0];
  };
  const Tensor kept = call("a", 1, 100, 5);
  for (float first : {2.f, 3.f, 4.f}) call("a", first, 100, 5);
  for (float first : {2.f, 3.f, 4.f}) call("a", first, 50, 5);   // another shape
  for (float first : {2.f, 3.f, 4.f}) call("b", first, 100, 6);  // another key, drops the first
  for (float first : {7.f, 8.f}) call("a", first, 100, 5);
  BOOST_TEST(kept.to_doubles()[0] == 7);  // results belong to the caller
  return cache.stats();
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_pass_on_the_cpu_just_runs) {
  const auto stats = run_passes(cpu);
  BOOST_TEST(stats.plain == 12);
  BOOST_TEST(stats.recorded == 0);
}

BOOST_AUTO_TEST_CASE(a_pass_on_a_gpu_is_recorded_at_its_second_call, *sgan::needs_gpu()) {
  using sgan::gpu;
  const auto stats = run_passes(gpu);
  BOOST_TEST(stats.refusal == "");
  BOOST_TEST(stats.plain == 4);
  BOOST_TEST(stats.recorded == 4);
  BOOST_TEST(stats.repeated == 4);

  GraphCache cache;
  const auto waiting = [&](const GraphCache::Tensors& in) {
    return GraphCache::Tensors{in[0].to(cpu).to(gpu)};
  };
  for (int i = 0; i < 3; ++i) cache.run("waits", {Tensor::full({4}, i, DType::f32, gpu)}, waiting);
  BOOST_TEST(cache.stats().refusal.find("host") != std::string::npos);
  BOOST_TEST(cache.stats().plain == 3);
  const int64_t before = cuda::waits();
  Tensor::full({1000}, 3, DType::f16, gpu);
  twice_plus(Tensor::full({1000}, 3, DType::f32, gpu), 1);
  BOOST_TEST(cuda::waits() == before);
}

BOOST_AUTO_TEST_CASE(private_memory_is_reused_inside_and_never_outside) {
  const size_t before = memory_stats(cpu).in_use;
  Tensor survivor;
  {
    const PrivatePool pool(cpu);
    std::set<char*> inside;
    {
      const PrivatePool::Use use(pool);
      for (int i = 0; i < 5; ++i) inside.insert(Tensor({1000}, DType::f32).bytes_data());
      BOOST_TEST(memory_stats(cpu).in_use == before);
      survivor = Tensor::full({1000}, 4);
      BOOST_TEST(memory_stats(cpu).in_use == before + 4000);
      const PrivatePool other(cpu);
      {
        const PrivatePool::Use nested(other);
        BOOST_TEST(!inside.count(Tensor({1000}, DType::f32).bytes_data()));
      }
    }
#if !defined(__SANITIZE_ADDRESS__)
    BOOST_TEST(inside.size() == 1u);  // the same place again and again
#endif
    for (int i = 0; i < 20; ++i) {
      BOOST_TEST(!inside.count(Tensor({1000}, DType::f32).bytes_data()));
    }
  }
  for (double v : survivor.to_doubles()) BOOST_TEST(v == 4);  // outlives the pool
  survivor = {};
  BOOST_TEST(memory_stats(cpu).in_use == before);
}

BOOST_AUTO_TEST_CASE(constants_are_made_once_for_each_type) {
  const Tensor a = constant({1, 2.5}, {2, 1}, DType::f32, cpu);
  const Tensor b = constant({1, 2.5}, {1, 2}, DType::f32, cpu);
  const auto address = [](const Tensor& t) { return static_cast<const void*>(t.bytes_data()); };
  BOOST_TEST(address(a) == address(b));
  BOOST_TEST((b.shape() == Shape{1, 2}));
  BOOST_TEST(a.to_doubles() == (std::vector<double>{1, 2.5}), boost::test_tools::per_element());
  const Tensor c = constant({1, 2.5}, {2}, DType::f16, cpu);
  BOOST_TEST(c.to_doubles() == (std::vector<double>{1, 2.5}), boost::test_tools::per_element());
  BOOST_TEST(address(constant({1, 2}, {2}, DType::f32, cpu)) != address(a));
}
