#include "kernels/cpu/warp.hpp"

#include <algorithm>

#include "kernels/parallel.hpp"

namespace sgan::kernels {
namespace {

template <class T>
void scatter_picture(const AffineMap& map, const double* m, const T* x, T* y) {
  const int64_t c = map.c, pitch = map.w * c;
  std::fill(y, y + map.h * pitch, T(0));
  for (int64_t v = 0; v < map.ho; ++v) {
    const double xv = m[1] * double(v) + m[2], yv = m[4] * double(v) + m[5];
    for (int64_t u = 0; u < map.wo; ++u, x += c) {
      const Between px(m[0] * double(u) + xv), py(m[3] * double(u) + yv);
      const int64_t sx = px.at + map.x0, sy = py.at + map.y0;
      if (sx < -1 || sy < -1 || sx >= map.w || sy >= map.h) continue;
      const T fx = T(px.beyond), fy = T(py.beyond);
      const T w00 = (1 - fx) * (1 - fy), w01 = fx * (1 - fy), w10 = (1 - fx) * fy, w11 = fx * fy;
      T* to = y + sy * pitch + sx * c;
      const auto give = [&](T* pixel, T weight) {
        for (int64_t k = 0; k < c; ++k) pixel[k] += weight * x[k];
      };
      const bool left = sx >= 0, right = sx + 1 < map.w;
      if (sy >= 0 && left) give(to, w00);
      if (sy >= 0 && right) give(to + c, w01);
      if (sy + 1 < map.h && left) give(to + pitch, w10);
      if (sy + 1 < map.h && right) give(to + pitch + c, w11);
    }
  }
}

}  // namespace

template <class T>
void affine_scatter(const AffineMap& map, int64_t n, const T* x, T* y) {
  parallel_each(n, [&](int64_t i) {
    scatter_picture(map, map.m + 6 * i, x + i * map.ho * map.wo * map.c,
                    y + i * map.h * map.w * map.c);
  });
}

template void affine_scatter<float>(const AffineMap&, int64_t, const float*, float*);
template void affine_scatter<double>(const AffineMap&, int64_t, const double*, double*);

}  // namespace sgan::kernels
