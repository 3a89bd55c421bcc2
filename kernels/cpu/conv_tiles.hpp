// Private to the float32 convolutions on vector units (conv_direct*, winograd*).
#pragma once

#include <omp.h>

#include <atomic>
#include <cstdint>
#include <limits>

#include "kernels/cpu/conv_amx.hpp"
#include "kernels/parallel.hpp"

namespace sgan::kernels::convtiles {

inline constexpr int64_t kTileRows = 6;

inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
inline int64_t round_up(int64_t a, int64_t b) { return ceil_div(a, b) * b; }

// Row pitch for `floats` floats: whole panels, and an odd number of cache lines, so that equal
// columns of consecutive rows do not fall into the same set of the first-level cache.
inline int64_t odd_pitch(int64_t floats, int64_t panel) {
  const int64_t whole = round_up(floats, panel < 16 ? 16 : panel);
  return whole / 16 % 2 ? whole : whole + 16;
}

// An epilogue made ready.
struct Finish {
  ConvEpilogue e;
  int64_t channels = 0;
  float slope = 1, clamp = 0;
  bool plain = true;  // nothing to do

  Finish() = default;
  Finish(const ConvEpilogue& from, int64_t out_c) : e(from), channels(out_c) {
    slope = e.act == Act::relu ? 0 : e.act == Act::lrelu ? e.alpha : 1;
    clamp = e.clamp >= 0 ? e.clamp : std::numeric_limits<float>::infinity();
    plain = !e.out_scale && !e.bias && !e.noise && slope == 1 && e.gain == 1 && e.clamp < 0 &&
            !e.accumulate;
  }
  float noise(int64_t sample, int64_t pixel) const {
    return e.noise ? e.noise[sample * e.noise_sample_stride + pixel] * e.noise_strength : 0;
  }
};

// body(i, worker) for i in [0, n), handed out one at a time; worker < num_threads() names the
// working memory. What body writes for i must not depend on the worker.
template <class Body>
void share(int64_t n, const Body& body) {
  const int threads = static_cast<int>(std::min<int64_t>(n, num_threads()));
  if (threads <= 1) {
    for (int64_t i = 0; i < n; ++i) body(i, 0);
    return;
  }
  std::atomic<int64_t> next{0};
#pragma omp parallel num_threads(threads)
  for (int64_t i = next++; i < n; i = next++) body(i, omp_get_thread_num());
}

}  // namespace sgan::kernels::convtiles
