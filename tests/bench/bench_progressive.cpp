// Seconds for one picture of the networks that grow, random weights:
// bench_progressive [progan|stylegan1] [resolution] [batch] [runs]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kernels/parallel.hpp"
#include "lib/nets/generator.hpp"
#include "lib/rt/philox.hpp"

namespace {

using namespace sgan;

// With one thread: its processor time, which other programs on the machine disturb less.
double now() {
  if (kernels::num_threads() == 1) {
    timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double seconds(const auto& work) {
  const double start = now();
  work();
  return now() - start;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string name = argc > 1 ? argv[1] : "stylegan1";
  const int resolution = argc > 2 ? std::stoi(argv[2]) : 1024;
  const int batch = argc > 3 ? std::stoi(argv[3]) : 1, runs = argc > 4 ? std::stoi(argv[4]) : 7;
  const nlohmann::json args = {{"resolution", resolution}, {"num_channels", 3}};
  const nets::Family family = nets::parse_family(name);
  const auto net = nets::make_generator(family, args, nets::random_weights(family, args, 1));
  rt::Tensor z({batch, net->info().z_dim}, rt::DType::f32);
  rt::fill_normal(z, 7, 0);
  const ag::Var w = net->map(ag::Var(z), {}, 1, -1);
  std::vector<double> times;
  for (int i = 0; i < runs + 1; ++i) {
    times.push_back(seconds([&] { net->synthesize(w, {}); }));
  }
  const double mapping = seconds([&] { net->map(ag::Var(z), {}, 1, -1); });
  const double first = times[0];
  std::sort(times.begin() + 1, times.end());
  std::printf(
      "%s %d batch %d: first %.3f s, then median %.3f s, least %.3f s; mapping %.4f s; peak "
      "%.0f MB\n",
      name.c_str(), resolution, batch, first, times[1 + size_t(runs) / 2], times[1], mapping,
      double(rt::memory_stats(rt::cpu).peak) / 1e6);
}
