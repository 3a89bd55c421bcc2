// Plain convolution, its two gradients, and matrix product: the reference that every fast version
// is held against, and the path of double precision.
#pragma once

#include "kernels/types.hpp"

namespace sgan::kernels {

// x [n, h, w, ci], weight [co, kh, kw, ci / groups], y [n, ho, wo, co]. Correlation (no flip):
// y[oy, ox] = sum x[oy * stride_y + ky - pad_y, ...] * weight[ky, kx], zeros outside x.
struct ConvGeometry {
  int64_t n = 1, h = 1, w = 1, ci = 1;
  int64_t co = 1, kh = 1, kw = 1;
  int64_t ho = 1, wo = 1;
  int64_t stride_y = 1, stride_x = 1;
  int64_t pad_y = 0, pad_x = 0;  // before the first row and column; may be negative
  int64_t groups = 1;
};

template <class T>
struct ConvForward {
  ConvGeometry g;
  const T *x, *weight;
  T* y;
  SGAN_HD void operator()(int64_t i) const {
    const int64_t o = i % g.co, ox = i / g.co % g.wo, oy = i / (g.co * g.wo) % g.ho;
    const int64_t b = i / (g.co * g.wo * g.ho);
    const int64_t cg = g.ci / g.groups, first = o / (g.co / g.groups) * cg;
    acc_t<T> sum = 0;
    for (int64_t ky = 0; ky < g.kh; ++ky) {
      const int64_t iy = oy * g.stride_y + ky - g.pad_y;
      if (iy < 0 || iy >= g.h) continue;
      for (int64_t kx = 0; kx < g.kw; ++kx) {
        const int64_t ix = ox * g.stride_x + kx - g.pad_x;
        if (ix < 0 || ix >= g.w) continue;
        const T* in = x + ((b * g.h + iy) * g.w + ix) * g.ci + first;
        const T* k = weight + ((o * g.kh + ky) * g.kw + kx) * cg;
        for (int64_t c = 0; c < cg; ++c) sum += acc_t<T>(in[c]) * acc_t<T>(k[c]);
      }
    }
    y[i] = T(sum);
  }
};

// dx from dy and weight: the transposed convolution.
template <class T>
struct ConvDataGradient {
  ConvGeometry g;
  const T *dy, *weight;
  T* dx;
  SGAN_HD void operator()(int64_t i) const {
    const int64_t c = i % g.ci, ix = i / g.ci % g.w, iy = i / (g.ci * g.w) % g.h;
    const int64_t b = i / (g.ci * g.w * g.h);
    const int64_t cg = g.ci / g.groups, og = g.co / g.groups, group = c / cg;
    acc_t<T> sum = 0;
    for (int64_t ky = 0; ky < g.kh; ++ky) {
      const int64_t sy = iy + g.pad_y - ky;
      if (sy < 0 || sy % g.stride_y || sy / g.stride_y >= g.ho) continue;
      for (int64_t kx = 0; kx < g.kw; ++kx) {
        const int64_t sx = ix + g.pad_x - kx;
        if (sx < 0 || sx % g.stride_x || sx / g.stride_x >= g.wo) continue;
        const T* out = dy + ((b * g.ho + sy / g.stride_y) * g.wo + sx / g.stride_x) * g.co;
        for (int64_t o = group * og; o < (group + 1) * og; ++o) {
          sum += acc_t<T>(out[o]) * acc_t<T>(weight[((o * g.kh + ky) * g.kw + kx) * cg + c % cg]);
        }
      }
    }
    dx[i] = T(sum);
  }
};

// dweight from x and dy.
template <class T>
struct ConvWeightGradient {
  ConvGeometry g;
  const T *x, *dy;
  T* dweight;
  SGAN_HD void operator()(int64_t i) const {
    const int64_t cg = g.ci / g.groups;
    const int64_t c = i % cg, kx = i / cg % g.kw, ky = i / (cg * g.kw) % g.kh;
    const int64_t o = i / (cg * g.kw * g.kh);
    const int64_t channel = o / (g.co / g.groups) * cg + c;
    acc_t<T> sum = 0;
    for (int64_t b = 0; b < g.n; ++b) {
      for (int64_t oy = 0; oy < g.ho; ++oy) {
        const int64_t iy = oy * g.stride_y + ky - g.pad_y;
        if (iy < 0 || iy >= g.h) continue;
        for (int64_t ox = 0; ox < g.wo; ++ox) {
          const int64_t ix = ox * g.stride_x + kx - g.pad_x;
          if (ix < 0 || ix >= g.w) continue;
          sum += acc_t<T>(x[((b * g.h + iy) * g.w + ix) * g.ci + channel]) *
                 acc_t<T>(dy[((b * g.ho + oy) * g.wo + ox) * g.co + o]);
        }
      }
    }
    dweight[i] = T(sum);
  }
};

// y [m, n] = op(a) op(b), op transposes where asked; a is [m, k] or [k, m], b is [k, n] or [n, k].
template <class T>
struct MatMul {
  int64_t m, n, k;
  bool transpose_a, transpose_b;
  const T *a, *b;
  T* y;
  SGAN_HD void operator()(int64_t i) const {
    const int64_t row = i / n, column = i % n;
    const int64_t step_a = transpose_a ? m : 1, step_b = transpose_b ? 1 : n;
    const T* pa = transpose_a ? a + row : a + row * k;
    const T* pb = transpose_b ? b + column * k : b + column;
    acc_t<T> sum = 0;
    for (int64_t j = 0; j < k; ++j) sum += acc_t<T>(pa[j * step_a]) * acc_t<T>(pb[j * step_b]);
    y[i] = T(sum);
  }
};

}  // namespace sgan::kernels
