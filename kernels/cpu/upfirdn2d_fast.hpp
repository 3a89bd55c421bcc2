// Resampling by a short separable FIR, channels last, with the epilogue of StyleGAN2's layers fused
// (1912.04958, appendix B; 1812.04948, section 2): the blur after a transposed convolution, the up-
// and downsampling of images and features. Memory-bound by design: every input is read and every
// output written once.
#pragma once

#include <cstdint>

#include "kernels/activation.hpp"

namespace sgan::kernels {

// x has up - 1 zeros inserted after every pixel, is padded by pad0 before and by what ho, wo ask
// for after (negative crops), correlated with f (the caller flips for a convolution), and every
// down-th pixel kept:
//   r = sum f x;  r *= out_scale[n,c];  r += noise[y,x] * noise_strength;  r += bias[c];
//   r = clamp(act(r) * gain);  y = r, or y += r if accumulate.
struct UpfirdnFast {
  int64_t n = 1, h = 1, w = 1, c = 1;  // x [n, h, w, c]
  int64_t ho = 1, wo = 1;              // y [n, ho, wo, c], not overlapping x
  const float* x = nullptr;
  float* y = nullptr;
  const float* f = nullptr;  // [fh, fw]
  int fh = 1, fw = 1;        // 1..8
  int up = 1, down = 1;      // 1 or 2, not both 2
  int64_t pad_x0 = 0, pad_y0 = 0;

  const float* out_scale = nullptr;  // [n, c] or null
  const float* bias = nullptr;       // [c] or null
  const float* noise = nullptr;  // [ho, wo] or null; sample i at noise + i * noise_sample_stride
  int64_t noise_sample_stride = 0;
  float noise_strength = 1;
  Act act = Act::linear;  // linear, relu or lrelu
  float alpha = 0.2f;     // slope of lrelu below zero
  float gain = 1;
  float clamp = -1;  // limits to [-clamp, clamp] if >= 0
  bool accumulate = false;
};

// False if f is not the outer product of two vectors (to 1e-6 of its largest tap), or sizes or the
// activation are beyond the limits above.
bool upfirdn2d_fast_supported(const UpfirdnFast& p);

// Precondition: upfirdn2d_fast_supported(p). Runs on all cores, uses thread_scratch().
void upfirdn2d_fast(const UpfirdnFast& p);

}  // namespace sgan::kernels
