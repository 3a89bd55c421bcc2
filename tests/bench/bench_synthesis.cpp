// Seconds for one picture by the full-size networks with random weights: bench_synthesis NETWORK
// [runs] [batch]. Prints a line of JSON for scripts/bench.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

#include "lib/nets/generator.hpp"
#include "lib/rt/memory.hpp"
#include "lib/rt/philox.hpp"

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

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
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
  const int runs = argc > 2 ? std::max(1, std::atoi(argv[2])) : 5;
  const int batch = argc > 3 ? std::max(1, std::atoi(argv[3])) : 1;
  const char* device_name = std::getenv("SGAN_DEVICE");
  const rt::Device device = rt::parse_device(device_name ? device_name : "cpu");
  ag::NoGrad inference;
  const json args = json::parse(row->args);
  const auto net =
      nets::make_generator(row->family, args, nets::random_weights(row->family, args, 1), device);
  const rt::Tensor z({batch, net->info().z_dim}, rt::DType::f32);
  std::vector<double> times;
  double first = 0;
  for (int run = 0; run <= runs; ++run) {
    rt::fill_normal(z, 7, uint64_t(run));
    const ag::Var ws = net->map(z.to(device), {}, 1, -1);
    rt::synchronize(device);
    const auto start = std::chrono::steady_clock::now();
    const ag::Var image = net->synthesize(ws, {});
    rt::synchronize(device);
    (run ? times.emplace_back() : first) = seconds_since(start);
    const double probe = image.value().rows(0, 1).to_doubles()[0];
    if (!(probe == probe)) return std::fprintf(stderr, "%s: NaN\n", row->name), 1;
  }
  std::sort(times.begin(), times.end());
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "{\"network\":\"%s\",\"batch\":%d,\"first\":%.4f,\"median\":%.4f,\"best\":%.4f,"
      "\"peak_rss_mib\":%ld,\"arena_mib\":%zu}\n",
      row->name, batch, first, times[times.size() / 2], times[0], usage.ru_maxrss / 1024,
      rt::memory_stats(device).peak >> 20);
}
