// Pictures mirrored at their borders, and affine maps of pictures with bilinear look-up, each with
// its adjoint.
#pragma once

#include "kernels/types.hpp"

namespace sgan::kernels {

// A work item is a run of pixels of a row: a whole row on the CPU, where what a row shares is then
// found once, a single pixel on CUDA, so that neighbours read neighbours.
struct Runs {
  int64_t h, w, length;
  SGAN_HD int64_t in_row() const { return (w + length - 1) / length; }
  struct Run {
    int64_t n, y, begin, end;
  };
  SGAN_HD Run at(int64_t i) const {
    const int64_t row = i / in_row(), begin = i % in_row() * length;
    return {row / h, row % h, begin, begin + length < w ? begin + length : w};
  }
};

// Position i of a line of n pixels that is mirrored about its first and last pixel without end.
SGAN_HD inline int64_t mirrored(int64_t i, int64_t n) {
  if (i >= 0 && i < n) return i;
  if (n == 1) return 0;
  const int64_t period = 2 * (n - 1);
  i %= period;
  if (i < 0) i += period;
  return i < n ? i : period - i;
}

// y [n, ho, wo, c] of x [n, h, w, c], which starts at (y0, x0) of y.
template <class T>
struct MirrorPad {
  static constexpr int64_t cpu_grain = 16;
  Runs runs;  // of y
  int64_t h, w, c, y0, x0;
  const T* x;
  T* y;
  SGAN_HD void operator()(int64_t i) const {
    const Runs::Run r = runs.at(i);
    const T* line = x + (r.n * h + mirrored(r.y - y0, h)) * w * c;
    T* to = y + ((r.n * runs.h + r.y) * runs.w + r.begin) * c;
    int64_t p = r.begin;
    for (; p < r.end && p < x0; ++p) to = pixel(line, p, to);
    const int64_t inner_end = r.end < x0 + w ? r.end : x0 + w;
    if (p < inner_end) {
      const int64_t count = (inner_end - p) * c;
      const T* from = line + (p - x0) * c;
      for (int64_t k = 0; k < count; ++k) to[k] = from[k];
      to += count;
      p = inner_end;
    }
    for (; p < r.end; ++p) to = pixel(line, p, to);
  }
  SGAN_HD T* pixel(const T* line, int64_t p, T* to) const {
    const T* from = line + mirrored(p - x0, w) * c;
    for (int64_t k = 0; k < c; ++k) *to++ = from[k];
    return to;
  }
};

// The positions of a mirrored line that show pixel i, the line starting at `shift`: first[s] and
// every `period`-th after it, for s < series.
struct Reflections {
  int64_t first[2], period;
  int series;
  SGAN_HD Reflections(int64_t i, int64_t n, int64_t shift) {
    period = n > 1 ? 2 * (n - 1) : 1;
    first[0] = (i + shift) % period;
    first[1] = ((shift - i) % period + period) % period;
    series = first[0] == first[1] ? 1 : 2;
  }
};

// The adjoint: y [n, h, w, c] sums x [n, hi, wi, c] over the reflections of each pixel.
template <class T>
struct MirrorFold {
  static constexpr int64_t cpu_grain = 4;
  Runs runs;  // of y
  int64_t hi, wi, c, y0, x0;
  const T* x;
  T* y;
  SGAN_HD void operator()(int64_t i) const {
    const Runs::Run r = runs.at(i);
    const Reflections rows(r.y, runs.h, y0);
    T* to = y + ((r.n * runs.h + r.y) * runs.w + r.begin) * c;
    for (int64_t p = r.begin; p < r.end; ++p) {
      const Reflections columns(p, runs.w, x0);
      for (int64_t k = 0; k < c; ++k) {
        acc_t<T> sum = 0;
        for (int a = 0; a < rows.series; ++a) {
          for (int64_t yy = rows.first[a]; yy < hi; yy += rows.period) {
            const T* line = x + (r.n * hi + yy) * wi * c + k;
            for (int b = 0; b < columns.series; ++b) {
              for (int64_t xx = columns.first[b]; xx < wi; xx += columns.period) {
                sum += acc_t<T>(line[xx * c]);
              }
            }
          }
        }
        *to++ = T(sum);
      }
    }
  }
};

// Where a look-up falls: the pixel before it and the distance from there. Positions are doubles
// and the origin an integer apart, so that where a picture lies in a larger one changes no bit.
struct Between {
  int64_t at;
  double beyond;
  SGAN_HD explicit Between(double position) {
    at = int64_t(position);
    if (double(at) > position) --at;
    beyond = position - double(at);
  }
};

// Geometry of a look-up: pixel (u, v) of the result lies at (m0 u + m1 v + m2 + x0,
// m3 u + m4 v + m5 + y0) of the source, m [n, 2, 3] with finite numbers.
struct AffineMap {
  int64_t h, w, ho, wo, c;  // of the source and of the result
  int64_t y0, x0;
  const double* m;
};

// y [n, ho, wo, c] of x [n, h, w, c], which is zero outside.
template <class T>
struct AffineSample {
  static constexpr int64_t cpu_grain = 4;
  AffineMap map;
  Runs runs;  // of y
  const T* x;
  T* y;
  SGAN_HD void operator()(int64_t i) const {
    const Runs::Run r = runs.at(i);
    const double* m = map.m + 6 * r.n;
    const double xv = m[1] * double(r.y) + m[2], yv = m[4] * double(r.y) + m[5];
    const int64_t c = map.c;
    const T* picture = x + r.n * map.h * map.w * c;
    T* to = y + ((r.n * map.ho + r.y) * map.wo + r.begin) * c;
    for (int64_t u = r.begin; u < r.end; ++u, to += c) {
      const Between px(m[0] * double(u) + xv), py(m[3] * double(u) + yv);
      const int64_t sx = px.at + map.x0, sy = py.at + map.y0;
      const acc_t<T> fx = acc_t<T>(px.beyond), fy = acc_t<T>(py.beyond);
      const acc_t<T> w00 = (1 - fx) * (1 - fy), w01 = fx * (1 - fy);
      const acc_t<T> w10 = (1 - fx) * fy, w11 = fx * fy;
      const T* from = picture + (sy * map.w + sx) * c;
      if (sx >= 0 && sy >= 0 && sx + 1 < map.w && sy + 1 < map.h) {
        const T* below = from + map.w * c;
        for (int64_t k = 0; k < c; ++k) {
          to[k] = T(w00 * acc_t<T>(from[k]) + w01 * acc_t<T>(from[k + c]) +
                    w10 * acc_t<T>(below[k]) + w11 * acc_t<T>(below[k + c]));
        }
        continue;
      }
      const bool left = sx >= 0 && sx < map.w, right = sx >= -1 && sx + 1 < map.w;
      const bool above = sy >= 0 && sy < map.h, under = sy >= -1 && sy + 1 < map.h;
      for (int64_t k = 0; k < c; ++k) {
        acc_t<T> sum = 0;
        if (above && left) sum += w00 * acc_t<T>(from[k]);
        if (above && right) sum += w01 * acc_t<T>(from[k + c]);
        if (under && left) sum += w10 * acc_t<T>(from[k + map.w * c]);
        if (under && right) sum += w11 * acc_t<T>(from[k + map.w * c + c]);
        to[k] = T(sum);
      }
    }
  }
};

// Narrows [low, high] to the integers u with |a u + b| < 1 (or a little more).
SGAN_HD inline void narrow(double a, double b, double* low, double* high) {
  const double size = a < 0 ? -a : a;
  if (size < 1e-9) return;
  const double middle = -b / a, reach = 1 / size + 1e-6;
  if (middle - reach > *low) *low = middle - reach;
  if (middle + reach < *high) *high = middle + reach;
}

// The adjoint: y [n, h, w, c] gathers from x [n, ho, wo, c] what each of its pixels gave to. Maps
// must be invertible.
template <class T>
struct AffineAdjoint {
  static constexpr int64_t cpu_grain = 1;
  AffineMap map;
  Runs runs;  // of y
  const T* x;
  T* y;
  SGAN_HD void operator()(int64_t i) const {
    const Runs::Run r = runs.at(i);
    const double* m = map.m + 6 * r.n;
    const double inverse = 1 / (m[0] * m[4] - m[1] * m[3]);
    const int64_t sy = r.y - map.y0, c = map.c;
    const T* picture = x + r.n * map.ho * map.wo * c;
    T* to = y + ((r.n * map.h + r.y) * map.w + r.begin) * c;
    for (int64_t p = r.begin; p < r.end; ++p, to += c) {
      const int64_t sx = p - map.x0;
      const double dx = double(sx) - m[2], dy = double(sy) - m[5];
      const double centre = (m[0] * dy - m[3] * dx) * inverse;
      const double reach = (absolute(m[0]) + absolute(m[3])) * absolute(inverse) + 1e-6;
      const int64_t from = centre - reach > 0 ? int64_t(centre - reach) : 0;
      const int64_t to_v =
          centre + reach < double(map.ho - 1) ? int64_t(centre + reach) : map.ho - 1;
      for (int64_t k = 0; k < c; ++k) {
        acc_t<T> sum = 0;
        for (int64_t v = from; v <= to_v; ++v) {
          double low = 0, high = double(map.wo - 1);
          const double xv = m[1] * double(v) + m[2], yv = m[4] * double(v) + m[5];
          narrow(m[0], xv - double(sx), &low, &high);
          narrow(m[3], yv - double(sy), &low, &high);
          for (int64_t u = int64_t(low); double(u) <= high; ++u) {
            const Between px(m[0] * double(u) + xv), py(m[3] * double(u) + yv);
            const acc_t<T> fx = acc_t<T>(px.beyond), fy = acc_t<T>(py.beyond);
            const acc_t<T> wx = px.at == sx ? 1 - fx : px.at == sx - 1 ? fx : 0;
            const acc_t<T> wy = py.at == sy ? 1 - fy : py.at == sy - 1 ? fy : 0;
            if (wx != 0 && wy != 0) sum += wx * wy * acc_t<T>(picture[(v * map.wo + u) * c + k]);
          }
        }
        to[k] = T(sum);
      }
    }
  }
  SGAN_HD static double absolute(double a) { return a < 0 ? -a : a; }
};

}  // namespace sgan::kernels
