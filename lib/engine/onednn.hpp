// The oneDNN side of the engine: float32 on the CPU.
#pragma once

#include "kernels/activation.hpp"
#include "lib/engine/engine.hpp"

namespace sgan::engine::onednn {

// Whether oneDNN takes this geometry (it knows no negative padding).
bool supports(const ConvGeometry& g);
void forward(const ConvGeometry& g, const float* x, const float* weight, float* y);
// For inference: y = act(conv(x) + bias), bias may be undefined; act is linear, relu, or lrelu with
// slope alpha. The weight as oneDNN likes it and what it compiled for the geometry are kept.
void inference(const ConvGeometry& g, const float* x, const rt::Tensor& weight,
               const rt::Tensor& bias, kernels::Act act, float alpha, float* y);
void data_gradient(const ConvGeometry& g, const float* dy, const float* weight, float* dx);
void weight_gradient(const ConvGeometry& g, const float* x, const float* dy, float* dweight);
void matmul(int64_t m, int64_t n, int64_t k, const float* a, bool transpose_a, const float* b,
            bool transpose_b, float* y);

}  // namespace sgan::engine::onednn
