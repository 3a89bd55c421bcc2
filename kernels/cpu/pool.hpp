// Pooling of float32 pictures on vector units; the plain versions are MaxPool and AveragePool in
// pool.inl, whose bits these give.
#pragma once

#include "kernels/pool.inl"

namespace sgan::kernels {

void max_pool_fast(const PoolGeometry& g, const float* x, float* y);
void average_pool_fast(const PoolGeometry& g, const float* x, float* y);

}  // namespace sgan::kernels
