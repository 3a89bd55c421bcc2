// Band-limited affine resampling filters: what a picture has to be convolved with before it is
// turned, scaled or sheared, so that neither its own pixel grid nor the new one makes aliases
// (2106.12423, appendix E.3).
#pragma once

#include <array>
#include <vector>

namespace sgan::metrics {

// Row-major 3 x 3, on coordinates from -1/2 to 1/2 across the picture (x to the right, y down).
using Matrix = std::array<double, 9>;

Matrix translation(double x, double y);
Matrix rotation(double angle);    // radians; [[cos, sin], [-sin, cos]]
Matrix inverse(const Matrix& m);  // of an affine matrix; throws Error when there is none

double sinc(double x);               // sin(pi x) / (pi x)
double lanczos(double x, double a);  // sinc(x / a) for |x| < a, else 0

struct BandlimitSettings {
  int a = 3;      // lobes of the window
  int amax = 16;  // the filter reaches less than so many pixels
  int aflt = 64;  // pixels that the ideal filters are convolved over, >= amax
  int up = 4;     // samples a pixel
  double cutoff_in = 1, cutoff_out = 1;  // 1: half a cycle a pixel of the old and the new grid
};

// Square filter of odd side 2 * amax * up - 1. Its up * up polyphase components sum to 1 / up^2
// each.
struct BandlimitFilter {
  int side = 0;
  std::vector<double> taps;  // [side, side]
};

// For a picture that m moves. Throws Error for settings that make no filter.
BandlimitFilter bandlimit_filter(const Matrix& m, const BandlimitSettings& settings);

}  // namespace sgan::metrics
