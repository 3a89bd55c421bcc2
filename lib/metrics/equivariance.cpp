#include "lib/metrics/equivariance.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "kernels/parallel.hpp"
#include "lib/metrics/draws.hpp"
#include "lib/metrics/moved_pictures.hpp"

namespace sgan::metrics {
namespace {

using rt::DType;
using rt::Tensor;

constexpr uint32_t kStream = 3;  // of uniform_draw()

// Row by row, so that the sum does not depend on the number of threads.
template <class T>
void add_sums(const Compared& c, int column, double* rows) {
  const int64_t height = c.expected.size(1), width = c.expected.size(2);
  const int64_t channels = c.expected.size(3), lines = c.expected.size(0) * height;
  const T *a = c.expected.data<T>(), *b = c.generated.data<T>();
  const uint8_t* mask = c.mask.data<uint8_t>();
  std::vector<double> errors(static_cast<size_t>(lines));
  kernels::parallel_ranges(lines, 16, [&](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; ++line) {
      const uint8_t* valid = mask + line % height * width;
      for (int64_t x = 0; x < width; ++x) {
        if (!valid[x]) continue;
        for (int64_t i = (line * width + x) * channels; i < (line * width + x + 1) * channels;
             ++i) {
          const double d = double(a[i]) - double(b[i]);
          errors[size_t(line)] += d * d;
        }
      }
    }
  });
  const auto values = std::count(mask, mask + height * width, 1) * channels;
  for (int64_t line = 0; line < lines; ++line) {
    rows[line / height * kEquivarianceColumns + column] += errors[size_t(line)];
  }
  for (int64_t n = 0; n < c.expected.size(0); ++n) {
    check(std::isfinite(rows[n * kEquivarianceColumns + column]),
          "the network gives values that are not finite");
  }
  for (int64_t n = 0; n < c.expected.size(0); ++n) {
    rows[n * kEquivarianceColumns + column + 1] = double(values);
  }
}

}  // namespace

EquivarianceDraw draw_equivariance(uint64_t seed, uint64_t group) {
  double uniform[5];
  for (uint64_t i = 0; i < 5; ++i) uniform[i] = uniform_draw(seed, kStream, group * 5 + i);
  return {{uniform[0], uniform[1]}, {uniform[2], uniform[3]}, uniform[4]};
}

Matrix Movement::transform() const {
  Matrix m = rotation(-angle);
  m[2] = -x;
  m[5] = -y;
  return m;
}

Movement movement(Equivariance kind, const EquivarianceDraw& draw,
                  const EquivarianceSettings& settings, int64_t resolution) {
  const auto moved = [&](double u) { return (2 * u - 1) * settings.translate_max; };
  const auto whole = [&](double u) {
    return std::nearbyint(moved(u) * double(resolution)) / double(resolution);
  };
  switch (kind) {
    case Equivariance::whole:
      return {whole(draw.whole[0]), whole(draw.whole[1]), 0};
    case Equivariance::fractional:
      return {moved(draw.fractional[0]), moved(draw.fractional[1]), 0};
    default:
      return {0, 0, (2 * draw.angle - 1) * std::numbers::pi * settings.rotate_max};
  }
}

Compared compare_equivariance(Equivariance kind, const Movement& by, const Tensor& original,
                              const Tensor& moved) {
  check(original.shape() == moved.shape() && original.dtype() == moved.dtype(),
        "pictures of shape ", original.shape(), " became ", moved.shape(), " when moved");
  if (kind == Equivariance::rotation) {
    const Moved turned = rotate(original, by.angle);
    const Moved filtered = filter_like_rotated(moved, by.angle);
    auto mask = turned.mask.span<uint8_t>();
    const auto other = filtered.mask.span<uint8_t>();
    for (size_t i = 0; i < mask.size(); ++i) mask[i] &= other[i];
    return {turned.pictures, filtered.pictures, turned.mask};
  }
  const Moved shifted = kind == Equivariance::whole ? shift_whole(original, by.x, by.y)
                                                    : shift_lanczos(original, by.x, by.y);
  return {shifted.pictures, moved, shifted.mask};
}

Tensor equivariance_sums(const MovedGenerator& generate, const EquivarianceDraw& draw,
                         const EquivarianceSettings& settings) {
  const Tensor original = generate(translation(0, 0));
  const Tensor sums = Tensor::zeros({original.size(0), kEquivarianceColumns}, DType::f64);
  for (int k = 0; k < kEquivariances; ++k) {
    if (!settings.wanted[k]) continue;
    const auto kind = Equivariance(k);
    const Movement by = movement(kind, draw, settings, original.size(2));
    const Compared c = compare_equivariance(kind, by, original, generate(by.transform()));
    if (original.dtype() == DType::f64) {
      add_sums<double>(c, 2 * k, sums.data<double>());
    } else {
      add_sums<float>(c, 2 * k, sums.data<double>());
    }
  }
  return sums;
}

Decibels equivariance_decibels(Equivariance kind, const Tensor& sums, int64_t group) {
  check(sums.rank() == 2 && sums.size(1) == kEquivarianceColumns && group > 0,
        "no sums of equivariance: ", sums.shape());
  const double* rows = sums.data<double>() + 2 * int(kind);
  const int64_t samples = sums.size(0);
  double error = 0, values = 0;
  for (int64_t n = 0; n < samples; ++n) {
    error += rows[n * kEquivarianceColumns];
    values += rows[n * kEquivarianceColumns + 1];
  }
  check(values > 0, "the pictures are too small: nothing is left to be compared after the border");
  const double mean = error / values;
  Decibels result{20 * std::log10(2.0) - 10 * std::log10(mean), {}};
  const int64_t groups = (samples + group - 1) / group;
  if (groups < 2 || !(error > 0)) return result;
  // A ratio's variance is that of error - mean * values, summed over each group.
  double square = 0;
  for (int64_t g = 0; g < groups; ++g) {
    double rest = 0;
    for (int64_t n = g * group; n < std::min(samples, (g + 1) * group); ++n) {
      rest += rows[n * kEquivarianceColumns] - mean * rows[n * kEquivarianceColumns + 1];
    }
    square += rest * rest;
  }
  const double deviation = std::sqrt(square * double(groups) / double(groups - 1)) / values;
  const double reach = 1.96 * 10 / std::numbers::ln10 * deviation / mean;
  result.interval = {result.value - reach, result.value + reach};
  return result;
}

}  // namespace sgan::metrics
