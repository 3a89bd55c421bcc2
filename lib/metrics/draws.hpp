// Uniform random numbers of a measurement's samples, by the number of the sample.
#pragma once

#include <cstdint>

namespace sgan::metrics {

// [0, 1), 53 bits: number `index` of the sequence (seed, stream).
double uniform_draw(uint64_t seed, uint32_t stream, uint64_t index);

}  // namespace sgan::metrics
