// Fourier transform of any length, many at once (Stockham's form of the algorithm of J. W. Cooley
// and J. W. Tukey, "An algorithm for the machine calculation of complex Fourier series", 1965).
#pragma once

#include <cstdint>
#include <vector>

namespace sgan::metrics {

class Fft {
 public:
  // n >= 1. Time grows with the sum of n's prime factors, so it is best without large ones.
  explicit Fft(int n);
  int size() const { return n_; }

  // In place: x[k] = sum_j x[j] exp(-2 pi i j k / n) of `count` sequences side by side, element j
  // of sequence b at re[j * count + b] and im[j * count + b]. `work` holds 2 * n * count numbers.
  void forward(double* re, double* im, int64_t count, double* work) const;

 private:
  int n_;
  std::vector<int> factors_;
  std::vector<double> cos_, sin_;  // of -2 pi k / n
};

}  // namespace sgan::metrics
