// Average power spectra of pictures, as in 2106.12423, figure 11 and appendix: windowed, padded,
// transformed, squared and averaged; shown as a heat map and as slices through it.
#pragma once

#include <cstdint>
#include <vector>

#include "lib/metrics/fft.hpp"
#include "lib/rt/tensor.hpp"

namespace sgan::metrics {

// Mean and standard deviation of all pixel values of a data set, 0..255.
class PixelStatistics {
 public:
  void add(const rt::Tensor& pictures);  // bytes or floats, any shape
  int64_t count() const { return count_; }
  double mean() const;
  double deviation() const;  // divided by the count

 private:
  int64_t count_ = 0;
  double sum_ = 0, squares_ = 0;  // about the middle, so that nothing is lost
};

// Kaiser's window, scaled so that its squares sum to 1.
std::vector<double> kaiser_window(int size, double beta);

struct SpectraSettings {
  double mean = 0, deviation = 1;  // of the data set: pictures are compared by one measure
  double beta = 8;                 // of the window
  int interp = 4;  // samples of the spectrum for each of the transform without padding
};

// Feed it with pictures, then read the mean of their power.
class SpectraAverage {
 public:
  SpectraAverage(int size, const SpectraSettings& settings);

  // Square pictures [N, size, size, C] on the CPU, bytes or floats, 0..255. Throws Error when a
  // pixel is not finite.
  void add(const rt::Tensor& pictures);
  int64_t planes() const { return planes_; }  // pictures times channels so far

  // Sums, for adding those of several processes: [side, side] and the planes.
  std::vector<double>& sums() { return sums_; }
  void set_planes(int64_t planes) { planes_ = planes; }

  int size() const { return size_; }
  int side() const { return fft_.size(); }
  // float64 [side, side], frequency 0 first.
  rt::Tensor spectrum() const;

 private:
  void add_pair(const double* planes, int64_t count);

  int size_;
  SpectraSettings settings_;
  std::vector<double> window_;
  Fft fft_;
  std::vector<double> sums_;  // [kx, ky], of pairs of planes as real and imaginary part
  std::vector<double> half_;  // transforms along y, [re | im][x, ky]
  int64_t planes_ = 0;
};

// In decibels, frequency 0 in the middle: float64 [side', side'], side' odd. `smooth`: standard
// deviation of a Gaussian in cycles per picture; 0: none.
rt::Tensor spectrum_heat_map(const rt::Tensor& spectrum, int size, double smooth);

// From the middle of a heat map to the right, and to the lower right corner.
struct Slice {
  std::vector<double> frequency;  // cycles per picture
  std::vector<double> decibels;
};
Slice slice_0(const rt::Tensor& heat_map, int size);
Slice slice_45(const rt::Tensor& heat_map, int size);

}  // namespace sgan::metrics
