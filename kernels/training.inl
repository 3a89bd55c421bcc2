// What changes parameters in place: an Adam step and a running mean.
#pragma once

#include <cmath>
#include <cstdint>

#include "kernels/types.hpp"

namespace sgan::kernels {

// Adam (1412.6980, algorithm 1): `correction` are 1 - beta^t. Gradients that are not finite become
// 0 or +-1e5.
template <class T>
struct AdamStep {
  T lr, beta1, beta2, epsilon;
  T correction1, root_correction2;
  const T* gradient;
  T *parameter, *mean, *square;

  SGAN_HD void operator()(int64_t i) const {
    T g = gradient[i];
    if (!(g == g)) g = T(0);
    g = g > T(1e38) ? T(1e5) : (g < T(-1e38) ? T(-1e5) : g);
    const T m = beta1 * mean[i] + (T(1) - beta1) * g;
    const T v = beta2 * square[i] + (T(1) - beta2) * g * g;
    mean[i] = m;
    square[i] = v;
    parameter[i] -= lr / correction1 * m / (sqrt(v) / root_correction2 + epsilon);
  }
};

// average = now + beta * (average - now)
template <class T>
struct RunningMean {
  T beta;
  const T* now;
  T* average;
  SGAN_HD void operator()(int64_t i) const { average[i] = now[i] + beta * (average[i] - now[i]); }
};

}  // namespace sgan::kernels
