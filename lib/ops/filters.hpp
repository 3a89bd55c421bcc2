// FIR filters: preparation as in StyleGAN2 and the low-pass designs of StyleGAN3 (2106.12423,
// section 3.2 and appendix C). Filters are constants; nothing is differentiated with respect to
// them.
#pragma once

#include <memory>
#include <vector>

#include "lib/rt/tensor.hpp"

namespace sgan::ops {

// Taps in row-major order. A separable filter has one row and is applied along x and then along y.
struct Filter {
  std::vector<double> taps;
  int height = 1, width = 1;
  bool separable = false;

  bool defined() const { return !taps.empty(); }
  int rows() const { return separable ? width : height; }  // extent in y
  // From a tensor of rank 1 (separable) or 2.
  static Filter from(const rt::Tensor& t);
  rt::Tensor tensor(rt::DType type = rt::DType::f32) const;  // rank 1 or 2
};

struct FilterSetup {
  bool normalize = true;  // to sum 1, before the gain
  bool flip = false;
  double gain = 1;     // each axis gets its square root
  int separable = -1;  // 1 or 0 to force; -1: 1-D filters of 8 taps and more
};
Filter setup_filter(const std::vector<double>& f, const FilterSetup& setup = {});
Filter setup_filter_2d(const std::vector<double>& f, int height, int width,
                       const FilterSetup& setup = {});

// Windowed-sinc low-pass filter: Kaiser window, sum 1. cutoff, width (of the transition band) and
// fs (sampling rate) share one unit. One tap means no filter: undefined. Radial filters are 2-D
// jincs with the outer product of the window; they need an even number of taps.
Filter design_lowpass(int taps, double cutoff, double width, double fs, bool radial);

}  // namespace sgan::ops
