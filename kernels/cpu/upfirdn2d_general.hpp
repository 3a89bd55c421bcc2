// Resampling by any FIR, channels last: the long and the radial filters of StyleGAN3 (2106.12423,
// section 3.2 and appendix B) and their gradients. Bound by the loads of the inputs: one a
// multiplication, from the first caches.
#pragma once

#include "kernels/upfirdn2d.inl"

namespace sgan::kernels {

// What kernels::Upfirdn computes, on all cores. x [n, h, w, c], f [fh, fw], y [n, ho, wo, c], which
// overlaps neither.
void upfirdn2d_general(const UpfirdnGeometry& g, const float* x, const float* f, float* y);

}  // namespace sgan::kernels
