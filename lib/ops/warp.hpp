// Mirrored borders and affine maps of pictures [N, H, W, C]: what augmentation (2006.06676,
// appendix B) does to geometry. Each op and its adjoint are a closed family.
#pragma once

#include "lib/ops/arithmetic.hpp"
#include "lib/ops/upfirdn2d.hpp"

namespace sgan::ops {

// Continues pictures beyond their borders, mirrored about the first and last pixel as often as
// needed. Amounts >= 0.
Var mirror_pad(const Var& x, const Padding& padding);

// Size of an affine map's result and where the source's pixel (0, 0) lies in x.
struct AffineWindow {
  int64_t height = 0, width = 0;
  int64_t y0 = 0, x0 = 0;
};

// result[n, v, u] = x at (m[n] (u, v, 1) + (x0, y0)), bilinear, zero outside x. m [N, 2, 3] in
// double, its rows for x and y: finite, invertible, and constant (no gradient).
Var affine_sample(const Var& x, const rt::Tensor& m, const AffineWindow& window);

}  // namespace sgan::ops
