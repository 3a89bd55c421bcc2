// From one floating type to another, and filling.
#pragma once

#include "kernels/half.hpp"
#include "kernels/types.hpp"

namespace sgan::kernels {

// y = To(x), limited to [-clamp, clamp] before it where clamp >= 0. NaN stays NaN.
template <class From, class To>
struct Cast {
  double clamp;
  const From* x;
  To* y;
  SGAN_HD void operator()(int64_t i) const {
    // Double only where both sides are: a half goes through float exactly.
    using A = acc_t<From>;
    A v = A(x[i]);
    if (clamp >= 0) {
      const A limit = A(clamp);
      v = v > limit ? limit : (v < -limit ? -limit : v);
    }
    y[i] = To(v);
  }
};

template <class T>
struct Fill {
  double value;
  T* y;
  SGAN_HD void operator()(int64_t i) const { y[i] = T(acc_t<T>(value)); }
};

}  // namespace sgan::kernels
