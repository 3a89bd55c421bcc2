// Float32 convolutions of training and inference on the CPU through the engine: forward, data
// gradient and weight gradient, in GFLOP/s of direct convolution and as a share of the multiply-add
// limit (beyond 100 % where Winograd multiplies less), beside oneDNN alone. bench_conv [part of a
// name [batch]]
#include <time.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "lib/engine/engine.hpp"
#include "lib/engine/onednn.hpp"
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

// Best of several runs each, taken in turns so that both meet the same machine.
template <class Ours, class Peer>
std::pair<double, double> seconds(const Ours& ours, const Peer& peer) {
  ours(), peer();
  double best = 1e30, best_peer = 1e30, total = 0;
  for (int i = 0; i < 60 && (i < 4 || total < 0.2); ++i) {
    const double start = now();
    ours();
    const double middle = now();
    peer();
    const double end = now();
    best = std::min(best, middle - start);
    best_peer = std::min(best_peer, end - middle);
    total += end - start;
  }
  return {best, best_peer};
}

}  // namespace

int main(int argc, char** argv) {
  const char* part = argc > 1 ? argv[1] : "";
  const double peak = bench::fma_peak();
  std::printf("%d threads, multiply-add limit %.0f GFLOP/s\n", kernels::num_threads(), peak * 1e-9);
  std::printf("%-30s%s%s%s\n", "layer", "         forward: ms GF/s   % vs dnn",
              "   data gradient: ms GF/s   % vs dnn", "   weight grad.: ms GF/s   % vs dnn");
  double total[3] = {}, total_peer[3] = {};
  for (Case c : cases()) {
    if (!std::strstr(c.name.c_str(), part)) continue;
    if (argc > 2) c.n = std::atoll(argv[2]);
    const rt::Shape xs{c.n, c.size, c.size, c.ci}, ws{c.co, c.k, c.k, c.ci};
    const auto g = engine::conv_geometry(xs, ws, c.stride, c.stride, c.pad, c.pad, c.pad, c.pad, 1);
    const rt::Shape ys{g.n, g.ho, g.wo, g.co};
    rt::Tensor x = random(xs, 1), w = random(ws, 2), y = random(ys, 3);
    float *px = x.data<float>(), *pw = w.data<float>(), *py = y.data<float>();
    const double flop = 2.0 * double(ys.numel()) * double(c.ci * c.k * c.k);
    const std::pair<double, double> times[] = {
        seconds([&] { engine::conv_forward(g, x, w, y); },
                [&] { engine::onednn::forward(g, px, pw, py); }),
        seconds([&] { engine::conv_data_gradient(g, y, w, x); },
                [&] { engine::onednn::data_gradient(g, py, pw, px); }),
        seconds([&] { engine::conv_weight_gradient(g, x, y, w); },
                [&] { engine::onednn::weight_gradient(g, px, py, pw); })};
    std::printf("%-30s", c.name.c_str());
    for (int i = 0; i < 3; ++i) {
      const auto [ours, peer] = times[i];
      total[i] += ours, total_peer[i] += peer;
      std::printf("%s %10.3f %5.0f %3.0f%% %6.2f", i ? "   " : "", ours * 1e3, flop / ours * 1e-9,
                  100 * flop / ours / peak, peer / ours);
    }
    std::printf("\n");
    std::fflush(stdout);
  }
  std::printf("%-30s", "sum");
  for (int i = 0; i < 3; ++i) {
    std::printf("%s %10.3f %10s %6.2f", i ? "   " : "", total[i] * 1e3, "",
                total_peer[i] / total[i]);
  }
  std::printf("\n");
}
