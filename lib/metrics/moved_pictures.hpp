// Pictures moved the way a perfectly equivariant generator would move them, and which pixels of the
// result can be trusted (2106.12423, appendix E.3). On the CPU, float32 or float64.
#pragma once

#include "lib/metrics/bandlimit.hpp"
#include "lib/rt/tensor.hpp"

namespace sgan::metrics {

struct Moved {
  rt::Tensor pictures;  // [N, H, W, C], of the type that came in
  rt::Tensor mask;      // bytes [H, W], 1 where a pixel follows from pixels of the picture alone
};

// By (x, y) picture widths, rounded to whole pixels (half to even); zeros come in.
Moved shift_whole(const rt::Tensor& pictures, double x, double y);

// By (x, y) picture widths with a Lanczos filter of 2 a taps in each axis.
Moved shift_lanczos(const rt::Tensor& pictures, double x, double y, int a = 3);

// By m: a band-limiting filter to `up` samples a pixel, between which it is interpolated linearly.
// Zeros outside the mask: nothing is computed there.
Moved resample(const rt::Tensor& pictures, const Matrix& m, const BandlimitSettings& settings);

// By an angle in radians: resample() with what EQ-R uses.
Moved rotate(const rt::Tensor& pictures, double angle);

// What rotate() does to the frequencies of a picture, without moving it: what a picture generated
// in turned position has to go through before it is compared with a turned one.
Moved filter_like_rotated(const rt::Tensor& pictures, double angle);

}  // namespace sgan::metrics
