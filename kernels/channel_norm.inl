// The channels of a pixel as a vector of length 1 (LPIPS, 1801.03924), zero where it is zero.
#pragma once

#include <cmath>

#include "kernels/types.hpp"

namespace sgan::kernels {

// 1 / (|x| + epsilon) over c numbers, 0 for |x| = 0.
template <class T>
SGAN_HD inline acc_t<T> inverse_norm(const T* x, int64_t c, double epsilon) {
  using A = acc_t<T>;
  constexpr int64_t lanes = 8;
  A sum[lanes] = {};
  int64_t j = 0;
  for (; j + lanes <= c; j += lanes) {
    for (int64_t k = 0; k < lanes; ++k) sum[k] += A(x[j + k]) * A(x[j + k]);
  }
  for (; j < c; ++j) sum[0] += A(x[j]) * A(x[j]);
  for (int64_t k = 1; k < lanes; ++k) sum[0] += sum[k];
  return sum[0] == A(0) ? A(0) : A(1) / (sqrt(sum[0]) + A(epsilon));
}

// y [pixels] of x [pixels, c].
template <class T>
struct InverseNorm {
  static constexpr int64_t cpu_grain = 64;
  int64_t c;
  double epsilon;
  const T* x;
  T* y;
  SGAN_HD void operator()(int64_t i) const { y[i] = T(inverse_norm(x + i * c, c, epsilon)); }
};

// y [samples] rows `pitch` apart, of x [samples, pixels, c]: x / (|x| + epsilon) * weight [c].
template <class T>
struct WeightedUnits {
  static constexpr int64_t cpu_grain = 64;
  int64_t pixels, c, pitch;
  double epsilon;
  const T *x, *weight;
  T* y;
  SGAN_HD void operator()(int64_t i) const {
    const T* from = x + i * c;
    T* to = y + i / pixels * pitch + i % pixels * c;
    const acc_t<T> r = inverse_norm(from, c, epsilon);
    for (int64_t j = 0; j < c; ++j) to[j] = T(acc_t<T>(from[j]) * r * acc_t<T>(weight[j]));
  }
};

// y [pixels]: the sum over channels of weight [c] times the squared difference of the vectors.
template <class T>
struct UnitDistance {
  static constexpr int64_t cpu_grain = 64;
  int64_t c;
  double epsilon;
  const T *a, *b, *weight;
  T* y;
  SGAN_HD void operator()(int64_t i) const {
    using A = acc_t<T>;
    constexpr int64_t lanes = 8;
    const T *pa = a + i * c, *pb = b + i * c;
    const A ra = inverse_norm(pa, c, epsilon), rb = inverse_norm(pb, c, epsilon);
    A sum[lanes] = {};
    const auto term = [&](int64_t j) {
      const A d = A(pa[j]) * ra - A(pb[j]) * rb;
      return d * d * A(weight[j]);
    };
    int64_t j = 0;
    for (; j + lanes <= c; j += lanes) {
      for (int64_t k = 0; k < lanes; ++k) sum[k] += term(j + k);
    }
    for (; j < c; ++j) sum[0] += term(j);
    for (int64_t k = 1; k < lanes; ++k) sum[0] += sum[k];
    y[i] = T(sum[0]);
  }
};

}  // namespace sgan::kernels
