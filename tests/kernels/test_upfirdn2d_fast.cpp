// The SIMD resampling FIR against a naive double-precision reference, on every SIMD target.
#include <hwy/highway.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "kernels/cpu/upfirdn2d_fast.hpp"

using namespace sgan::kernels;

namespace {

constexpr float kSentinel = 12345.678f;
constexpr size_t kGuard = 64;

struct Options {
  bool scale = false, bias = false, accumulate = false;
  int noise = 0;  // 0 none, 1 the same for all samples, 2 each its own
  Act act = Act::linear;
  float gain = 1, clamp = -1;
  size_t misalign = 0;
};

std::vector<float> outer(const std::vector<float>& v, float gain) {
  std::vector<float> f;
  float sum = 0;
  for (float a : v) sum += a;
  for (float a : v)
    for (float b : v) f.push_back(a * b / (sum * sum) * gain);
  return f;
}

void check(UpfirdnFast p, const std::vector<float>& f, const Options& o, const std::string& name) {
  std::mt19937 rng(static_cast<unsigned>(p.h * 131 + p.w * 17 + p.c));
  std::normal_distribution<float> normal;
  const auto random = [&](int64_t count) {
    std::vector<float> v(count);
    for (float& a : v) a = normal(rng);
    return v;
  };
  const auto x = random(p.n * p.h * p.w * p.c), scale = random(p.n * p.c), bias = random(p.c);
  const auto noise = random(p.n * p.ho * p.wo), before = random(p.n * p.ho * p.wo * p.c);
  p.x = x.data();
  p.f = f.data();
  p.out_scale = o.scale ? scale.data() : nullptr;
  p.bias = o.bias ? bias.data() : nullptr;
  p.noise = o.noise ? noise.data() : nullptr;
  p.noise_sample_stride = o.noise == 2 ? p.ho * p.wo : 0;
  p.noise_strength = 0.3f;
  p.act = o.act, p.gain = o.gain, p.clamp = o.clamp, p.accumulate = o.accumulate;
  BOOST_REQUIRE(upfirdn2d_fast_supported(p));

  std::vector<double> want(before.size());
  double largest = 1;
  for (int64_t n = 0; n < p.n; ++n)
    for (int64_t y = 0; y < p.ho; ++y)
      for (int64_t xx = 0; xx < p.wo; ++xx)
        for (int64_t c = 0; c < p.c; ++c) {
          double sum = 0;
          for (int i = 0; i < p.fh; ++i)
            for (int j = 0; j < p.fw; ++j) {
              const int64_t sy = y * p.down + i - p.pad_y0, sx = xx * p.down + j - p.pad_x0;
              if (sy < 0 || sx < 0 || sy % p.up || sx % p.up) continue;
              if (sy / p.up >= p.h || sx / p.up >= p.w) continue;
              sum +=
                  double(f[i * p.fw + j]) * x[((n * p.h + sy / p.up) * p.w + sx / p.up) * p.c + c];
            }
          if (o.scale) sum *= scale[n * p.c + c];
          if (o.noise) sum += 0.3 * noise[(o.noise == 2 ? n * p.ho * p.wo : 0) + y * p.wo + xx];
          if (o.bias) sum += bias[c];
          if (o.act == Act::relu) sum = std::max(sum, 0.0);
          if (o.act == Act::lrelu && sum < 0) sum *= p.alpha;
          sum *= o.gain;
          if (o.clamp >= 0) sum = std::min<double>(o.clamp, std::max<double>(-o.clamp, sum));
          const size_t at = ((n * p.ho + y) * p.wo + xx) * p.c + c;
          if (o.accumulate) sum += before[at];
          want[at] = sum;
          largest = std::max(largest, std::abs(sum));
        }

  for (int64_t targets = hwy::SupportedTargets() & HWY_TARGETS; targets; targets &= targets - 1) {
    const int64_t target = targets & -targets;
    std::vector<float> y(want.size() + 2 * kGuard + o.misalign, kSentinel);
    p.y = y.data() + kGuard + o.misalign;
    if (o.accumulate) std::copy(before.begin(), before.end(), p.y);
    hwy::SetSupportedTargetsForTest(target);
    upfirdn2d_fast(p);
    hwy::SetSupportedTargetsForTest(0);
    double worst = 0;
    bool nan = false;
    for (size_t i = 0; i < want.size(); ++i) {
      nan |= std::isnan(p.y[i]);
      worst = std::max(worst, std::abs(p.y[i] - want[i]));
    }
    BOOST_CHECK_MESSAGE(!nan, name << " on " << hwy::TargetName(target) << ": NaN");
    BOOST_CHECK_MESSAGE(worst <= 2e-6 * largest,
                        name << " on " << hwy::TargetName(target) << ": error " << worst / largest);
    for (size_t i = 0; i < kGuard + o.misalign; ++i) BOOST_REQUIRE_EQUAL(y[i], kSentinel);
    for (size_t i = 0; i < kGuard; ++i) BOOST_REQUIRE_EQUAL(y[y.size() - 1 - i], kSentinel);
  }
}

UpfirdnFast shape(int64_t n, int64_t h, int64_t w, int64_t c, int up, int down, int taps,
                  int64_t pad0, int64_t pad1) {
  UpfirdnFast p;
  p.n = n, p.h = h, p.w = w, p.c = c, p.up = up, p.down = down, p.fh = p.fw = taps;
  p.pad_x0 = p.pad_y0 = pad0;
  p.ho = (h * up + pad0 + pad1 - taps) / down + 1;
  p.wo = (w * up + pad0 + pad1 - taps) / down + 1;
  return p;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(upfirdn2d_fast_kernel)

BOOST_AUTO_TEST_CASE(shapes) {
  const auto f4 = outer({1, 3, 3, 1}, 1), f3 = outer({1, 2, 1}, 1), skew = outer({1, 2, 5, -1}, 4);
  for (int64_t c : {1, 2, 3, 4, 5, 16, 19, 32, 48})
    for (int64_t side : {1, 2, 5, 16, 33}) {
      const std::string name = "c " + std::to_string(c) + " side " + std::to_string(side);
      check(shape(2, side, side + 1, c, 2, 1, 4, 2, 1), f4, {}, "up " + name);
      check(shape(2, side, side + 1, c, 2, 1, 4, 3, 2), skew, {}, "up odd " + name);
      check(shape(2, side + 1, side, c, 1, 2, 4, 1, 2), skew, {}, "down " + name);
      check(shape(1, side + 1, side + 2, c, 1, 1, 4, 1, 1), skew, {}, "blur after up " + name);
      check(shape(1, side, side + 2, c, 1, 1, 4, 2, 2), f4, {}, "blur before down " + name);
      check(shape(1, side, side + 2, c, 1, 1, 3, 1, 1), f3, {}, "blur 3 " + name);
      if (side > 6) check(shape(1, side, side + 2, c, 1, 1, 4, -1, -1), skew, {}, "crop " + name);
      check(shape(1, side, side + 2, c, 1, 1, 1, 0, 0), {1.5f}, {}, "one tap " + name);
    }
}

BOOST_AUTO_TEST_CASE(epilogues) {
  const auto f = outer({1, 3, 3, 1}, 4);
  for (int64_t c : {3, 16, 20, 32})
    for (Act act : {Act::linear, Act::relu, Act::lrelu})
      for (int noise : {0, 1, 2})
        for (int bits = 0; bits < 16; ++bits) {
          Options o;
          o.scale = bits & 1, o.bias = bits & 2, o.accumulate = bits & 4, o.noise = noise,
          o.act = act;
          o.gain = 1.4f;
          o.clamp = bits & 8 ? 0.7f : -1;
          o.misalign = bits & 1 ? 3 : 0;
          check(shape(2, 7, 6, c, 1, 1, 4, 1, 1), f, o, "epilogue " + std::to_string(c));
          check(shape(2, 4, 5, c, 2, 1, 4, 2, 1), f, o, "epilogue up " + std::to_string(c));
        }
}

BOOST_AUTO_TEST_CASE(wide_rows_in_stripes) {
  const auto f = outer({1, 3, 3, 1}, 1);
  Options o;
  o.scale = o.bias = true, o.noise = 2, o.act = Act::lrelu;
  check(shape(1, 5, 700, 32, 1, 1, 4, 1, 1), f, o, "wide");
  check(shape(1, 5, 700, 33, 1, 2, 4, 1, 1), f, o, "wide down");
  check(shape(2, 4, 1500, 3, 2, 1, 4, 2, 1), f, o, "wide up");
}

BOOST_AUTO_TEST_CASE(large_outputs_are_streamed) {
  const auto f = outer({1, 3, 3, 1}, 1);
  Options o;
  o.bias = true, o.act = Act::lrelu;
  check(shape(1, 450, 460, 32, 1, 1, 4, 2, 1), f, o, "large");
  o.misalign = 1;
  check(shape(1, 450, 460, 33, 1, 1, 4, 2, 1), f, o, "large odd");
}

BOOST_AUTO_TEST_CASE(refuses_what_it_does_not_serve) {
  const std::vector<float> round = {0, 1, 0, 1, 1, 1, 0, 1, 0};
  UpfirdnFast p = shape(1, 5, 5, 1, 1, 1, 3, 1, 1);
  p.f = round.data();
  BOOST_CHECK(!upfirdn2d_fast_supported(p));
  const auto f = outer({1, 2, 1}, 1);
  p.f = f.data();
  BOOST_CHECK(upfirdn2d_fast_supported(p));
  p.act = Act::tanh;
  BOOST_CHECK(!upfirdn2d_fast_supported(p));
}

BOOST_AUTO_TEST_SUITE_END()
