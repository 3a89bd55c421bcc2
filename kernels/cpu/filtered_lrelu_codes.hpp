// The filtered nonlinearity for training: like filtered_lrelu.hpp, but what the nonlinearity did to
// each oversampled sample is written down in two bits, and a second form reads these instead of
// deciding, so that gradients of any order run in one pass (the idea of StyleGAN3, 2106.12423,
// appendix D).
#pragma once

#include <cstddef>
#include <cstdint>

namespace sgan::kernels {

// One axis: input `in` samples; sample i of the oversampled signal, 0 <= i < fine, is
// sum_k fu[k] z[i + k - pad] with z the input after inserting up - 1 zeros; output o is
// sum_k fd[k] s[first + o * down + k], where samples outside of [0, fine) are zero.
struct CodedAxis {
  int64_t in, fine, out, pad, first;
};

struct FilteredLreluCodes {
  int64_t n, c;
  CodedAxis y, x;
  const float* from;            // [n, y.in, x.in, c]
  const float* bias = nullptr;  // [c] or null, added to the input
  float* to;                    // [n, y.out, x.out, c]
  // Both separable and in correlation order, with all gains; at most 32 taps.
  const float *fu, *fd;
  int fu_taps, fd_taps, up, down;
  // s * high where s > 0, else s * low; limited to +-clamp (< 0: none). Where codes are read: zero
  // where it was limited.
  float high, low, clamp;
  uint8_t* codes;  // filtered_lrelu_codes_bytes()
  bool read;
};

size_t filtered_lrelu_codes_bytes(int64_t n, int64_t c, int64_t fine_h, int64_t fine_w);

// Runs on all cores. Uses thread_scratch().
void filtered_lrelu_codes(const FilteredLreluCodes& p);

}  // namespace sgan::kernels
