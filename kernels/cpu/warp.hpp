// The adjoint of the affine look-up as a scatter: a pixel of the result visits the four that it
// read, where the plain version (warp.inl) searches for its readers. One thread a picture, so sums
// have one order.
#pragma once

#include "kernels/warp.inl"

namespace sgan::kernels {

// y [n, h, w, c] from x [n, ho, wo, c]. T: float or double.
template <class T>
void affine_scatter(const AffineMap& map, int64_t n, const T* x, T* y);

}  // namespace sgan::kernels
