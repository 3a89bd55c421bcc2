// Seconds for one picture by the full-size networks with random weights, and where they go:
// bench_synthesis [NETWORK [runs [batch]]]; without a network it lists them.
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

#include "lib/ag/profile.hpp"
#include "lib/nets/generator.hpp"
#include "lib/rt/memory.hpp"
#include "lib/rt/philox.hpp"
#include "tests/bench/machine.hpp"

using namespace sgan;
using nlohmann::json;

namespace {

struct Row {
  const char* name;
  const char* args;
  nets::Family family;
};

constexpr Row rows[] = {
    {"stylegan2-256", R"({"img_resolution":256,"channel_base":16384})", nets::Family::stylegan2},
    {"stylegan2-1024", R"({"img_resolution":1024,"channel_base":32768})", nets::Family::stylegan2},
    {"stylegan3-t-256", R"({"img_resolution":256})", nets::Family::stylegan3},
    {"stylegan3-r-256",
     R"({"img_resolution":256,"channel_base":65536,"channel_max":1024,"conv_kernel":1,
         "use_radial_filters":true})",
     nets::Family::stylegan3},
    {"stylegan3-t-1024", R"({"img_resolution":1024})", nets::Family::stylegan3},
    {"stylegan3-r-1024",
     R"({"img_resolution":1024,"channel_base":65536,"channel_max":1024,"conv_kernel":1,
         "use_radial_filters":true})",
     nets::Family::stylegan3},
};

// The limits are those of one float32 multiply-add unit and of memory; a method that multiplies
// less or on other units can be beyond the first.
void print_operators(const ag::Profile& profile, double peak, double bandwidth) {
  double total = 0;
  for (const auto& [name, row] : profile.rows()) total += row.seconds;
  std::vector<std::pair<std::string, ag::Profile::Row>> sorted(profile.rows().begin(),
                                                               profile.rows().end());
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.second.seconds > b.second.seconds; });
  std::printf("    %-20s %5s %9s %6s %9s %8s %8s %8s\n", "operator", "calls", "ms", "share",
              "GFLOP/s", "of FMA", "GB/s", "of copy");
  for (const auto& [name, row] : sorted) {
    if (row.seconds < 0.01 * total) continue;
    const double flops = row.work.flops / row.seconds, bytes = row.work.bytes / row.seconds;
    std::printf("    %-20s %5ld %9.2f %5.1f%% %9.1f %7.0f%% %8.1f %7.0f%%\n", name.c_str(),
                long(row.calls), row.seconds * 1e3, 100 * row.seconds / total, flops * 1e-9,
                peak > 0 ? 100 * flops / peak : 0, bytes * 1e-9, 100 * bytes / bandwidth);
  }
}

int run(const Row& row, int runs, int batch) {
  const char* device_name = std::getenv("SGAN_DEVICE");
  const rt::Device device = rt::parse_device(device_name ? device_name : "cpu");
  ag::NoGrad inference;
  const json args = json::parse(row.args);
  const auto net =
      nets::make_generator(row.family, args, nets::random_weights(row.family, args, 1), device);
  std::vector<double> times;
  double first = 0;
  const auto draw = [&](int number) {
    const rt::Tensor z({batch, net->info().z_dim}, rt::DType::f32);
    rt::fill_normal(z, 7, uint64_t(number));
    const ag::Var ws = net->map(z.to(device), {}, 1, -1);
    rt::synchronize(device);
    const auto start = std::chrono::steady_clock::now();
    const ag::Var image = net->synthesize(ws, {});
    rt::synchronize(device);
    const double took = bench::seconds_since(start);
    const double probe = image.value().rows(0, 1).to_doubles()[0];
    check(probe == probe, row.name, ": the picture is not a number");
    return took;
  };
  first = draw(0);
  for (int i = 1; i <= runs; ++i) times.push_back(draw(i));
  std::sort(times.begin(), times.end());
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "%-18s batch %-2d first %.3f s, then median %.4f s, best %.4f s, %.2f pictures/s, "
      "peak %ld MiB (tensors %zu MiB)\n",
      row.name, batch, first, times[times.size() / 2], times[0], batch / times[times.size() / 2],
      usage.ru_maxrss / 1024, rt::memory_stats(device).peak >> 20);
  if (batch > 1 || device.is_cuda()) return 0;
  ag::Profile profile;
  draw(runs + 1);
  print_operators(profile, bench::fma_peak(), bench::copy_bandwidth());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    for (const Row& r : rows) std::puts(r.name);
    return 0;
  }
  const auto row = std::find_if(std::begin(rows), std::end(rows),
                                [&](const Row& r) { return !std::strcmp(r.name, argv[1]); });
  if (row == std::end(rows)) return std::fprintf(stderr, "no network %s\n", argv[1]), 2;
  try {
    return run(*row, argc > 2 ? std::max(1, std::atoi(argv[2])) : 5,
               argc > 3 ? std::max(1, std::atoi(argv[3])) : 1);
  } catch (const std::exception& e) {
    return std::fprintf(stderr, "bench_synthesis: %s\n", e.what()), 1;
  }
}
