// Pictures a second through the feature networks with random weights, and where the time goes:
// bench_features [vgg16-lpips|inception-v3 [runs [batch]]]; without a network both. LPIPS embeds
// pictures of 256 x 256, Inception resizes them from there.
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>

#include "lib/ag/profile.hpp"
#include "lib/nets/inception.hpp"
#include "lib/nets/lpips.hpp"
#include "lib/rt/memory.hpp"
#include "lib/rt/philox.hpp"
#include "tests/bench/machine.hpp"

using namespace sgan;

namespace {

// Weights of variance 2 / fan-in, everything else such that numbers keep their size.
nets::TensorMap random_tensors(const std::map<std::string, rt::Shape>& shapes) {
  nets::TensorMap tensors;
  uint64_t seed = 0;
  for (const auto& [name, shape] : shapes) {
    const bool ones = name.ends_with("bn.weight") || name.ends_with("running_var");
    rt::Tensor t = rt::Tensor::full(shape, ones || name.starts_with("lin") ? 1 : 0);
    if (shape.rank() >= 2 && !name.starts_with("lin")) {
      rt::fill_normal(t, ++seed, 0);
      const double fan_in = double(t.numel()) / double(t.size(0));
      for (float& v : t.span<float>()) v *= float(std::sqrt(2 / fan_in));
    }
    tensors[name] = t;
  }
  return tensors;
}

void print_operators(const ag::Profile& profile, double peak) {
  double total = 0;
  std::vector<std::pair<std::string, ag::Profile::Row>> sorted(profile.rows().begin(),
                                                               profile.rows().end());
  for (const auto& [name, row] : sorted) total += row.seconds;
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.second.seconds > b.second.seconds; });
  for (const auto& [name, row] : sorted) {
    if (row.seconds < 0.005 * total) continue;
    std::printf("    %-20s %5ld %9.2f ms %5.1f%% %9.1f GFLOP/s %4.0f%% of FMA %8.1f GB/s\n",
                name.c_str(), long(row.calls), row.seconds * 1e3, 100 * row.seconds / total,
                row.work.flops / row.seconds * 1e-9,
                peak > 0 ? 100 * row.work.flops / row.seconds / peak : 0,
                row.work.bytes / row.seconds * 1e-9);
  }
}

int run(const std::string& name, int runs, int64_t batch) {
  const ag::NoGrad inference;
  rt::Tensor images({batch, 256, 256, 3}, rt::DType::f32);
  rt::fill_normal(images, 5, 0);
  std::function<rt::Tensor()> pass;
  if (name == "vgg16-lpips") {
    const auto net = std::make_shared<nets::Lpips>(
        random_tensors(nets::vgg16_shapes({64, 128, 256, 512, 512}, true)), rt::cpu);
    for (float& v : images.span<float>()) v = std::clamp(v * 0.4f, -1.0f, 1.0f);
    pass = [=] { return net->embed(images).value(); };
  } else if (name == "inception-v3") {
    const auto net =
        std::make_shared<nets::Inception>(random_tensors(nets::inception_shapes()), rt::cpu);
    for (float& v : images.span<float>()) v = std::clamp(127.5f + v * 50, 0.0f, 255.0f);
    pass = [=] { return net->run(images).logits.value(); };
  } else {
    return std::fprintf(stderr, "no network %s\n", name.c_str()), 2;
  }
  pass();  // packs the weights
  rt::reset_peak(rt::cpu);
  std::vector<double> times;
  for (int i = 0; i < runs; ++i) times.push_back(bench::fastest(1, pass));
  std::sort(times.begin(), times.end());
  const float probe = [&] {
    const rt::Tensor result = pass();
    return result.data<float>()[result.numel() - 1];
  }();
  check(probe == probe, name, ": the result is not a number");
  ag::Profile profile;
  pass();
  double flops = 0;
  for (const auto& [op, row] : profile.rows()) flops += row.work.flops;
  const double peak = bench::fma_peak(), median = times[times.size() / 2];
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "%-12s batch %ld: median %.2f pictures/s, best %.2f; %.0f GFLOP/s, %.0f%% of FMA; "
      "peak %ld MiB (tensors %zu MiB)\n",
      name.c_str(), long(batch), double(batch) / median, double(batch) / times[0],
      flops / median * 1e-9, peak > 0 ? 100 * flops / median / peak : 0, usage.ru_maxrss / 1024,
      rt::memory_stats(rt::cpu).peak >> 20);
  print_operators(profile, peak);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const int runs = argc > 2 ? std::max(1, std::atoi(argv[2])) : 7;
  const int64_t batch = argc > 3 ? std::max(1, std::atoi(argv[3])) : 8;
  try {
    if (argc > 1) return run(argv[1], runs, batch);
    return run("vgg16-lpips", runs, batch) | run("inception-v3", runs, batch);
  } catch (const std::exception& e) {
    return std::fprintf(stderr, "bench_features: %s\n", e.what()), 1;
  }
}
