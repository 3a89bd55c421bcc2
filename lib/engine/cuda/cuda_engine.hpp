// The CUDA side of the engine: cuDNN and cuBLAS for float32, float16 and bfloat16.
#pragma once

#include "lib/engine/engine.hpp"

namespace sgan::engine::cuda {

// Opens the library; otherwise done at first use. Throws Error when it is not installed.
void load_cudnn();
void load_cublas();

// Whether this side takes tensors like t.
bool supports(const rt::Tensor& t);

// As in engine.hpp. False, with nothing done, where cuDNN knows no algorithm for the geometry.
bool forward(const ConvGeometry& g, const rt::Tensor& x, const rt::Tensor& weight, rt::Tensor& y);
bool data_gradient(const ConvGeometry& g, const rt::Tensor& dy, const rt::Tensor& weight,
                   rt::Tensor& dx);
bool weight_gradient(const ConvGeometry& g, const rt::Tensor& x, const rt::Tensor& dy,
                     rt::Tensor& dweight);

// False where the sizes are beyond cuBLAS's integers.
bool matmul(const rt::Tensor& a, bool transpose_a, const rt::Tensor& b, bool transpose_b,
            rt::Tensor& y);

}  // namespace sgan::engine::cuda
