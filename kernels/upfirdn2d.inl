// Pad, upsample, filter, downsample in one pass (StyleGAN2, 1912.04958, appendix B): the plain
// version.
#pragma once

#include "kernels/types.hpp"

namespace sgan::kernels {

// x [n, h, w, c] has up - 1 zeros inserted after every pixel, is padded by pad0 before and pad1
// after (already in ho, wo; negative crops), correlated with f [fh, fw] (the caller flips for a
// convolution) and every down-th pixel kept, from the first. y [n, ho, wo, c].
struct UpfirdnGeometry {
  int64_t n = 1, h = 1, w = 1, c = 1, ho = 1, wo = 1;
  int64_t fh = 1, fw = 1;
  int64_t up_x = 1, up_y = 1, down_x = 1, down_y = 1;
  int64_t pad_x0 = 0, pad_y0 = 0;
};

template <class T>
struct Upfirdn {
  UpfirdnGeometry g;
  const T *x, *f;
  T* y;
  SGAN_HD void operator()(int64_t i) const {
    const int64_t c = i % g.c, ox = i / g.c % g.wo, oy = i / (g.c * g.wo) % g.ho;
    const int64_t b = i / (g.c * g.wo * g.ho);
    acc_t<T> sum = 0;
    for (int64_t ky = 0; ky < g.fh; ++ky) {
      const int64_t sy = oy * g.down_y + ky - g.pad_y0;
      if (sy < 0 || sy % g.up_y || sy / g.up_y >= g.h) continue;
      for (int64_t kx = 0; kx < g.fw; ++kx) {
        const int64_t sx = ox * g.down_x + kx - g.pad_x0;
        if (sx < 0 || sx % g.up_x || sx / g.up_x >= g.w) continue;
        sum += acc_t<T>(x[((b * g.h + sy / g.up_y) * g.w + sx / g.up_x) * g.c + c]) *
               acc_t<T>(f[ky * g.fw + kx]);
      }
    }
    y[i] = T(sum);
  }
};

}  // namespace sgan::kernels
