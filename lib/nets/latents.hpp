// Latents z, and the transform of StyleGAN3's input as users give it.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "lib/rt/tensor.hpp"

namespace sgan::nets {

// One row a seed, [seeds, dim]: numpy's RandomState(seed).randn(dim), rounded to float32, as in the
// official tools.
rt::Tensor numpy_latents(std::span<const uint32_t> seeds, int64_t dim);

// Rows first, first + 1, ... of an endless table of Philox normals, [count, dim].
rt::Tensor philox_latents(uint64_t seed, uint64_t first, int64_t count, int64_t dim);

// Row 0 of the table of each seed.
rt::Tensor philox_latents(std::span<const uint32_t> seeds, int64_t dim);

// For SynthesisOptions::transform: the inverse of the movement of the picture's contents by (x, y),
// in picture widths, after a turn by `degrees`, row-major 3 x 3.
std::array<double, 9> input_transform(double x, double y, double degrees);

}  // namespace sgan::nets
