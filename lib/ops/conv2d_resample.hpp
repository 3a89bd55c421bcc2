// Convolution with up- or downsampling through a FIR filter (StyleGAN2, 1912.04958, appendix B).
#pragma once

#include "lib/ops/linear.hpp"
#include "lib/ops/upfirdn2d.hpp"

namespace sgan::ops {

struct ResampleOptions {
  int up = 1, down = 1;
  Padding padding;          // in the upsampled picture; the filter's own padding is added to it
  bool flip_weight = true;  // true: correlation; false: convolution
  bool flip_filter = false;
  int groups = 1;
};

// x [N, H, W, Ci], weight [Co, kh, kw, Ci / groups]: pads, upsamples with gain up^2, convolves,
// downsamples. The order of the steps is chosen for speed; the result is the same.
Var conv2d_resample(const Var& x, const Var& weight, const Filter& filter,
                    const ResampleOptions& options);

}  // namespace sgan::ops
