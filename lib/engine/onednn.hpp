// The oneDNN side of the engine: float32 on the CPU.
#pragma once

#include "lib/engine/engine.hpp"

namespace sgan::engine::onednn {

// Whether oneDNN takes this geometry (it knows no negative padding).
bool supports(const ConvGeometry& g);
void forward(const ConvGeometry& g, const float* x, const float* weight, float* y);
void data_gradient(const ConvGeometry& g, const float* dy, const float* weight, float* dx);
void weight_gradient(const ConvGeometry& g, const float* x, const float* dy, float* dweight);
void matmul(int64_t m, int64_t n, int64_t k, const float* a, bool transpose_a, const float* b,
            bool transpose_b, float* y);

}  // namespace sgan::engine::onednn
