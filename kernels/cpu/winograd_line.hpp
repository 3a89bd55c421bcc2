// Winograd's method along one axis for float32 convolutions with a row or a column of weights
// (1x3, 3x1, 1x7, 7x1) and stride 1 of channels-last images: F(4, 3) takes 6 products in place of
// 12, F(6, 7) 12 in place of 42 for as many outputs.
//
// Interpolation points are 0, pairs of opposite signs and infinity, chosen for small rounding:
// relative error in norm about 5e-7 for 3 weights, 5e-6 for 7 (direct convolution: 5e-7). Vector
// units by run-time dispatch, threads by kernels/parallel.hpp; the same bits on every run and for
// every number of threads.
#pragma once

#include "kernels/cpu/conv_amx.hpp"

namespace sgan::kernels {

// Any padding and output size.
bool winograd_line_supports(const ConvShape& s);
// Whether it takes less time than direct convolution.
bool winograd_line_pays(const ConvShape& s);

// Transformed weights depend on the kernel, the channels and the vector unit in use only.
size_t winograd_line_weight_floats(const ConvShape& s);
void winograd_line_pack_weights(const ConvShape& s, const ConvWeights& w, float* packed);

// As conv_amx: y = epilogue(conv(x)); scratch aligned to 64 bytes.
size_t winograd_line_scratch_floats(const ConvShape& s);
void winograd_line(const ConvShape& s, const float* x, const float* packed, float* y,
                   const ConvEpilogue& epilogue, float* scratch);

}  // namespace sgan::kernels
