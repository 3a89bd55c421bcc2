// StyleGAN3's filtered nonlinearity (2106.12423, section 3.2, figure 4b): bias, upsample, leaky
// ReLU, downsample.
#pragma once

#include "lib/ops/upfirdn2d.hpp"

namespace sgan::ops {

struct FilteredLreluOptions {
  int up = 1, down = 1;
  Padding padding;  // in the upsampled signal, before the filter
  double gain = 1.4142135623730951, slope = 0.2;
  double clamp = -1;  // < 0: none
  bool flip_filter = false;
};

// x [N, H, W, C], b [C] or undefined. Each axis becomes
// (in * up + p0 + p1 - (up taps - 1) - (down taps - 1) + down - 1) / down. Undefined filters: one
// tap.
Var filtered_lrelu(const Var& x, const Var& b, const Filter& up_filter, const Filter& down_filter,
                   const FilteredLreluOptions& options);

}  // namespace sgan::ops
