// 1x1 convolution to at most four output channels (toRGB layers), float32, channels last. Bound by
// reading x once, so it runs at memory speed on any x86-64 (AVX-512, AVX2 or SSE chosen at run
// time).
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cpu/conv_amx.hpp"

namespace sgan::kernels {

// x [n, pixels, in_c], weight [out_c, in_c], in_scale [n, in_c] or null, y [n, pixels, out_c].
// 1 <= out_c <= 4. The epilogue's noise, if any, is [pixels]; its activation one that
// conv_amx_fuses.
struct Conv1x1Small {
  int64_t n = 1, pixels = 1, in_c = 1;
  int out_c = 3;
};

size_t conv1x1_small_scratch_bytes(const Conv1x1Small& shape);
void conv1x1_small(const Conv1x1Small& shape, const float* x, const float* in_scale,
                   const float* weight, float* y, const ConvEpilogue& epilogue, void* scratch);

}  // namespace sgan::kernels
