// StyleGAN3's filtered nonlinearity (Karras et al. 2021, section 3 and appendix D), channels last,
// fused: the oversampled signal lives in registers and L1/L2 tiles only.
//
//   v = x * scale[n,c] + bias[c]; put `up`-1 zeros after every sample; pad (or crop) with zeros;
//   FIR fu with gain up^2; leaky ReLU(slope) * gain; clamp to +-clamp; FIR fd; keep every
//   `down`-th.
#pragma once

#include <cstdint>

namespace sgan::kernels {

// FIR filter. Separable: `width` taps, used in both directions (height is ignored). Otherwise
// height x width taps, row-major. No taps: the identity.
struct Fir {
  const float* taps = nullptr;
  int width = 1;
  int height = 1;
  bool separable = true;
};

struct FilteredLrelu {
  int64_t n = 0, h = 0, w = 0, c = 0;  // input [n, h, w, c]
  const float* x = nullptr;
  const float* scale = nullptr;  // [n, c] or null: multiplies x before the bias
  const float* bias = nullptr;   // [c] or null
  float* y = nullptr;            // output [n, out_h, out_w, c], not overlapping x
  Fir fu, fd;
  int up = 1, down = 1;       // 1..4
  int pad[4] = {0, 0, 0, 0};  // x0, x1, y0, y1 in upsampled samples; negative crops
  float gain = 1, slope = 1;
  float clamp = -1;   // < 0: none
  bool flip = false;  // false: true convolution (taps flipped), true: correlation
};

// (in * up + pad0 + pad1 - (taps_up - 1) - (taps_down - 1) + down - 1) / down, or 0 where that is
// < 1.
int64_t filtered_lrelu_out_h(const FilteredLrelu& p);
int64_t filtered_lrelu_out_w(const FilteredLrelu& p);

// Which of the code paths serves `p`: for benchmarks and tests.
enum class FilteredLreluPath { pointwise, fast, general };
FilteredLreluPath filtered_lrelu_path(const FilteredLrelu& p);

// True where filtered_lrelu() serves `p`: up, down in 1..4, at most 32 taps in each direction.
bool filtered_lrelu_supported(const FilteredLrelu& p);

// Runs on all cores. Precondition: filtered_lrelu_supported(p). Uses thread_scratch(). NaN stays
// NaN. The fast path (up 2 or 4 with at most 6*up symmetric taps, down 2 with at most 12 symmetric
// taps or a mirror-symmetric 12x12 filter, gain > 0, 0 <= slope <= 1) may replace a 2-D down filter
// by a factorised one whose taps differ by at most 1e-6 of the filter's absolute sum.
void filtered_lrelu(const FilteredLrelu& p);

}  // namespace sgan::kernels
