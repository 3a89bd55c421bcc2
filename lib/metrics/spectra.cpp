#include "lib/metrics/spectra.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "kernels/parallel.hpp"

namespace sgan::metrics {
namespace {

using rt::DType;
using rt::Tensor;

constexpr int64_t kLines = 8;  // transforms side by side: what fits into a cache
constexpr double kMiddle = 127.5;
constexpr double kNothing =
    1e-30;  // less power is that much: no infinity to be smeared over others

template <class Body>
void with_values(const Tensor& pictures, const Body& body) {
  switch (pictures.dtype()) {
    case DType::u8:
      return body(pictures.data<uint8_t>());
    case DType::f64:
      return body(pictures.data<double>());
    default:
      return body(pictures.data<float>());
  }
}

// Modified Bessel function of the first kind, order 0, by its series.
double bessel_i0(double x) {
  double sum = 1, term = 1;
  for (int k = 1; term > 1e-17 * sum; ++k) {
    term *= x * x / (4.0 * k * k);
    sum += term;
  }
  return sum;
}

// Lines of a square field convolved with a Gaussian, continued by their ends; written transposed.
std::vector<double> blurred_transposed(const std::vector<double>& field, int64_t side,
                                       double sigma) {
  const auto reach = int64_t(4 * sigma + 0.5);
  std::vector<double> taps;
  double sum = 0;
  for (int64_t k = -reach; k <= reach; ++k) {
    taps.push_back(std::exp(-0.5 * double(k * k) / (sigma * sigma)));
    sum += taps.back();
  }
  std::vector<double> out(field.size());
  kernels::parallel_ranges(side, 16, [&](int64_t begin, int64_t end) {
    for (int64_t y = begin; y < end; ++y) {
      for (int64_t x = 0; x < side; ++x) {
        double value = 0;
        for (int64_t k = -reach; k <= reach; ++k) {
          const int64_t at = std::clamp<int64_t>(x + k, 0, side - 1);
          value += taps[size_t(k + reach)] * field[size_t(y * side + at)];
        }
        out[size_t(x * side + y)] = value / sum;
      }
    }
  });
  return out;
}

// `step`: cycles per picture from one value to the next.
Slice slice(const Tensor& map, double step, int64_t rows) {
  const int64_t side = map.size(0), center = (side - 1) / 2;
  Slice s;
  for (int64_t i = 0; i + center < side; ++i) {
    s.frequency.push_back(step * double(i));
    s.decibels.push_back(map.data<double>()[(center + i * rows) * side + center + i]);
  }
  return s;
}

}  // namespace

void PixelStatistics::add(const Tensor& pictures) {
  with_values(pictures, [&](const auto* values) {
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < pictures.numel(); ++i) {
      const double v = double(values[i]) - kMiddle;
      sum += v;
      squares += v * v;
    }
    sums_[1] += sum;
    sums_[2] += squares;
  });
  sums_[0] += double(pictures.numel());
}

double PixelStatistics::mean() const {
  check(count() > 0, "the mean of no pictures");
  return sums_[1] / sums_[0] + kMiddle;
}

double PixelStatistics::deviation() const {
  check(count() > 0, "the deviation of no pictures");
  const double mean = sums_[1] / sums_[0];
  return std::sqrt(std::max(sums_[2] / sums_[0] - mean * mean, 0.0));
}

std::vector<double> kaiser_window(int size, double beta) {
  check(size >= 1 && beta >= 0 && beta < 700, "a window of ", size, " values, beta ", beta);
  std::vector<double> window(static_cast<size_t>(size), 1.0);
  double squares = 0;
  for (int i = 0; i < size; ++i) {
    const double x = size > 1 ? 2.0 * i / (size - 1) - 1 : 0;
    window[size_t(i)] = bessel_i0(beta * std::sqrt(std::max(1 - x * x, 0.0)));
    squares += window[size_t(i)] * window[size_t(i)];
  }
  for (double& v : window) v /= std::sqrt(squares);
  return window;
}

SpectraAverage::SpectraAverage(int size, const SpectraSettings& settings)
    : size_(size),
      settings_(settings),
      window_(kaiser_window(size, settings.beta)),
      fft_(size * settings.interp) {
  check(settings.deviation > 0 && std::isfinite(settings.mean),
        "pictures without any contrast have no spectrum: mean ", settings.mean, ", deviation ",
        settings.deviation);
  sums_.resize(size_t(side()) * size_t(side()) + 2);
  half_.resize(2 * size_t(size) * size_t(side()));
}

