#include "kernels/cpu/warp.hpp"

#include <algorithm>

#include "kernels/cpu/thread_scratch.hpp"
#include "kernels/parallel.hpp"

namespace sgan::kernels {
namespace {

// Three channels and one number more, wherever floats may lie.
typedef float Four __attribute__((vector_size(16), aligned(4), may_alias));

Four load(const float* at) { return *reinterpret_cast<const Four*>(at); }
void store(float* at, Four v) { *reinterpret_cast<Four*>(at) = v; }

struct Lookup {
  int64_t sx, sy;
  float w00, w01, w10, w11;
  Lookup(const AffineMap& map, const double* m, double xv, double yv, int64_t u) {
    const Between px(m[0] * double(u) + xv), py(m[3] * double(u) + yv);
    sx = px.at + map.x0;
    sy = py.at + map.y0;
    const float fx = float(px.beyond), fy = float(py.beyond);
    w00 = (1 - fx) * (1 - fy);
    w01 = fx * (1 - fy);
    w10 = (1 - fx) * fy;
    w11 = fx * fy;
  }
  // A vector may be read and written at all four pixels without leaving the picture.
  bool inside(const AffineMap& map) const {
    return sx >= 0 && sy >= 0 && sx + 2 < map.w && sy + 1 < map.h;
  }
};

void scatter_picture(const AffineMap& map, const double* m, const float* x, float* y) {
  const int64_t c = map.c, pitch = map.w * c;
  std::fill(y, y + map.h * pitch, 0.0f);
  for (int64_t v = 0; v < map.ho; ++v) {
    const double xv = m[1] * double(v) + m[2], yv = m[4] * double(v) + m[5];
    for (int64_t u = 0; u < map.wo; ++u, x += c) {
      const Lookup at(map, m, xv, yv, u);
      if (at.sx < -1 || at.sy < -1 || at.sx >= map.w || at.sy >= map.h) continue;
      float* to = y + at.sy * pitch + at.sx * c;
      if (c == 3 && at.inside(map)) {
        const Four v3 = {x[0], x[1], x[2], 0};
        store(to, load(to) + at.w00 * v3);
        store(to + 3, load(to + 3) + at.w01 * v3);
        store(to + pitch, load(to + pitch) + at.w10 * v3);
        store(to + pitch + 3, load(to + pitch + 3) + at.w11 * v3);
        continue;
      }
      const auto give = [&](float* pixel, float weight) {
        for (int64_t k = 0; k < c; ++k) pixel[k] += weight * x[k];
      };
      const bool left = at.sx >= 0, right = at.sx + 1 < map.w;
      if (at.sy >= 0 && left) give(to, at.w00);
      if (at.sy >= 0 && right) give(to + c, at.w01);
      if (at.sy + 1 < map.h && left) give(to + pitch, at.w10);
      if (at.sy + 1 < map.h && right) give(to + pitch + c, at.w11);
    }
  }
}

}  // namespace

void affine_sample_rgb(const AffineMap& map, int64_t n, const float* x, float* y) {
  // Pixels at borders are left to the plain kernel, one at a time.
  const AffineSample<float> plain{map, Runs{map.ho, map.wo, 1}, x, y};
  const int64_t pitch = map.w * 3;
  parallel_ranges(n * map.ho, 16, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const int64_t v = row % map.ho;
      const double* m = map.m + 6 * (row / map.ho);
      const double xv = m[1] * double(v) + m[2], yv = m[4] * double(v) + m[5];
      const float* picture = x + row / map.ho * map.h * pitch;
      float* to = y + row * map.wo * 3;
      for (int64_t u = 0; u < map.wo; ++u) {
        const Lookup at(map, m, xv, yv, u);
        if (!at.inside(map) || u + 1 == map.wo) {
          plain(row * map.wo + u);
          continue;
        }
        const float* from = picture + at.sy * pitch + at.sx * 3;
        // Its fourth number is overwritten by the next pixel.
        store(to + u * 3, at.w00 * load(from) + at.w01 * load(from + 3) +
                              at.w10 * load(from + pitch) + at.w11 * load(from + pitch + 3));
      }
    }
  });
}

void affine_scatter(const AffineMap& map, int64_t n, const float* x, float* y) {
  parallel_each(n, [&](int64_t i) {
    scatter_picture(map, map.m + 6 * i, x + i * map.ho * map.wo * map.c,
                    y + i * map.h * map.w * map.c);
  });
}

void mirror_fold(const MirrorFold<float>& f, int64_t n) {
  const int64_t h = f.runs.h, w = f.runs.w, c = f.c, pitch = f.wi * c;
  parallel_ranges(n * h, 8, [&](int64_t begin, int64_t end) {
    float* line = thread_scratch().floats(size_t(pitch));
    for (int64_t row = begin; row < end; ++row) {
      std::fill(line, line + pitch, 0.0f);
      const Reflections rows(row % h, h, f.y0);
      for (int a = 0; a < rows.series; ++a) {
        for (int64_t yy = rows.first[a]; yy < f.hi; yy += rows.period) {
          const float* from = f.x + (row / h * f.hi + yy) * pitch;
          for (int64_t i = 0; i < pitch; ++i) line[i] += from[i];
        }
      }
      float* to = f.y + row * w * c;
      std::fill(to, to + w * c, 0.0f);
      // From one turning point to the next, forwards and backwards in turn.
      for (int64_t xx = 0; xx < f.wi;) {
        int64_t at = mirrored(xx - f.x0, w);
        const int64_t step = w == 1 ? 0 : mirrored(xx - f.x0 + 1, w) - at;
        do {
          for (int64_t k = 0; k < c; ++k) to[at * c + k] += line[xx * c + k];
          at += step;
          ++xx;
        } while (xx < f.wi && step != 0 && at >= 0 && at < w);
      }
    }
  });
}

}  // namespace sgan::kernels
