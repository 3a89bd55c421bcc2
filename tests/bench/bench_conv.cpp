// Float32 convolutions of training and inference on the CPU through the engine: forward, data
// gradient and weight gradient, in GFLOP/s of direct convolution and as a share of the multiply-add
// limit (beyond 100 % where Winograd multiplies less). bench_conv [part of a name [batch]]
#include <time.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "lib/engine/engine.hpp"
#include "lib/rt/philox.hpp"
#include "tests/bench/machine.hpp"

using namespace sgan;

namespace {

struct Case {
  std::string name;
  int64_t n, size, ci, co, k, pad;
  int stride = 1;
};

std::vector<Case> cases() {
  std::vector<Case> list;
  const auto add = [&](const char* net, int64_t n, int64_t size, int64_t ci, int64_t co, int64_t k,
                       int64_t pad, int stride = 1) {
    char name[96];
    std::snprintf(name, sizeof name, "%s %ldx%ld%s %ld>%ld @%ld n%ld", net, long(k), long(k),
                  stride == 2 ? "/2" : "", long(ci), long(co), long(size), long(n));
    list.push_back({name, n, size, ci, co, k, pad, stride});
  };
  // A generator's upsampling layer is the data gradient of a convolution with stride 2.
  const auto stylegan2 = [&](const char* net, int64_t n, int64_t resolution, int64_t base,
                             int64_t most) {
    const auto channels = [&](int64_t r) { return std::min(base / r, most); };
    for (int64_t r = 4; r <= resolution; r *= 2) {
      add(net, n, r, channels(r), channels(r), 3, 1);
      if (r > 4) {
        add(net, n, r + 1, channels(r), channels(r / 2), 3, 0, 2);
        add(net, n, r / 2, channels(r), channels(r / 2), 1, 0);
      }
    }
    add(net, n, resolution, 3, channels(resolution), 1, 0);
    add(net, n, resolution, channels(resolution), 3, 1, 0);
    add(net, n, 4, channels(4) + 1, channels(4), 3, 1);
  };
  stylegan2("sg2-32", 32, 32, 2048, 128);
  stylegan2("sg2-64", 16, 64, 8192, 256);
  add("sg3-32", 16, 36, 64, 64, 3, 2);
  add("sg3-32", 16, 52, 64, 64, 3, 2);
  for (int64_t r = 4; r <= 32; r *= 2) add("sg2-256", 1, r, 512, 512, 3, 1);
  add("sg2-256", 1, 64, 256, 256, 3, 1);
  add("sg2-256", 1, 128, 128, 128, 3, 1);
  add("sg2-256", 1, 256, 64, 64, 3, 1);
  add("sg2-256", 1, 65, 256, 512, 3, 0, 2);
  add("sg2-256", 1, 129, 128, 256, 3, 0, 2);
  add("sg2-256", 1, 257, 64, 128, 3, 0, 2);
  add("sg3t-256", 1, 36, 512, 512, 3, 2);
  add("sg3t-256", 1, 52, 512, 512, 3, 2);
  add("sg3t-256", 1, 148, 362, 256, 3, 2);
  add("sg3t-256", 1, 276, 128, 128, 3, 2);
  return list;
}

rt::Tensor random(const rt::Shape& shape, uint64_t seed) {
  rt::Tensor t(shape, rt::DType::f32);
  rt::fill_normal(t, seed, 0);
  return t;
}

// On one thread the processor time, which other work on the machine does not lengthen.
double now() {
  timespec t;
  clock_gettime(kernels::num_threads() == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

template <class Body>
double seconds(const Body& body) {
  body();
  double best = 1e30, total = 0;
  for (int i = 0; i < 100 && (i < 4 || total < 0.12); ++i) {
    const double start = now();
    body();
    const double t = now() - start;
    best = std::min(best, t);
    total += t;
  }
  return best;
}

}  // namespace

int main(int argc, char** argv) {
  const char* part = argc > 1 ? argv[1] : "";
  const double peak = bench::fma_peak();
  std::printf("%d threads, multiply-add limit %.0f GFLOP/s\n", kernels::num_threads(), peak * 1e-9);
  std::printf("%-30s %22s %22s %22s\n", "layer", "forward ms GF/s   %", "data grad. ms GF/s   %",
              "weight gr. ms GF/s   %");
  double total[3] = {};
  for (Case c : cases()) {
    if (!std::strstr(c.name.c_str(), part)) continue;
    if (argc > 2) c.n = std::atoll(argv[2]);
    const rt::Shape xs{c.n, c.size, c.size, c.ci}, ws{c.co, c.k, c.k, c.ci};
    const auto g = engine::conv_geometry(xs, ws, c.stride, c.stride, c.pad, c.pad, c.pad, c.pad, 1);
    const rt::Shape ys{g.n, g.ho, g.wo, g.co};
    rt::Tensor x = random(xs, 1), w = random(ws, 2), y = random(ys, 3);
    const double flop = 2.0 * double(ys.numel()) * double(c.ci * c.k * c.k);
    const double times[] = {seconds([&] { engine::conv_forward(g, x, w, y); }),
                            seconds([&] { engine::conv_data_gradient(g, y, w, x); }),
                            seconds([&] { engine::conv_weight_gradient(g, x, y, w); })};
    std::printf("%-30s", c.name.c_str());
    for (int i = 0; i < 3; ++i) {
      total[i] += times[i];
      std::printf(" %9.3f %6.0f %4.0f%%", times[i] * 1e3, flop / times[i] * 1e-9,
                  100 * flop / times[i] / peak);
    }
    std::printf("\n");
    std::fflush(stdout);
  }
  std::printf("%-30s %9.3f %22.3f %22.3f\n", "sum, ms", total[0] * 1e3, total[1] * 1e3,
              total[2] * 1e3);
}
