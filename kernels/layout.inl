// Kernels that move numbers: strided copies with zeros outside, and sums over axes.
#pragma once

#include "kernels/types.hpp"

namespace sgan::kernels {

// y[index] = x[base + sum (index - shift) * stride], zero where index - shift is outside [0,
// limit). Permuting, cropping, padding, flipping and stretching are all of this form.
template <class T>
struct StridedCopy {
  int rank;
  int64_t size[max_rank];  // of y
  int64_t shift[max_rank], limit[max_rank], stride[max_rank];
  int64_t base;
  const T* x;
  T* y;
  SGAN_HD void operator()(int64_t i) const {
    int64_t rest = i, from = base;
    bool inside = true;
    for (int axis = rank - 1; axis >= 0; --axis) {
      const int64_t index = rest % size[axis] - shift[axis];
      rest /= size[axis];
      inside = inside && index >= 0 && index < limit[axis];
      from += index * stride[axis];
    }
    y[i] = inside ? x[from] : T(acc_t<T>(0));
  }
};

// Rows of `width` numbers into rows that lie `pitch` apart.
template <class T>
struct PlaceRows {
  int64_t width, pitch;
  const T* x;
  T* y;
  SGAN_HD void operator()(int64_t i) const { y[i / width * pitch + i % width] = x[i]; }
};

// y[out] = sum over the reduced axes of x; sums run in double so that their order hardly matters.
template <class T>
struct SumAxes {
  Axes kept, reduced;  // sizes and strides in x
  int64_t terms;       // product of the reduced sizes
  const T* x;
  T* y;
  double* scratch;  // room for the tiled version's parts (sum_plan), or null
  SGAN_HD void operator()(int64_t i) const {
    int64_t rest = i, base = 0;
    for (int axis = kept.rank - 1; axis >= 0; --axis) {
      base += rest % kept.size[axis] * kept.stride[axis];
      rest /= kept.size[axis];
    }
    double sum = 0;
    int64_t index[max_rank] = {};
    int64_t at = base;
    for (int64_t t = 0; t < terms; ++t) {
      sum += double(x[at]);
      for (int axis = reduced.rank - 1; axis >= 0; --axis) {
        at += reduced.stride[axis];
        if (++index[axis] < reduced.size[axis]) break;
        at -= reduced.stride[axis] * reduced.size[axis];
        index[axis] = 0;
      }
    }
    y[i] = T(acc_t<T>(sum));
  }
};

}  // namespace sgan::kernels
