// Small fixed-size helpers shared by the kernels.
#pragma once

#include <cstdint>

#include "kernels/half.hpp"

namespace sgan::kernels {

// Sums of T are held in this type.
template <class T>
struct Accumulator {
  using type = float;
};
template <>
struct Accumulator<double> {
  using type = double;
};
template <class T>
using acc_t = typename Accumulator<T>::type;

inline constexpr int max_rank = 6;

// Sizes and strides of up to max_rank axes, outermost first.
struct Axes {
  int rank = 0;
  int64_t size[max_rank] = {};
  int64_t stride[max_rank] = {};
};

}  // namespace sgan::kernels
