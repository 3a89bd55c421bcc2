// What is done to every picture of a batch with numbers of its own: colour matrices, FIR filters
// along an axis, and the choice of pictures from a batch.
#pragma once

#include "kernels/types.hpp"

namespace sgan::kernels {

// y[j] = x[rows[j]], whole samples of `size` numbers; zeros where rows[j] < 0.
template <class T>
struct TakeSamples {
  int64_t size;
  const int64_t* rows;
  const T* x;
  T* y;
  SGAN_HD void operator()(int64_t i) const {
    const int64_t row = rows[i / size];
    y[i] = row < 0 ? T(acc_t<T>(0)) : x[row * size + i % size];
  }
};

// y[n, p, j] = sum_k m[n, j, k] x[n, p, k] + m[n, j, c], m [n, c, c + 1]: its last column is added
// only with `offset`, the rest is taken transposed with `transposed`. An item is a run of pixels.
template <class T>
struct ColorMatrix {
  static constexpr int64_t cpu_grain = 16;
  int64_t pixels, c, run;  // pixels of a picture
  bool transposed, offset;
  const double* m;
  const T* x;
  T* y;
  SGAN_HD int64_t in_picture() const { return (pixels + run - 1) / run; }
  SGAN_HD void operator()(int64_t i) const {
    const int64_t n = i / in_picture(), begin = i % in_picture() * run;
    const int64_t end = begin + run < pixels ? begin + run : pixels;
    const double* mine = m + n * c * (c + 1);
    const int64_t row = transposed ? 1 : c + 1, column = transposed ? c + 1 : 1;
    if (c == 3) return three(n * pixels + begin, n * pixels + end, mine, row, column);
    for (int64_t p = n * pixels + begin; p < n * pixels + end; ++p) {
      for (int64_t j = 0; j < c; ++j) {
        acc_t<T> sum = offset ? acc_t<T>(mine[j * (c + 1) + c]) : 0;
        for (int64_t k = 0; k < c; ++k) {
          sum += acc_t<T>(mine[j * row + k * column]) * acc_t<T>(x[p * c + k]);
        }
        y[p * c + j] = T(sum);
      }
    }
  }
  SGAN_HD void three(int64_t begin, int64_t end, const double* mine, int64_t row,
                     int64_t column) const {
    acc_t<T> a[3][3], start[3];
    for (int j = 0; j < 3; ++j) {
      for (int k = 0; k < 3; ++k) a[j][k] = acc_t<T>(mine[j * row + k * column]);
      start[j] = offset ? acc_t<T>(mine[j * 4 + 3]) : 0;
    }
    for (int64_t p = begin; p < end; ++p) {
      const acc_t<T> r = acc_t<T>(x[p * 3]), g = acc_t<T>(x[p * 3 + 1]), b = acc_t<T>(x[p * 3 + 2]);
      for (int j = 0; j < 3; ++j) {
        y[p * 3 + j] = T(start[j] + a[j][0] * r + a[j][1] * g + a[j][2] * b);
      }
    }
  }
};

// An axis of x has up - 1 zeros inserted after every element, is padded by `pad` before (zeros, and
// what `out` asks for after), correlated with the sample's own taps, and every down-th kept.
struct FirAxisGeometry {
  // x [outer, in, inner], y [outer, out, inner]; `outer` runs over n samples of outer / n each.
  int64_t n, outer, in, out, inner;
  int64_t up, down, pad;
  int64_t count;       // of taps
  int64_t tap_stride;  // from one sample's taps to the next one's; 0 where all share them
};

template <class T>
struct FirAxis {
  FirAxisGeometry g;
  const T* x;
  const double* taps;
  bool flip;  // taps from last to first
  T* y;
  SGAN_HD void operator()(int64_t i) const {
    const int64_t k_in = i % g.inner, o = i / g.inner % g.out, r = i / (g.inner * g.out);
    const double* f = taps + r / (g.outer / g.n) * g.tap_stride;
    const T* line = x + r * g.in * g.inner + k_in;
    const int64_t start = g.pad - o * g.down;  // of the first tap that meets element 0
    acc_t<T> sum = 0;
    for (int64_t k = ((start % g.up) + g.up) % g.up; k < g.count; k += g.up) {
      const int64_t at = (k - start) / g.up;
      if (k < start || at >= g.in) continue;
      sum += acc_t<T>(f[flip ? g.count - 1 - k : k]) * acc_t<T>(line[at * g.inner]);
    }
    y[i] = T(sum);
  }
};

}  // namespace sgan::kernels
