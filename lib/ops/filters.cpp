#include "lib/ops/filters.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "lib/rt/error.hpp"

namespace sgan::ops {
namespace {

constexpr double pi = std::numbers::pi;

double sinc(double x) { return x == 0 ? 1 : std::sin(pi * x) / (pi * x); }

void scale_to_sum_one(std::vector<double>& taps) {
  double sum = 0;
  for (double t : taps) sum += t;
  for (double& t : taps) t /= sum;
}

// Symmetric Kaiser window of n samples.
std::vector<double> kaiser(int n, double beta) {
  std::vector<double> window(size_t(n), 1.0);
  for (int i = 0; i < n && n > 1; ++i) {
    const double r = 2.0 * i / (n - 1) - 1;
    window[size_t(i)] = std::cyl_bessel_i(0, beta * std::sqrt(std::max(0.0, 1 - r * r))) /
                        std::cyl_bessel_i(0, beta);
  }
  return window;
}

double kaiser_beta(double attenuation) {
  if (attenuation > 50) return 0.1102 * (attenuation - 8.7);
  if (attenuation > 21) {
    return 0.5842 * std::pow(attenuation - 21, 0.4) + 0.07886 * (attenuation - 21);
  }
  return 0;
}

Filter finish(Filter filter, const FilterSetup& setup) {
  if (setup.normalize) scale_to_sum_one(filter.taps);
  if (setup.flip) std::reverse(filter.taps.begin(), filter.taps.end());
  const double gain = filter.separable ? std::sqrt(setup.gain) : setup.gain;
  for (double& t : filter.taps) t *= gain;
  return filter;
}

}  // namespace

Filter Filter::from(const rt::Tensor& t) {
  check(t.rank() == 1 || t.rank() == 2, "a filter of shape ", t.shape());
  Filter f;
  f.taps = t.to_doubles();
  f.separable = t.rank() == 1;
  f.height = f.separable ? 1 : int(t.size(0));
  f.width = int(t.size(-1));
  check(f.defined(), "a filter without taps");
  return f;
}

rt::Tensor Filter::tensor(rt::DType type) const {
  const auto shape = separable ? rt::Shape{width} : rt::Shape{height, width};
  return rt::Tensor::from(taps, shape).to(type);
}

Filter setup_filter(const std::vector<double>& f, const FilterSetup& setup) {
  check(!f.empty(), "a filter without taps");
  const int n = int(f.size());
  const bool separable = setup.separable >= 0 ? setup.separable == 1 : n >= 8;
  if (separable) return finish({f, 1, n, true}, setup);
  std::vector<double> outer;
  for (double a : f)
    for (double b : f) outer.push_back(a * b);
  return finish({outer, n, n, false}, setup);
}

Filter setup_filter_2d(const std::vector<double>& f, int height, int width,
                       const FilterSetup& setup) {
  check(height > 0 && width > 0 && f.size() == size_t(height) * size_t(width), "a filter of ",
        height, " x ", width, " taps has ", f.size());
  check(setup.separable != 1, "a 2-D filter is not separable");
  return finish({f, height, width, false}, setup);
}

Filter design_lowpass(int taps, double cutoff, double width, double fs, bool radial) {
  check(taps >= 1, "a low-pass filter of ", taps, " taps");
  if (taps == 1) return {};
  const double attenuation = 2.285 * (taps - 1) * pi * (width / (fs / 2)) + 7.95;
  const auto window = kaiser(taps, kaiser_beta(attenuation));
  const double centre = (taps - 1) / 2.0;
  Filter filter;
  if (!radial) {
    const double band = 2 * cutoff / fs;
    for (int i = 0; i < taps; ++i) {
      filter.taps.push_back(band * sinc(band * (i - centre)) * window[size_t(i)]);
    }
    filter.width = taps;
    filter.separable = true;
  } else {
    check(taps % 2 == 0, "a radial low-pass filter needs an even number of taps, not ", taps);
    for (int y = 0; y < taps; ++y) {
      for (int x = 0; x < taps; ++x) {
        const double r = std::hypot((x - centre) / fs, (y - centre) / fs);
        const double jinc = std::cyl_bessel_j(1, 2 * cutoff * pi * r) / (pi * r);
        filter.taps.push_back(jinc * window[size_t(x)] * window[size_t(y)]);
      }
    }
    filter.width = filter.height = taps;
  }
  scale_to_sum_one(filter.taps);
  return filter;
}

}  // namespace sgan::ops
