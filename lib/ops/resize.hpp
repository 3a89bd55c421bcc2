// Bilinear resizing of pictures [N, H, W, C]: the adjoint of each axis is an op too.
#pragma once

#include "lib/ag/var.hpp"

namespace sgan::ops {

using ag::Var;
using ag::Vars;

// Which place of the picture output i of an axis shows.
enum class ResizeGrid {
  // i * float32(in / out): the corners of first pixels coincide, as in TensorFlow 1. Exact in
  // float32 to the last bit, in which the product is taken then.
  corner,
  half_pixel,  // (i + 1/2) * in / out - 1/2, within the picture: the centres of pixels count
};

// Between the two nearest pixels of each axis, without any low-pass filter where pictures shrink.
// First along x, then along y.
Var resize_bilinear(const Var& x, int64_t height, int64_t width, ResizeGrid grid);

}  // namespace sgan::ops
