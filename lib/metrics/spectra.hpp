// Average power spectra of pictures, as in 2106.12423, figure 11 and appendix: windowed, padded,
// transformed, squared and averaged; shown as a heat map and as slices through it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lib/metrics/fft.hpp"
#include "lib/rt/tensor.hpp"

namespace sgan::metrics {

// Mean and standard deviation of all pixel values of a data set, 0..255.
class PixelStatistics {
 public:
  void add(const rt::Tensor& pictures);  // bytes or floats, any shape
  int64_t count() const { return int64_t(sums_[0]); }
  double mean() const;
  double deviation() const;                   // divided by the count
  std::span<double> sums() { return sums_; }  // for adding those of several processes

 private:
  double sums_[3] = {};  // count, values, squares; about the middle, so that nothing is lost
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
  int64_t pictures() const { return int64_t(sums_.back()); }  // so far
  std::span<double> sums() { return sums_; }  // for adding those of several processes

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
  // [kx, ky], of pairs of planes as real and imaginary part; then the numbers of planes and of
  // pictures.
  std::vector<double> sums_;
  std::vector<double> half_;  // transforms along y, [re | im][x, ky]
};

// In decibels, -300 at least, frequency 0 in the middle: float64 [side', side'], side' odd.
// `smooth`: standard deviation of a Gaussian in cycles per picture; 0: none.
rt::Tensor spectrum_heat_map(const rt::Tensor& spectrum, int size, double smooth);

// From the middle of a heat map to the right, and to the lower right corner.
struct Slice {
  std::vector<double> frequency;  // cycles per picture
  std::vector<double> decibels;
};
Slice slice_0(const rt::Tensor& heat_map, int size);
Slice slice_45(const rt::Tensor& heat_map, int size);

}  // namespace sgan::metrics
