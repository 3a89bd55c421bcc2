// Affine look-up and mirrored borders on the CPU; the plain versions are in warp.inl. Adjoints are
// sums in one order, whatever the number of threads.
#pragma once

#include "kernels/warp.inl"

namespace sgan::kernels {

// AffineSample for pictures of 3 channels, a pixel a vector.
void affine_sample_rgb(const AffineMap& map, int64_t n, const float* x, float* y);

// AffineAdjoint as a scatter: a pixel of the result visits the four that it read, where the plain
// version searches for its readers. One thread a picture.
void affine_scatter(const AffineMap& map, int64_t n, const float* x, float* y);

// MirrorFold, first over whole rows and then within one. Uses thread_scratch().
void mirror_fold(const MirrorFold<float>& fold, int64_t n);

}  // namespace sgan::kernels