void SpectraAverage::add(const Tensor& pictures) {
  check(pictures.rank() == 4 && pictures.size(1) == size_ && pictures.size(2) == size_,
        "pictures of shape ", pictures.shape(), " where ", size_, "x", size_, " is expected");
  const int64_t channels = pictures.size(3), area = int64_t(size_) * size_;
  const int64_t count = pictures.size(0) * channels;
  std::vector<double> pair(size_t(2 * area));
  with_values(pictures, [&](const auto* values) {
    for (int64_t plane = 0; plane < count; ++plane) {
      const auto* from = values + plane / channels * area * channels + plane % channels;
      double* to = pair.data() + plane % 2 * area;
      double sum = 0;
      for (int64_t i = 0; i < area; ++i) {
        const double v = (double(from[i * channels]) - settings_.mean) / settings_.deviation;
        to[i] = v * window_[size_t(i / size_)] * window_[size_t(i % size_)];
        sum += v;
      }
      check(std::isfinite(sum), "a picture holds values that are not finite");
      if (plane % 2 == 1 || plane + 1 == count) add_pair(pair.data(), plane % 2 + 1);
    }
  });
  sums_.end()[-2] += double(count);
  sums_.back() += double(pictures.size(0));
}

// Two real pictures a and b are transformed as a + ib. The sum of both powers at a frequency is the
// mean of this transform's power there and at the opposite frequency, which spectrum() takes.
void SpectraAverage::add_pair(const double* planes, int64_t count) {
  const int64_t size = size_, side = fft_.size(), area = size * size;
  double *half_re = half_.data(), *half_im = half_re + size * side;
  kernels::parallel_each((size + kLines - 1) / kLines, [&](int64_t block) {
    const int64_t x0 = block * kLines, lines = std::min(kLines, size - x0);
    std::vector<double> re(size_t(side * lines)), im(re), work(2 * re.size());
    for (int64_t y = 0; y < size; ++y) {
      for (int64_t b = 0; b < lines; ++b) {
        re[size_t(y * lines + b)] = planes[y * size + x0 + b];
        if (count > 1) im[size_t(y * lines + b)] = planes[area + y * size + x0 + b];
      }
    }
    fft_.forward(re.data(), im.data(), lines, work.data());
    for (int64_t b = 0; b < lines; ++b) {
      for (int64_t k = 0; k < side; ++k) {
        half_re[(x0 + b) * side + k] = re[size_t(k * lines + b)];
        half_im[(x0 + b) * side + k] = im[size_t(k * lines + b)];
      }
    }
  });
  kernels::parallel_each((side + kLines - 1) / kLines, [&](int64_t block) {
    const int64_t k0 = block * kLines, lines = std::min(kLines, side - k0);
    std::vector<double> re(size_t(side * lines)), im(re), work(2 * re.size());
    for (int64_t x = 0; x < size; ++x) {
      std::copy_n(half_re + x * side + k0, lines, re.data() + x * lines);
      std::copy_n(half_im + x * side + k0, lines, im.data() + x * lines);
    }
    fft_.forward(re.data(), im.data(), lines, work.data());
    for (int64_t k = 0; k < side; ++k) {
      double* to = sums_.data() + k * side + k0;
      for (int64_t b = 0; b < lines; ++b) {
        const double r = re[size_t(k * lines + b)], i = im[size_t(k * lines + b)];
        to[b] += r * r + i * i;
      }
    }
  });
}

Tensor SpectraAverage::spectrum() const {
  const int64_t n = side();
  const double planes = sums_.end()[-2];
  check(planes > 0, "the spectrum of no pictures");
  const Tensor out({n, n}, DType::f64);
  for (int64_t y = 0; y < n; ++y) {
    for (int64_t x = 0; x < n; ++x) {
      const double both = sums_[size_t(x * n + y)] + sums_[size_t((n - x) % n * n + (n - y) % n)];
      out.data<double>()[y * n + x] = both / 2 / planes;
    }
  }
  return out;
}

Tensor spectrum_heat_map(const Tensor& spectrum, int size, double smooth) {
  check(spectrum.rank() == 2 && spectrum.size(0) == spectrum.size(1) && size >= 1 && smooth >= 0,
        "no heat map of ", spectrum.shape());
  const int64_t n = spectrum.size(0), side = n + 1;
  std::vector<double> map(size_t(side * side));
  // Frequency 0 goes to n / 2, and the first row and column come again at the end.
  for (int64_t y = 0; y < side; ++y) {
    for (int64_t x = 0; x < side; ++x) {
      const int64_t from_y = (y + n - n / 2) % n, from_x = (x + n - n / 2) % n;
      const double power = spectrum.data<double>()[from_y * n + from_x];
      map[size_t(y * side + x)] = 10 * std::log10(std::max(power, kNothing));
    }
  }
  if (smooth > 0) {
    const double sigma = double(n) / size * smooth;
    map = blurred_transposed(map, side, sigma);
    map = blurred_transposed(map, side, sigma);
  }
  return Tensor::from(map, {side, side});
}

Slice slice_0(const Tensor& heat_map, int size) {
  return slice(heat_map, size / double(heat_map.size(0) - 1), 0);
}

Slice slice_45(const Tensor& heat_map, int size) {
  return slice(heat_map, size * std::numbers::sqrt2 / double(heat_map.size(0) - 1), 1);
}

}  // namespace sgan::metrics
