// Pooling and bilinear resizing of channels-last pictures, each with its adjoint.
#pragma once

#include "kernels/types.hpp"

namespace sgan::kernels {

// x [n, h, w, c], y [n, ho, wo, c]: windows of k x k pixels every `stride` pixels, the first one
// `pad` pixels outside. What lies outside takes no part. A work item is a pixel's run of channels:
// all of them on the CPU, one on CUDA, so that neighbours read neighbours.
struct PoolGeometry {
  int64_t n, h, w, c, ho, wo;
  int64_t k, stride, pad;
  int64_t run;

  struct Item {
    int64_t sample, row, column, begin, end;  // channels [begin, end)
  };
  SGAN_HD int64_t runs() const { return (c + run - 1) / run; }
  // Of a picture of so many rows and columns.
  SGAN_HD Item at(int64_t i, int64_t rows, int64_t columns) const {
    const int64_t begin = i % runs() * run, pixel = i / runs();
    return {pixel / (rows * columns), pixel / columns % rows, pixel % columns, begin,
            begin + run < c ? begin + run : c};
  }
  // First and last window that hold pixel i of a line with `windows` of them.
  SGAN_HD int64_t first_window(int64_t i) const {
    return i + pad < k ? 0 : (i + pad - k) / stride + 1;
  }
  SGAN_HD int64_t last_window(int64_t i, int64_t windows) const {
    return (i + pad) / stride < windows ? (i + pad) / stride : windows - 1;
  }
  // The part [begin, end) of window o that lies in a line of `size` pixels.
  SGAN_HD int64_t begin_of(int64_t o) const { return o * stride < pad ? 0 : o * stride - pad; }
  SGAN_HD int64_t end_of(int64_t o, int64_t size) const {
    return o * stride - pad + k < size ? o * stride - pad + k : size;
  }
  SGAN_HD double share(int64_t oy, int64_t ox) const {
    return 1.0 / double((end_of(oy, h) - begin_of(oy)) * (end_of(ox, w) - begin_of(ox)));
  }
};

// Also for NaN, which must not vanish.
template <class A>
SGAN_HD inline bool exceeds(A value, A most) {
  return value > most || value != value;
}

// y: the largest of each window.
template <class T>
struct MaxPool {
  static constexpr int64_t cpu_grain = 64;
  PoolGeometry g;
  const T* x;
  T* y;
  SGAN_HD void operator()(int64_t i) const {
    const auto at = g.at(i, g.ho, g.wo);
    T* to = y + ((at.sample * g.ho + at.row) * g.wo + at.column) * g.c;
    bool first = true;
    for (int64_t iy = g.begin_of(at.row); iy < g.end_of(at.row, g.h); ++iy) {
      for (int64_t ix = g.begin_of(at.column); ix < g.end_of(at.column, g.w); ++ix) {
        const T* from = x + ((at.sample * g.h + iy) * g.w + ix) * g.c;
        if (first) {
          for (int64_t j = at.begin; j < at.end; ++j) to[j] = from[j];
        } else {
          for (int64_t j = at.begin; j < at.end; ++j) {
            to[j] = exceeds(acc_t<T>(from[j]), acc_t<T>(to[j])) ? from[j] : to[j];
          }
        }
        first = false;
      }
    }
  }
};

// Which pixel of its window that is, the first one where several are: row * k + column.
template <class T>
struct MaxPoolChoice {
  static constexpr int64_t cpu_grain = 64;
  PoolGeometry g;
  const T* x;
  uint8_t* choice;
  SGAN_HD void operator()(int64_t i) const {
    const auto at = g.at(i, g.ho, g.wo);
    uint8_t* to = choice + ((at.sample * g.ho + at.row) * g.wo + at.column) * g.c;
    const int64_t y0 = at.row * g.stride - g.pad, x0 = at.column * g.stride - g.pad;
    for (int64_t j = at.begin; j < at.end; ++j) {
      acc_t<T> most = 0;
      int best = -1;
      for (int64_t iy = g.begin_of(at.row); iy < g.end_of(at.row, g.h); ++iy) {
        for (int64_t ix = g.begin_of(at.column); ix < g.end_of(at.column, g.w); ++ix) {
          const acc_t<T> v = acc_t<T>(x[((at.sample * g.h + iy) * g.w + ix) * g.c + j]);
          if (best >= 0 && !exceeds(v, most)) continue;
          most = v;
          best = int((iy - y0) * g.k + ix - x0);
        }
      }
      to[j] = uint8_t(best);
    }
  }
};

// y: the chosen pixel of each window.
template <class T>
struct PoolChoose {
  static constexpr int64_t cpu_grain = 64;
  PoolGeometry g;
  const uint8_t* choice;
  const T* x;
  T* y;
  SGAN_HD void operator()(int64_t i) const {
    const auto at = g.at(i, g.ho, g.wo);
    const int64_t base = ((at.sample * g.ho + at.row) * g.wo + at.column) * g.c;
    const int64_t y0 = at.row * g.stride - g.pad, x0 = at.column * g.stride - g.pad;
    for (int64_t j = at.begin; j < at.end; ++j) {
      const int64_t iy = y0 + choice[base + j] / g.k, ix = x0 + choice[base + j] % g.k;
      y[base + j] = x[((at.sample * g.h + iy) * g.w + ix) * g.c + j];
    }
  }
};

// Its adjoint: every pixel of x [n, h, w, c] sums the windows of y that chose it.
template <class T>
struct PoolSpread {
  static constexpr int64_t cpu_grain = 64;
  PoolGeometry g;
  const uint8_t* choice;
  const T* y;
  T* x;
  SGAN_HD void operator()(int64_t i) const {
    const auto at = g.at(i, g.h, g.w);
    T* to = x + ((at.sample * g.h + at.row) * g.w + at.column) * g.c;
    for (int64_t j = at.begin; j < at.end; ++j) {
      acc_t<T> sum = 0;
      for (int64_t oy = g.first_window(at.row); oy <= g.last_window(at.row, g.ho); ++oy) {
        for (int64_t ox = g.first_window(at.column); ox <= g.last_window(at.column, g.wo); ++ox) {
          const int64_t from = ((at.sample * g.ho + oy) * g.wo + ox) * g.c + j;
          const int64_t own =
              (at.row + g.pad - oy * g.stride) * g.k + at.column + g.pad - ox * g.stride;
          if (choice[from] == own) sum += acc_t<T>(y[from]);
        }
      }
      to[j] = T(sum);
    }
  }
};

// y: the mean of the pixels of each window that lie in the picture.
template <class T>
struct AveragePool {
  static constexpr int64_t cpu_grain = 64;
  PoolGeometry g;
  const T* x;
  T* y;
  SGAN_HD void operator()(int64_t i) const {
    const auto at = g.at(i, g.ho, g.wo);
    T* to = y + ((at.sample * g.ho + at.row) * g.wo + at.column) * g.c;
    const acc_t<T> share = acc_t<T>(g.share(at.row, at.column));
    for (int64_t j = at.begin; j < at.end; ++j) {
      acc_t<T> sum = 0;
      for (int64_t iy = g.begin_of(at.row); iy < g.end_of(at.row, g.h); ++iy) {
        for (int64_t ix = g.begin_of(at.column); ix < g.end_of(at.column, g.w); ++ix) {
          sum += acc_t<T>(x[((at.sample * g.h + iy) * g.w + ix) * g.c + j]);
        }
      }
      to[j] = T(sum * share);
    }
  }
};

// Its adjoint.
template <class T>
struct AveragePoolSpread {
  static constexpr int64_t cpu_grain = 64;
  PoolGeometry g;
  const T* y;
  T* x;
  SGAN_HD void operator()(int64_t i) const {
    const auto at = g.at(i, g.h, g.w);
    T* to = x + ((at.sample * g.h + at.row) * g.w + at.column) * g.c;
    for (int64_t j = at.begin; j < at.end; ++j) {
      acc_t<T> sum = 0;
      for (int64_t oy = g.first_window(at.row); oy <= g.last_window(at.row, g.ho); ++oy) {
        for (int64_t ox = g.first_window(at.column); ox <= g.last_window(at.column, g.wo); ++ox) {
          sum += acc_t<T>(y[((at.sample * g.ho + oy) * g.wo + ox) * g.c + j]) *
                 acc_t<T>(g.share(oy, ox));
        }
      }
      to[j] = T(sum);
    }
  }
};

// One axis of a bilinear resize: x [outer, in, inner], y [outer, out, inner],
// y[o] = x[low[o]] + (x[high[o]] - x[low[o]]) * part[o], high = min(low + 1, in - 1); low never
// falls. A work item is a run of the inner numbers.
struct ResizeGeometry {
  int64_t outer, in, out, inner, run;
  const int32_t* low;
  const double* part;
  SGAN_HD int64_t runs() const { return (inner + run - 1) / run; }
  SGAN_HD int64_t high(int64_t o) const { return low[o] + 1 < in ? low[o] + 1 : in - 1; }
};

template <class T>
struct ResizeAxis {
  static constexpr int64_t cpu_grain = 64;
  ResizeGeometry g;
  const T* x;
  T* y;
  SGAN_HD void operator()(int64_t i) const {
    const int64_t begin = i % g.runs() * g.run, line = i / g.runs();
    const int64_t end = begin + g.run < g.inner ? begin + g.run : g.inner;
    const int64_t o = line % g.out, base = line / g.out * g.in;
    const T *a = x + (base + g.low[o]) * g.inner, *b = x + (base + g.high(o)) * g.inner;
    const acc_t<T> part = acc_t<T>(g.part[o]);
    T* to = y + line * g.inner;
    for (int64_t k = begin; k < end; ++k) {
      to[k] = T(acc_t<T>(a[k]) + (acc_t<T>(b[k]) - acc_t<T>(a[k])) * part);
    }
  }
};

// Its adjoint. first[i], i <= in: the first output whose low is at least i.
template <class T>
struct ResizeAxisSpread {
  static constexpr int64_t cpu_grain = 64;
  ResizeGeometry g;
  const int32_t* first;
  const T* y;
  T* x;
  SGAN_HD void operator()(int64_t i) const {
    const int64_t begin = i % g.runs() * g.run, line = i / g.runs();
    const int64_t end = begin + g.run < g.inner ? begin + g.run : g.inner;
    const int64_t own = line % g.in, base = line / g.in * g.out;
    for (int64_t k = begin; k < end; ++k) {
      acc_t<T> sum = 0;
      for (int64_t o = first[own > 0 ? own - 1 : 0]; o < first[own + 1]; ++o) {
        acc_t<T> weight = 0;
        if (g.low[o] == own) weight += acc_t<T>(1) - acc_t<T>(g.part[o]);
        if (g.high(o) == own) weight += acc_t<T>(g.part[o]);
        sum += acc_t<T>(y[(base + o) * g.inner + k]) * weight;
      }
      x[line * g.inner + k] = T(sum);
    }
  }
};

}  // namespace sgan::kernels
