// FIR filtering along one axis in whole lines of numbers; the plain version is FirAxis in
// samples.inl.
#pragma once

#include "kernels/samples.inl"

namespace sgan::kernels {

// At most 64 taps; up or down is 1.
bool fir_axis_fast_supported(const FirAxisGeometry& g);

// taps: n rows of g.count in float, in correlation order (g.tap_stride as for the plain version).
// Precondition: fir_axis_fast_supported(g). Runs on all cores, uses thread_scratch().
void fir_axis_fast(const FirAxisGeometry& g, const float* x, const float* taps, float* y);

}  // namespace sgan::kernels
