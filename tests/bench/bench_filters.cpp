// Speed of the StyleGAN3 filtered nonlinearity per layer of the published networks, and of the
// StyleGAN2 FIR.
//
//   bench_filters [what ...]     T-256 T-1024 R-256 R-1024 fir; nothing: all
//
// GFLOP/s counts the arithmetic of the definition (2 flops per tap and input that is not an
// inserted zero; radial filters with all 144 taps), `ops` the vector arithmetic that the algorithm
// needs, as a share of the machine's FMA issue rate, which is measured first.
#include <immintrin.h>
#include <sys/mman.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "kernels/cpu/filtered_lrelu.hpp"
#include "kernels/cpu/upfirdn2d_fast.hpp"
#include "kernels/parallel.hpp"

using namespace sgan::kernels;

namespace {

// With one thread: its processor time, which other programs on the machine disturb less.
double seconds() {
  if (num_threads() == 1) {
    timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

template <class F>
double fastest(const F& f, int runs = 7) {
  double best = 1e30;
  for (int i = 0; i < runs; ++i) {
    const double t = seconds();
    f();
    best = std::min(best, seconds() - t);
  }
  return best;
}

// FMA issue rate of all cores, GFLOP/s.
__attribute__((target("avx512f"))) void fma_512(float* sink) {
  __m512 v[24];
  for (auto& x : v) x = _mm512_set1_ps(1.0f);
  const __m512 a = _mm512_set1_ps(0.999f), b = _mm512_set1_ps(0.001f);
  for (int i = 0; i < 2000000; ++i)
#pragma GCC unroll 24
    for (auto& x : v) x = _mm512_fmadd_ps(x, a, b);
  for (int i = 1; i < 24; ++i) v[0] = _mm512_add_ps(v[0], v[i]);
  _mm512_storeu_ps(sink, v[0]);
}

double peak() {
  if (!__builtin_cpu_supports("avx512f")) return 0;
  const double t = fastest(
      [] {
#pragma omp parallel
        {
          float sink[16];
          fma_512(sink);
          if (sink[0] == 12345) std::abort();
        }
      },
      5);
  return 2000000.0 * 24 * 32 * num_threads() / t * 1e-9;
}

struct Layer {
  int in, out, c, up;
  bool radial;
  int pad0, pad1;
};

struct Network {
  const char* name;
  std::vector<Layer> layers;
};

// in: side of the convolution's output.
std::vector<Network> networks() {
  const auto t2 = [](int s, int c) { return Layer{s + 2, s, c, 2, false, 9, 8}; };
  const auto t4 = [](int in, int out, int c) { return Layer{in + 2, out, c, 4, false, -6, -9}; };
  const auto r2 = [](int s, int c) { return Layer{s, s, c, 2, true, 11, 10}; };
  const auto r4 = [](int in, int out, int c) { return Layer{in, out, c, 4, true, -2, -5}; };
  return {
      {"T-256",
       {t2(36, 512),
        t2(36, 512),
        t2(36, 512),
        t4(36, 52, 512),
        t2(52, 512),
        t4(52, 84, 512),
        t2(84, 512),
        t4(84, 148, 512),
        t2(148, 512),
        t2(148, 362),
        t4(148, 276, 256),
        t2(276, 181),
        t2(276, 128),
        {278, 256, 128, 2, false, -11, -12}}},
      {"T-1024",
       {t2(36, 512),
        t2(36, 512),
        t4(36, 52, 512),
        t2(52, 512),
        t4(52, 84, 512),
        t4(84, 148, 512),
        t2(148, 512),
        t4(148, 276, 323),
        t2(276, 203),
        t4(276, 532, 128),
        t4(532, 1044, 81),
        t2(1044, 51),
        t2(1044, 32),
        {1046, 1024, 32, 2, false, -11, -12}}},
      {"R-256",
       {r2(36, 1024),
        r2(36, 1024),
        r2(36, 1024),
        r4(36, 52, 1024),
        r2(52, 1024),
        r4(52, 84, 1024),
        r2(84, 1024),
        r4(84, 148, 1024),
        r2(148, 1024),
        r2(148, 724),
        r4(148, 276, 512),
        r2(276, 362),
        {276, 276, 256, 2, false, 11, 10},
        {276, 256, 256, 2, false, -9, -10}}},
      {"R-1024",
       {r2(36, 1024),
        r2(36, 1024),
        r4(36, 52, 1024),
        r2(52, 1024),
        r4(52, 84, 1024),
        r4(84, 148, 1024),
        r2(148, 1024),
        r4(148, 276, 645),
        r2(276, 406),
        r4(276, 532, 256),
        r4(532, 1044, 161),
        r2(1044, 102),
        {1044, 1044, 64, 2, false, 11, 10},
        {1044, 1024, 64, 2, false, -9, -10}}},
  };
}

std::vector<float> low_pass(int taps, double cutoff) {
  std::vector<float> f(taps);
  double sum = 0;
  for (int i = 0; i < taps; ++i) {
    const double t = i - (taps - 1) / 2.0;
    f[i] = static_cast<float>(std::sin(M_PI * cutoff * t) / (M_PI * t) * std::exp(-t * t / taps));
    sum += f[i];
  }
  for (float& v : f) v = static_cast<float>(v / sum);
  return f;
}

// Kaiser-windowed jinc, cutoff and transition width as fractions of the sampling rate: StyleGAN3's
// design.
std::vector<float> radial_low_pass(int taps, double cutoff, double width) {
  const double attenuation = 2.285 * (taps - 1) * M_PI * 2 * width + 7.95;
  const double beta = attenuation > 50
                          ? 0.1102 * (attenuation - 8.7)
                          : 0.5842 * std::pow(attenuation - 21, 0.4) + 0.07886 * (attenuation - 21);
  const auto window = [&](int i) {
    const double t = (2.0 * i - (taps - 1)) / (taps - 1);
    return std::cyl_bessel_i(0.0, beta * std::sqrt(1 - t * t));
  };
  std::vector<double> f(taps * taps);
  double sum = 0;
  for (int i = 0; i < taps; ++i)
    for (int j = 0; j < taps; ++j) {
      const int y = std::min(i, taps - 1 - i), x = std::min(j, taps - 1 - j);
      const double r = std::hypot(y - (taps - 1) / 2.0, x - (taps - 1) / 2.0);
      f[i * taps + j] = std::cyl_bessel_j(1.0, 2 * M_PI * cutoff * r) / r * window(y) * window(x);
      sum += f[i * taps + j];
    }
  std::vector<float> out(f.size());
  for (size_t i = 0; i < f.size(); ++i) out[i] = static_cast<float>(f[i] / sum);
  return out;
}

// Memory as a serious engine allocates it: large pages where the system grants them.
class Buffer {
 public:
  explicit Buffer(size_t count) : size_(count) {
    const size_t bytes = (count * sizeof(float) + (1 << 21) - 1) >> 21 << 21;
    data_ = static_cast<float*>(std::aligned_alloc(1 << 21, bytes));
    if (!std::getenv("SMALL_PAGES")) madvise(data_, bytes, MADV_HUGEPAGE);
    std::memset(data_, 0, bytes);
  }
  ~Buffer() { std::free(data_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  float* data() { return data_; }
  const float* data() const { return data_; }
  float* begin() { return data_; }
  float* end() { return data_ + size_; }
  size_t size() const { return size_; }

 private:
  float* data_;
  size_t size_;
};

void run(const Network& net, double peak_gflops) {
  std::printf("%s\n%5s %5s %4s %3s %6s  %8s %9s %6s %6s %8s\n", net.name, "in", "out", "c", "up",
              "down", "ms", "GFLOP/s", "%peak", "ops%", "GB/s");
  double total_ms = 0, total_flop = 0, total_ops = 0;
  for (const Layer& l : net.layers) {
    Buffer x(static_cast<size_t>(l.in) * l.in * l.c), y(static_cast<size_t>(l.out) * l.out * l.c);
    std::minstd_rand rng(1);
    for (float& v : x) v = static_cast<float>(rng() % 2048) / 1024.0f - 1;
    const std::vector<float> scale(l.c, 1.1f), bias(l.c, 0.1f);
    const auto fu = low_pass(6 * l.up, 1.0 / l.up);
    const auto fd = l.radial ? radial_low_pass(12, 0.0992, 0.3016) : low_pass(12, 0.5);
    FilteredLrelu p;
    p.n = 1, p.h = l.in, p.w = l.in, p.c = l.c;
    p.x = x.data(), p.y = y.data(), p.scale = scale.data(), p.bias = bias.data();
    p.up = l.up, p.down = 2;
    p.fu = {fu.data(), 6 * l.up, 1, true};
    p.fd = {fd.data(), 12, l.radial ? 12 : 1, !l.radial};
    p.pad[0] = p.pad[2] = l.pad0, p.pad[1] = p.pad[3] = l.pad1;
    p.gain = std::sqrt(2.0f), p.slope = 0.2f, p.clamp = 256;
    if (filtered_lrelu_out_h(p) != l.out || filtered_lrelu_out_w(p) != l.out) {
      std::printf("shape of the layer is wrong: %d\n", static_cast<int>(filtered_lrelu_out_h(p)));
      std::exit(1);
    }
    filtered_lrelu(p);
    const double t = fastest([&] { filtered_lrelu(p); });
    const double outputs = static_cast<double>(l.out) * l.out * l.c;
    const double up_x = l.up == 2 ? 12 : 6;
    const double flop = 2 * outputs * (up_x + 24 + (l.radial ? 144 : 36));
    // rank 3 for radial, rank 1 for separable filters
    const double ops = outputs * (up_x + 24 + 16 + (l.radial ? 12 + 18 + 36 : 12 + 10 + 12));
    total_ms += t * 1e3, total_flop += flop, total_ops += ops;
    std::printf("%5d %5d %4d %3d %6s  %8.2f %9.0f %6.0f %6.0f %8.1f\n", l.in, l.out, l.c, l.up,
                l.radial ? "radial" : "sep", t * 1e3, flop / t * 1e-9,
                flop / t * 1e-7 / peak_gflops, 2 * ops / t * 1e-7 / peak_gflops,
                4.0 * (x.size() + y.size()) / t * 1e-9);
  }
  std::printf("total %.1f GFLOP in %.1f ms: %.0f GFLOP/s, %.0f %% of peak, issue slots %.0f %%\n\n",
              total_flop * 1e-9, total_ms, total_flop / total_ms * 1e-6,
              total_flop / total_ms * 1e-4 / peak_gflops,
              2 * total_ops / total_ms * 1e-4 / peak_gflops);
}

// Copies by all cores: what a memory-bound kernel could reach.
double copy_seconds(const Buffer& from, Buffer& to) {
  return fastest([&] {
    parallel_ranges(static_cast<int64_t>(to.size()), 4096, [&](int64_t begin, int64_t end) {
      std::memcpy(to.data() + begin, from.data() + begin, sizeof(float) * (end - begin));
    });
  });
}

void run_fir() {
  std::printf("FIR of StyleGAN2, [1,3,3,1] x [1,3,3,1]\n%-34s %8s %8s %10s\n", "", "ms", "GB/s",
              "% of copy");
  struct Case {
    const char* name;
    int64_t in, out, c;
    int up, down;
    bool epilogue, accumulate;
  };
  const Case cases[] = {{"after transposed convolution", 1025, 1024, 32, 1, 1, true, false},
                        {"after transposed convolution", 513, 512, 64, 1, 1, true, false},
                        {"after transposed convolution", 257, 256, 128, 1, 1, true, false},
                        {"after transposed convolution", 65, 64, 512, 1, 1, true, false},
                        {"upsample and add image", 512, 1024, 3, 2, 1, false, true},
                        {"upsample image", 512, 1024, 3, 2, 1, false, false},
                        {"upsample features", 128, 256, 128, 2, 1, false, false},
                        {"blur before strided convolution", 1024, 1025, 32, 1, 1, false, false},
                        {"downsample features", 1024, 512, 32, 1, 2, false, false},
                        {"downsample image", 1024, 512, 3, 1, 2, false, false}};
  std::vector<float> f;
  for (float a : {1, 3, 3, 1})
    for (float b : {1, 3, 3, 1}) f.push_back(a * b / 64);
  for (const Case& t : cases) {
    Buffer x(static_cast<size_t>(t.in * t.in * t.c)), y(static_cast<size_t>(t.out * t.out * t.c));
    Buffer noise(static_cast<size_t>(t.out * t.out));
    for (size_t i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i % 2048) / 1024 - 1;
    const std::vector<float> scale(t.c, 1.1f), bias(t.c, 0.1f);
    UpfirdnFast p;
    p.h = p.w = t.in, p.ho = p.wo = t.out, p.c = t.c;
    p.x = x.data(), p.y = y.data(), p.f = f.data(), p.fh = p.fw = 4;
    p.up = t.up, p.down = t.down, p.accumulate = t.accumulate;
    p.pad_x0 = p.pad_y0 = t.up == 2 || t.out > t.in ? 2 : 1;
    if (t.epilogue) {
      p.out_scale = scale.data(), p.bias = bias.data(), p.noise = noise.data();
      p.act = Act::lrelu, p.gain = std::sqrt(2.0f), p.clamp = 256;
    }
    const double seconds = fastest([&] { upfirdn2d_fast(p); }, 11);
    // Traffic in floats; a copy of as many bytes in all.
    const double floats = static_cast<double>(x.size()) + y.size() * (t.accumulate ? 2.0 : 1.0);
    Buffer from(static_cast<size_t>(floats / 2)), to(static_cast<size_t>(floats / 2));
    const double copy = copy_seconds(from, to);
    char name[64];
    std::snprintf(name, sizeof name, "%s %dx%d", t.name, static_cast<int>(t.out),
                  static_cast<int>(t.c));
    std::printf("%-42s %8.2f %8.1f %8.0f\n", name, seconds * 1e3, 4e-9 * floats / seconds,
                100 * copy / seconds);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const double peak_gflops = peak();
  std::printf("%d threads, FMA peak %.0f GFLOP/s\n\n", num_threads(), peak_gflops);
  const auto wanted = [&](const char* name) {
    return argc == 1 || std::any_of(argv + 1, argv + argc,
                                    [&](const char* a) { return std::strcmp(a, name) == 0; });
  };
  for (const Network& net : networks())
    if (wanted(net.name)) run(net, peak_gflops);
  if (wanted("fir")) run_fir();
}
