// Uniform random numbers of a measurement's samples, by the number of the sample.
#pragma once

#include <cstdint>

namespace sgan::metrics {

// What numbers are drawn for: each use has a sequence of its own.
inline constexpr uint32_t kLabelDraws = 1, kPathDraws = 2;

// [0, 1), 53 bits: number `index` of the sequence (seed, stream).
double uniform_draw(uint64_t seed, uint32_t stream, uint64_t index);

}  // namespace sgan::metrics
