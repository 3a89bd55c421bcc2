#include "lib/metrics/moved_pictures.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "lib/metrics/planes.hpp"
#include "lib/rt/dispatch.hpp"

namespace sgan::metrics {
namespace {

using rt::DType;
using rt::Tensor;

constexpr BandlimitSettings kRotation{.a = 3, .amax = 6, .up = 4};
constexpr BandlimitSettings kStanding{.a = 3, .amax = 6, .up = 1};

template <class Body>
auto in_type_of(const Tensor& pictures, const Body& body) {
  check(pictures.rank() == 4 && pictures.device() == rt::cpu, "pictures of shape ",
        pictures.shape(), " cannot be moved");
  return pictures.dtype() == DType::f64 ? body(double{}) : body(float{});
}

// 1 in rows y0 .. y1 - 1 and columns x0 .. x1 - 1, which may lie outside.
Tensor box_mask(int64_t height, int64_t width, int64_t y0, int64_t y1, int64_t x0, int64_t x1) {
  const Tensor mask = Tensor::zeros({height, width}, DType::u8);
  x0 = std::clamp<int64_t>(x0, 0, width);
  x1 = std::clamp<int64_t>(x1, x0, width);
  for (int64_t y = std::max<int64_t>(y0, 0); y < std::min(y1, height); ++y) {
    std::memset(mask.data<uint8_t>() + y * width + x0, 1, size_t(x1 - x0));
  }
  return mask;
}

// Whole pixels and the rest, of which nothing is left when `whole`.
struct Shift {
  int64_t pixels = 0;
  double rest = 0;
  Shift(double t, int64_t size, bool whole) {
    const double moved = t * double(size);
    check(std::isfinite(moved) && std::fabs(moved) < 1e9, "a shift by ", t, " picture widths");
    pixels = int64_t(whole ? std::nearbyint(moved) : std::floor(moved));
    if (!whole) rest = moved - double(pixels);
  }
};

// Taps for pixels n - pixels - j, j = 1 - a .. a, of a line that moves by `rest` of a pixel.
std::vector<double> lanczos_taps(double rest, int a) {
  std::vector<double> taps;
  double sum = 0;
  for (int j = 1 - a; j <= a; ++j) {
    taps.push_back(sinc(j - rest) * sinc((j - rest) / a));
    sum += taps.back();
  }
  for (double& tap : taps) tap /= sum;
  return taps;
}

// to[i] += tap * from[i - move] for lines of `size`, with zeros outside `from`.
template <class T>
void add_moved(T* to, const T* from, int64_t size, int64_t move, T tap) {
  const int64_t begin = std::clamp<int64_t>(move, 0, size);
  const int64_t end = std::clamp<int64_t>(size + move, 0, size);
  for (int64_t i = begin; i < end; ++i) to[i] += tap * from[i - move];
}

template <class T>
Tensor shift_by_taps(const Tensor& pictures, const Shift& x, const Shift& y, int a) {
  const Planes<T> planes(pictures, 0);
  Planes<T> result(pictures.shape(), 0);
  const auto taps_x = lanczos_taps(x.rest, a), taps_y = lanczos_taps(y.rest, a);
  const int64_t height = planes.height, width = planes.width;
  kernels::parallel_each(planes.count, [&](int64_t plane) {
    std::vector<T> across(size_t(height * width));
    for (int64_t row = 0; row < height; ++row) {
      for (int k = 0; k < 2 * a; ++k) {
        add_moved(across.data() + row * width, planes.at(plane, row, 0), width,
                  x.pixels + k + 1 - a, T(taps_x[size_t(k)]));
      }
    }
    for (int64_t row = 0; row < height; ++row) {
      T* to = result.at(plane, row, 0);
      for (int k = 0; k < 2 * a; ++k) {
        const int64_t from = row - (y.pixels + k + 1 - a);
        if (from < 0 || from >= height) continue;
        add_moved(to, across.data() + from * width, width, 0, T(taps_y[size_t(k)]));
      }
    }
  });
  return result.pictures();
}

int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }

// A band-limiting filter, cut into what each pixel between four samples of the fine grid needs.
// Pixel n lies at sample up * n + up / 2 of the fine grid, so a sample hears a pixel in every up-th
// tap: 2 * amax pixels along each axis, the same ones as the sample after it.
template <class T>
class Phases {
 public:
  Phases(const BandlimitFilter& filter, int up)
      : up_(up), reach_(filter.side / 2), taps_((filter.side + 1) / up) {
    values_.resize(size_t(up) * size_t(up) * 4 * size_t(taps_) * size_t(taps_));
    T* to = values_.data();
    const auto tap = [&](int64_t y, int64_t x) {
      const bool inside = y >= 0 && y < filter.side && x >= 0 && x < filter.side;
      return inside ? filter.taps[size_t(y * filter.side + x)] : 0.0;
    };
    for (int phase = 0; phase < up * up; ++phase) {
      const int ry = phase / up, rx = phase % up;
      for (int corner = 0; corner < 4; ++corner) {
        for (int64_t j = 0; j < taps_; ++j) {
          for (int64_t k = 0; k < taps_; ++k) {
            *to++ = T(up * up *
                      tap(filter.side - up + ry + corner / 2 - up * j,
                          filter.side - up + rx + corner % 2 - up * k));
          }
        }
      }
    }
  }

