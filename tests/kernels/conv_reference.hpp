// Double-precision convolution, its data and weight gradients, to hold float32 ones against.
// Errors are relative to the sum of magnitudes, which is what rounding goes by.
#pragma once

#include <hwy/highway.h>
#include <hwy/targets.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>
#include <vector>

#include "kernels/cpu/conv_amx.hpp"

namespace conv_reference {

using namespace sgan::kernels;

inline std::vector<float> random(int64_t count, unsigned seed) {
  std::mt19937 gen(seed);
  std::normal_distribution<float> normal;
  std::vector<float> v(static_cast<size_t>(count));
  for (float& f : v) f = normal(gen);
  return v;
}

// Floats aligned to 64 bytes, NaN at first or a copy, between guards.
class Buffer {
 public:
  explicit Buffer(size_t count) : size_(count), all_(count + 2 * kGuard + 16, kSentinel) {
    start_ = all_.data() + kGuard;
    while (reinterpret_cast<uintptr_t>(start_) % 64) ++start_;
    std::fill_n(start_, count, std::numeric_limits<float>::quiet_NaN());
  }
  explicit Buffer(const std::vector<float>& from) : Buffer(from.size()) {
    std::copy(from.begin(), from.end(), start_);
  }
  Buffer(const Buffer&) = delete;
  float* data() { return start_; }
  const float* data() const { return start_; }
  size_t size() const { return size_; }
  float operator[](size_t i) const { return start_[i]; }
  bool guarded() const {
    const float* p = all_.data();
    return std::all_of(p, const_cast<const float*>(start_), is_sentinel) &&
           std::all_of(static_cast<const float*>(start_ + size_), p + all_.size(), is_sentinel);
  }

