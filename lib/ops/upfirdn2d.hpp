// Pad, upsample, FIR filter, downsample (StyleGAN2, 1912.04958, appendix B). Its adjoint is itself
// with up and down exchanged and the filter flipped.
#pragma once

#include "lib/ops/arithmetic.hpp"
#include "lib/ops/filters.hpp"

namespace sgan::ops {

// Zeros added before and after, in the upsampled picture; negative amounts crop.
struct Padding {
  int64_t x0 = 0, x1 = 0, y0 = 0, y1 = 0;
  static Padding all(int64_t p) { return {p, p, p, p}; }
};

struct UpfirdnOptions {
  int up_x = 1, up_y = 1, down_x = 1, down_y = 1;
  Padding padding;
  bool flip = false;  // true: correlation; false: convolution
  double gain = 1;
};

// x [N, H, W, C]; each axis becomes floor((in * up + p0 + p1 - taps) / down) + 1. Undefined filter:
// the single tap 1.
Var upfirdn2d(const Var& x, const Filter& filter, const UpfirdnOptions& options);

// Padding chosen so that the picture keeps its place; `padding` is added to that.
Var filter2d(const Var& x, const Filter& filter, const UpfirdnOptions& options = {});
Var upsample2d(const Var& x, const Filter& filter, int up, const UpfirdnOptions& options = {});
Var downsample2d(const Var& x, const Filter& filter, int down, const UpfirdnOptions& options = {});
// The general forms behind the three: options.up_*, options.down_* as given.
Padding upsample_padding(const Filter& filter, int up_x, int up_y, const Padding& extra);
Padding downsample_padding(const Filter& filter, int down_x, int down_y, const Padding& extra);

}  // namespace sgan::ops