  int64_t reach() const { return reach_; }  // in samples of the fine grid
  int64_t taps() const { return taps_; }    // pixels in each axis

  // The first pixel that samples i and i + 1 hear.
  int64_t first_pixel(int64_t i) const { return floor_div(i - up_ / 2, up_) - taps_ / 2 + 1; }

  // Weights of the taps() x taps() pixels from first_pixel() on, at fy, fx of the way from sample
  // (y, x) to the next.
  void weights(int64_t y, int64_t x, T fy, T fx, T* out) const {
    const int64_t qy = y - up_ / 2, qx = x - up_ / 2;
    const int64_t phase = (qy - floor_div(qy, up_) * up_) * up_ + qx - floor_div(qx, up_) * up_;
    const int64_t size = taps_ * taps_;
    const T* a = values_.data() + phase * 4 * size;
    const T *b = a + size, *c = b + size, *d = c + size;
    const T wa = (1 - fy) * (1 - fx), wb = (1 - fy) * fx, wc = fy * (1 - fx), wd = fy * fx;
    for (int64_t i = 0; i < size; ++i) out[i] = wa * a[i] + wb * b[i] + wc * c[i] + wd * d[i];
  }

 private:
  int64_t up_, reach_, taps_;
  std::vector<T> values_;  // [up, up, 4 corners, taps, taps]
};

// Sum of weights times the square of pixels that begins at `from`. kTaps: `taps`, where it is known
// when this is compiled, or 0.
template <int kTaps, class T>
T weighted(const T* weights, const T* from, int64_t stride, int64_t taps) {
  constexpr int lanes = kTaps ? kTaps : 1;
  T sums[lanes] = {};
  for (int64_t y = 0; y < (kTaps ? kTaps : taps); ++y) {
    const T* w = weights + y * (kTaps ? kTaps : taps);
    const T* x = from + y * stride;
    if constexpr (kTaps > 0) {
      for (int k = 0; k < kTaps; ++k) sums[k] += w[k] * x[k];
    } else {
      for (int64_t k = 0; k < taps; ++k) sums[0] += w[k] * x[k];
    }
  }
  T sum = 0;
  for (const T part : sums) sum += part;
  return sum;
}

template <class T>
Moved resample_in(const Tensor& pictures, const Matrix& m, const BandlimitSettings& settings) {
  const Matrix back = inverse(m);
  const Phases<T> phases(bandlimit_filter(m, settings), settings.up);
  const int64_t taps = phases.taps(), reach = phases.reach(), margin = 2 * reach + 1;
  const Planes<T> planes(pictures, taps);
  const int64_t height = planes.height, width = planes.width, up = settings.up;
  const auto sum = taps == 12 ? weighted<12, T> : weighted<0, T>;
  Planes<T> result(pictures.shape(), 0);
  const Tensor mask = Tensor::zeros({height, width}, DType::u8);
  // The fine grid goes on for `reach` samples outside the picture; a sample whose taps might all
  // the same leave the picture is not trusted.
  const auto trusted = [&](double at, int64_t size) {
    const double nearest = std::nearbyint(at);
    return nearest >= double(margin) && nearest < double(size * up + 2 * reach - margin);
  };
  kernels::parallel_each(height, [&](int64_t row) {
    std::vector<T> weights(size_t(taps * taps));
    const double v = (double(row) + 0.5) / double(height) - 0.5;
    for (int64_t column = 0; column < width; ++column) {
      const double u = (double(column) + 0.5) / double(width) - 0.5;
      const double x = (back[0] * u + back[1] * v + back[2] + 0.5) * double(width * up);
      const double y = (back[3] * u + back[4] * v + back[5] + 0.5) * double(height * up);
      if (!trusted(x + double(reach), width) || !trusted(y + double(reach), height)) continue;
      mask.data<uint8_t>()[row * width + column] = 1;
      const auto x0 = int64_t(std::floor(x)), y0 = int64_t(std::floor(y));
      phases.weights(y0, x0, T(y - double(y0)), T(x - double(x0)), weights.data());
      const int64_t first_y = phases.first_pixel(y0), first_x = phases.first_pixel(x0);
      for (int64_t plane = 0; plane < planes.count; ++plane) {
        *result.at(plane, row, column) =
            sum(weights.data(), planes.at(plane, first_y, first_x), planes.stride(), taps);
      }
    }
  });
  return {result.pictures(), mask};
}

// Convolution with an odd square filter.
template <class T>
Tensor convolved(const Tensor& pictures, const BandlimitFilter& filter) {
  const int64_t side = filter.side, reach = side / 2;
  const Planes<T> planes(pictures, reach);
  Planes<T> result(pictures.shape(), 0);
  const std::vector<T> taps(filter.taps.begin(), filter.taps.end());
  kernels::parallel_ranges(planes.count * planes.height, 8, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t plane = i / planes.height, row = i % planes.height;
      T* to = result.at(plane, row, 0);
      for (int64_t k = 0; k < side * side; ++k) {
        const T tap = taps[size_t(k)];
        const T* from = planes.at(plane, row + reach - k / side, reach - k % side);
        for (int64_t x = 0; x < planes.width; ++x) to[x] += tap * from[x];
      }
    }
  });
  return result.pictures();
}

}  // namespace

