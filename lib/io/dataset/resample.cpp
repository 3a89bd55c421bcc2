#include "lib/io/dataset/resample.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace sgan::io {
namespace {

double sinc(double x) {
  if (x == 0) return 1;
  x *= std::numbers::pi;
  return std::sin(x) / x;
}

double weight(ResizeFilter filter, double x) {
  if (filter == ResizeFilter::box) return x >= -0.5 && x < 0.5 ? 1 : 0;
  return std::fabs(x) < 3 ? sinc(x) * sinc(x / 3) : 0;
}

// What one pixel of the result takes of the pixels from `first` on; sums to 1.
struct Taps {
  int first = 0;
  std::vector<float> weights;
};

std::vector<Taps> make_taps(int from, int to, ResizeFilter filter) {
  const double scale = double(from) / to, wide = std::max(scale, 1.0);
  const double radius = wide * (filter == ResizeFilter::box ? 0.5 : 3.0);
  std::vector<Taps> all(static_cast<size_t>(to));
  for (int i = 0; i < to; ++i) {
    const double centre = (i + 0.5) * scale;
    const int first = std::max(int(std::floor(centre - radius)), 0);
    const int last = std::min(int(std::ceil(centre + radius)), from);
    std::vector<double> w;
    double sum = 0;
    for (int k = first; k < last; ++k) {
      w.push_back(weight(filter, (k + 0.5 - centre) / wide));
      sum += w.back();
    }
    Taps& taps = all[size_t(i)];
    taps.first = first;
    for (const double v : w) taps.weights.push_back(float(v / sum));
  }
  return all;
}

// A kernel that repeats a pixel, or adds `channels` numbers of each of several pixels.
void add_row(float* to, const float* from, float weight, size_t count) {
  for (size_t i = 0; i < count; ++i) to[i] += weight * from[i];
}

}  // namespace

Canvas resize(const Canvas& from, int width, int height, ResizeFilter filter) {
  if (from.width == width && from.height == height) return from;
  const size_t channels = size_t(from.channels);
  Canvas across{width, from.height, from.channels, {}};
  across.pixels.assign(size_t(width) * size_t(from.height) * channels, 0.0f);
  const auto columns = make_taps(from.width, width, filter);
  for (int y = 0; y < from.height; ++y) {
    for (size_t x = 0; x < columns.size(); ++x) {
      const Taps& taps = columns[x];
      for (size_t k = 0; k < taps.weights.size(); ++k) {
        const float* pixel = from.row(y) + (size_t(taps.first) + k) * channels;
        add_row(across.row(y) + x * channels, pixel, taps.weights[k], channels);
      }
    }
  }
  Canvas to{width, height, from.channels, {}};
  to.pixels.assign(size_t(width) * size_t(height) * channels, 0.0f);
  const auto rows = make_taps(from.height, height, filter);
  for (size_t y = 0; y < rows.size(); ++y) {
    for (size_t k = 0; k < rows[y].weights.size(); ++k) {
      add_row(to.row(int(y)), across.row(rows[y].first + int(k)), rows[y].weights[k],
              size_t(width) * channels);
    }
  }
  return to;
}

}  // namespace sgan::io
