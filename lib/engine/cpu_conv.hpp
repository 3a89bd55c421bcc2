// Our own float32 convolutions on the CPU, for the shapes where they are faster than oneDNN's.
// Each returns false, and does nothing, where they are not.
#pragma once

#include "lib/engine/engine.hpp"

namespace sgan::engine::cpu {

bool forward(const ConvGeometry& g, const float* x, const float* weight, float* y);
bool data_gradient(const ConvGeometry& g, const float* dy, const float* weight, float* dx);
bool weight_gradient(const ConvGeometry& g, const float* x, const float* dy, float* dweight);

}  // namespace sgan::engine::cpu
