// Small arrays of numbers that never change, such as filter taps, once on each device.
#pragma once

#include <vector>

#include "lib/rt/tensor.hpp"

namespace sgan::rt {

// The values in a tensor that is shared by all who ask for the same: not to be written to. The
// first call uploads it, so that a pass that is repeated does not wait for the host.
Tensor constant(const std::vector<double>& values, const Shape& shape, DType type, Device device);

}  // namespace sgan::rt