Moved shift_whole(const Tensor& pictures, double x, double y) {
  return in_type_of(pictures, [&](auto zero) {
    using T = decltype(zero);
    const int64_t height = pictures.size(1), width = pictures.size(2), channels = pictures.size(3);
    const Shift sx(x, width, true), sy(y, height, true);
    const Tensor out = Tensor::zeros(pictures.shape(), pictures.dtype());
    for (int64_t row = 0; row < pictures.size(0) * height; ++row) {
      const int64_t from = row % height - sy.pixels;
      if (from < 0 || from >= height) continue;
      add_moved(out.template data<T>() + row * width * channels,
                pictures.template data<T>() + (row - sy.pixels) * width * channels,
                width * channels, sx.pixels * channels, T(1));
    }
    return Moved{
        out, box_mask(height, width, sy.pixels, height + sy.pixels, sx.pixels, width + sx.pixels)};
  });
}

Moved shift_lanczos(const Tensor& pictures, double x, double y, int a) {
  check(a >= 1 && a <= 64, "a Lanczos filter of ", a, " lobes");
  return in_type_of(pictures, [&](auto zero) {
    const int64_t height = pictures.size(1), width = pictures.size(2);
    const Shift sx(x, width, false), sy(y, height, false);
    return Moved{
        shift_by_taps<decltype(zero)>(pictures, sx, sy, a),
        box_mask(height, width, sy.pixels + a, height + std::min<int64_t>(sy.pixels + 1 - a, 0),
                 sx.pixels + a, width + std::min<int64_t>(sx.pixels + 1 - a, 0))};
  });
}

Moved resample(const Tensor& pictures, const Matrix& m, const BandlimitSettings& settings) {
  return in_type_of(pictures,
                    [&](auto zero) { return resample_in<decltype(zero)>(pictures, m, settings); });
}

Moved rotate(const Tensor& pictures, double angle) {
  return resample(pictures, rotation(angle), kRotation);
}

Moved filter_like_rotated(const Tensor& pictures, double angle) {
  return in_type_of(pictures, [&](auto zero) {
    const BandlimitFilter filter = bandlimit_filter(rotation(-angle), kStanding);
    const int64_t height = pictures.size(1), width = pictures.size(2), edge = filter.side / 2;
    return Moved{convolved<decltype(zero)>(pictures, filter),
                 box_mask(height, width, edge, height - edge, edge, width - edge)};
  });
}

}  // namespace sgan::metrics
