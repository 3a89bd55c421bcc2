// Winograd's F(4x4, 3x3) for float32 3x3 convolutions with stride 1 of channels-last images: 36
// products in place of 144 for every 4x4 outputs, as 36 matrix products of transformed tiles.
//
// The interpolation points are 0, +-sqrt(1/2), +-sqrt(2) and infinity: symmetric and mutually
// reciprocal, which keeps the transforms' coefficients, and with them the rounding, small; relative
// error in norm about 1e-6. Lavin, Gray, "Fast Algorithms for Convolutional Neural Networks" (CVPR
// 2016). Vector units by run-time dispatch, threads by kernels/parallel.hpp; the same bits on every
// run and for every number of threads, except for weight gradients, which depend on that number.
#pragma once

#include "kernels/cpu/conv_amx.hpp"

namespace sgan::kernels {

// 3x3, stride 1; any padding and output size.
bool winograd_supports(const ConvShape& s);

// Transformed weights depend on the channels and on the vector unit in use only.
size_t winograd_weight_floats(const ConvShape& s);
void winograd_pack_weights(const ConvShape& s, const ConvWeights& w, float* packed);

// As conv_amx: y = epilogue(conv(x * in_scale)); scratch aligned to 64 bytes.
size_t winograd_scratch_floats(const ConvShape& s);
void winograd(const ConvShape& s, const float* x, const float* in_scale, const float* packed,
              float* y, const ConvEpilogue& epilogue, float* scratch);

// dweight [out_c, 3, 3, in_c] of the convolution `s` of x [n, in_h, in_w, in_c], from dy [n, out_h,
// out_w, out_c].
size_t winograd_gradient_scratch_floats(const ConvShape& s);
void winograd_weight_gradient(const ConvShape& s, const float* x, const float* dy, float* dweight,
                              float* scratch);

}  // namespace sgan::kernels
