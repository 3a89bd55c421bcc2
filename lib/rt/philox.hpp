// Standard normal numbers by Philox4x32-10 and Box-Muller: the same on every device, and element i
// depends on (seed, stream, i) alone, whatever the batch or the number of threads.
#pragma once

#include <cstdint>

#include "lib/rt/tensor.hpp"

namespace sgan::rt {

// Fills `out` (float32) with elements first, first + 1, ... of the sequence (seed, stream).
void fill_normal(const Tensor& out, uint64_t seed, uint64_t stream, uint64_t first = 0);

}  // namespace sgan::rt
