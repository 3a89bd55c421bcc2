// Real pictures as a discriminator that grows sees them (1710.10196, figure 2): at the level of
// detail of the moment, in the size of the full resolution.
#pragma once

#include <cstdint>
#include <span>

#include "lib/ag/var.hpp"

namespace sgan::train {

// Range of the numbers in files and in networks.
struct DynamicRange {
  double data_low = 0, data_high = 255, net_low = -1, net_high = 1;
};

// Pictures [N, r, r, C] of bytes, r = full_resolution / 2^floor(lod) -> [N, R, R, C] of `type` on
// `device`. The pictures n with mirrored[n] != 0 are turned left to right; an empty span mirrors
// none.
ag::Var process_reals(const rt::Tensor& pictures, std::span<const uint8_t> mirrored, double lod,
                      int full_resolution, rt::DType type = rt::DType::f32,
                      rt::Device device = rt::cpu, const DynamicRange& range = {});

// Means over squares of 2^levels pixels, halving step by step with each step rounded to the nearest
// byte (halves up), as the data sets of several resolutions were made. [N, H, W, C] bytes on the
// CPU; throws Error when the size does not divide.
rt::Tensor reduce_pictures(const rt::Tensor& pictures, int levels);

}  // namespace sgan::train