 private:
  static constexpr size_t kGuard = 32;
  static constexpr float kSentinel = 4321.25f;
  static bool is_sentinel(float f) { return f == kSentinel; }
  size_t size_;
  std::vector<float> all_;
  float* start_;
};

// What stands around a convolution: options 1 turned kernel (the caller's), 2 scales, 4 bias and
// clamp, 8 noise, 16 leaky ReLU with a gain, 32 accumulation.
struct Surroundings {
  std::vector<float> scale, out_scale, bias, noise, before;
  ConvEpilogue epilogue;
  bool scaled;
  Surroundings(const ConvShape& s, int options)
      : scale(random(s.n * s.in_c, 3)),
        out_scale(random(s.n * s.out_c, 4)),
        bias(random(s.out_c, 5)),
        noise(random(s.n * s.out_h * s.out_w, 6)),
        before(random(s.n * s.out_h * s.out_w * s.out_c, 7)),
        scaled(options & 2) {
    if (options & 2) epilogue.out_scale = out_scale.data();
    if (options & 4) epilogue.bias = bias.data(), epilogue.clamp = 3;
    if (options & 8) epilogue.noise = noise.data(), epilogue.noise_strength = 0.3f;
    if ((options & 8) && (options & 2)) epilogue.noise_sample_stride = s.out_h * s.out_w;
    if (options & 16) epilogue.act = Act::lrelu, epilogue.gain = 1.5f;
    epilogue.accumulate = options & 32;
  }
  Surroundings(const Surroundings&) = delete;
  const float* in_scale() const { return scaled ? scale.data() : nullptr; }
};

// body(weight position, input pixel or -1) for each term of output (oy, ox).
template <class Body>
void terms(const ConvShape& s, int64_t oy, int64_t ox, bool transposed, const Body& body) {
  for (int ky = 0; ky < s.kh; ++ky) {
    for (int kx = 0; kx < s.kw; ++kx) {
      int64_t y = oy * s.stride + ky - s.pad_top, x = ox * s.stride + kx - s.pad_left;
      if (transposed) {
        y = oy + s.pad_top - ky, x = ox + s.pad_left - kx;
        if (y < 0 || x < 0 || y % s.stride || x % s.stride) continue;
        y /= s.stride, x /= s.stride;
      }
      if (y >= 0 && y < s.in_h && x >= 0 && x < s.in_w) body(ky, kx, y * s.in_w + x);
    }
  }
}

inline void compare_forward(const ConvShape& s, const std::vector<float>& x, const ConvWeights& w,
                            const Surroundings& a, const Buffer& got, double tolerance,
                            bool transposed = false) {
  const ConvEpilogue& e = a.epilogue;
  for (int64_t i = 0; i < int64_t(got.size()); ++i) {
    const int64_t o = i % s.out_c, p = i / s.out_c % (s.out_h * s.out_w);
    const int64_t n = i / (s.out_c * s.out_h * s.out_w);
    double v = 0, magnitude = 0;
    terms(s, p / s.out_w, p % s.out_w, transposed, [&](int ky, int kx, int64_t pixel) {
      for (int64_t c = 0; c < s.in_c; ++c) {
        const double t =
            double{x[size_t((n * s.in_h * s.in_w + pixel) * s.in_c + c)]} *
            w.data[o * w.co_stride + c * w.ci_stride + ky * w.ky_stride + kx * w.kx_stride] *
            (a.scaled ? a.scale[size_t(n * s.in_c + c)] : 1);
        v += t, magnitude += std::abs(t);
      }
    });
    if (e.out_scale) v *= e.out_scale[n * s.out_c + o];
    if (e.out_scale) magnitude *= std::abs(e.out_scale[n * s.out_c + o]);
    if (e.noise) v += double{e.noise[n * e.noise_sample_stride + p]} * e.noise_strength;
    if (e.bias) v += e.bias[o];
    if (e.act == Act::lrelu && v < 0) v *= e.alpha;
    v *= e.gain;
    if (e.clamp >= 0) v = std::clamp(v, -double{e.clamp}, double{e.clamp});
    if (e.accumulate) v += a.before[size_t(i)];
    BOOST_REQUIRE(!std::isnan(got[size_t(i)]));
    BOOST_REQUIRE_SMALL(got[size_t(i)] - v, tolerance * (magnitude * e.gain + 3));
  }
}

// Of dweight [out_c, kh, kw, in_c]; a sample of it where there is much.
inline void compare_gradient(const ConvShape& s, const std::vector<float>& x,
                             const std::vector<float>& dy, const Buffer& got, double tolerance) {
  const int64_t step = std::max<int64_t>(1, int64_t(got.size()) / 1500);
  for (int64_t i = 0; i < int64_t(got.size()); i += step) {
    const int64_t c = i % s.in_c, kx = i / s.in_c % s.kw, ky = i / (s.in_c * s.kw) % s.kh;
    const int64_t o = i / (s.in_c * s.kw * s.kh);
    double v = 0, magnitude = 0;
    for (int64_t p = 0; p < s.n * s.out_h * s.out_w; ++p) {
      const int64_t n = p / (s.out_h * s.out_w);
      const int64_t iy = p / s.out_w % s.out_h * s.stride + ky - s.pad_top;
      const int64_t ix = p % s.out_w * s.stride + kx - s.pad_left;
      if (iy < 0 || iy >= s.in_h || ix < 0 || ix >= s.in_w) continue;
      const double t = double{x[size_t(((n * s.in_h + iy) * s.in_w + ix) * s.in_c + c)]} *
                       dy[size_t(p * s.out_c + o)];
      v += t, magnitude += std::abs(t);
    }
    BOOST_REQUIRE(!std::isnan(got[size_t(i)]));
    BOOST_REQUIRE_SMALL(got[size_t(i)] - v, tolerance * (magnitude + 1));
  }
}

// On each instruction set that this machine has and this binary was built for.
template <class Body>
void for_each_target(const Body& body) {
  for (int64_t targets = hwy::SupportedTargets(); targets;) {
    const int64_t target = targets & -targets;
    targets &= targets - 1;
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    BOOST_TEST_CONTEXT(hwy::TargetName(target)) { body(); }
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

}  // namespace conv_reference
