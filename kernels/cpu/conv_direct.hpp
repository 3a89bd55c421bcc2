// Float32 convolution of channels-last images on vector units: any kernel size, stride and padding,
// forward and transposed. Products of a table of pointers to pixels with packed weights, so nothing
// is copied (M. Dukhan, "The Indirect Convolution Algorithm", 2019). For what winograd.hpp does not
// take. Run-time dispatch, threads by kernels/parallel.hpp; the same bits for every number of
// threads.
#pragma once

#include "kernels/cpu/conv_amx.hpp"

namespace sgan::kernels {

// False for kernels of more than kConvMaxTaps positions and strides above 4.
bool conv_direct_supports(const ConvShape& s);

// Packed weights depend on the kernel, stride, padding, channels, and the vector unit in use.
size_t conv_direct_weight_floats(const ConvShape& s, bool transposed);
void conv_direct_pack_weights(const ConvShape& s, bool transposed, const ConvWeights& w,
                              float* packed);

// As conv_amx: y = epilogue(conv(x * in_scale)); scratch aligned to 64 bytes, of this size.
size_t conv_direct_scratch_floats(const ConvShape& s, bool transposed, bool scaled);
void conv_direct(const ConvShape& s, bool transposed, const float* x, const float* in_scale,
                 const float* packed, float* y, const ConvEpilogue& epilogue, float* scratch);

// dweight [out_c, kh, kw, in_c] of the forward convolution `s` of x, from dy [n, out_h, out_w,
// out_c].
size_t conv_direct_gradient_scratch_floats(const ConvShape& s);
void conv_direct_weight_gradient(const ConvShape& s, const float* x, const float* dy,
                                 float* dweight, float* scratch);

}  // namespace sgan::kernels
