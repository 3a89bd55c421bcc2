// Convolution and matrix product behind one interface. CPU float32: oneDNN; CUDA float32, float16
// and bfloat16: cuDNN and cuBLAS (lib/engine/precision.hpp); everything else: the plain kernels.
#pragma once

#include "kernels/conv.inl"
#include "lib/rt/tensor.hpp"

namespace sgan::engine {

using kernels::ConvGeometry;

// Geometry of a convolution of x [n, h, w, ci] with weight [co, kh, kw, ci / groups], zero padding
// before (pad_y, pad_x) and after (end_y, end_x) each axis; throws Error when they do not fit.
ConvGeometry conv_geometry(const rt::Shape& x, const rt::Shape& weight, int stride_y, int stride_x,
                           int64_t pad_y, int64_t end_y, int64_t pad_x, int64_t end_x, int groups);

// y [n, ho, wo, co] = correlation of x and weight.
void conv_forward(const ConvGeometry& g, const rt::Tensor& x, const rt::Tensor& weight,
                  rt::Tensor& y);
// dx [n, h, w, ci]: adjoint of the above in x.
void conv_data_gradient(const ConvGeometry& g, const rt::Tensor& dy, const rt::Tensor& weight,
                        rt::Tensor& dx);
// dweight [co, kh, kw, ci / groups]: adjoint in the weight.
void conv_weight_gradient(const ConvGeometry& g, const rt::Tensor& x, const rt::Tensor& dy,
                          rt::Tensor& dweight);

// y [m, n] = op(a) op(b); op transposes where asked.
void matmul(const rt::Tensor& a, bool transpose_a, const rt::Tensor& b, bool transpose_b,
            rt::Tensor& y);

}  // namespace sgan::engine
