// 1x1 convolution to few channels against a double reference, on each instruction set at hand.
#include <hwy/highway.h>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "kernels/cpu/conv1x1_small.hpp"

namespace {

using namespace sgan::kernels;

void check(const Conv1x1Small& s, int options, Act act) {
  std::mt19937 gen(11);
  std::normal_distribution<float> normal;
  const auto random = [&](int64_t n) {
    std::vector<float> v(n);
    for (float& f : v) f = normal(gen);
    return v;
  };
  const auto x = random(s.n * s.pixels * s.in_c), w = random(s.out_c * s.in_c);
  const auto in_scale = random(s.n * s.in_c), out_scale = random(s.n * s.out_c);
  const auto bias = random(s.out_c), noise = random(s.n * s.pixels);
  const auto y0 = random(s.n * s.pixels * s.out_c);
  ConvEpilogue e;
  const bool scaled = options & 1;
  if (options & 2) e.out_scale = out_scale.data();
  if (options & 4) e.bias = bias.data();
  if (options & 8) e.noise = noise.data(), e.noise_sample_stride = options & 1 ? s.pixels : 0;
  e.noise_strength = 0.3f, e.accumulate = options & 16;
  e.act = act, e.gain = options & 2 ? 1.5f : 1;
  e.clamp = options & 4 ? 3 : -1;

  constexpr float kSentinel = 4321.25f;
  constexpr int kGuard = 32;
  std::vector<float> y(y0.size() + 2 * kGuard, kSentinel);
  std::vector<float> scratch(conv1x1_small_scratch_bytes(s) / 4 + kGuard, kSentinel);
  if (e.accumulate) {
    std::copy(y0.begin(), y0.end(), y.begin() + kGuard);
  } else {
    std::fill_n(y.begin() + kGuard, y0.size(), std::numeric_limits<float>::quiet_NaN());
  }
  conv1x1_small(s, x.data(), scaled ? in_scale.data() : nullptr, w.data(), y.data() + kGuard, e,
                scratch.data());
  for (int i = 0; i < kGuard; ++i) {
    BOOST_REQUIRE(y[i] == kSentinel);
    BOOST_REQUIRE(y[y.size() - 1 - i] == kSentinel);
    BOOST_REQUIRE(scratch[scratch.size() - 1 - i] == kSentinel);
  }
  for (int64_t n = 0; n < s.n; ++n) {
    for (int64_t p = 0; p < s.pixels; ++p) {
      for (int o = 0; o < s.out_c; ++o) {
        double v = 0, magnitude = 0;
        for (int64_t c = 0; c < s.in_c; ++c) {
          const double term = double{x[(n * s.pixels + p) * s.in_c + c]} * w[o * s.in_c + c] *
                              (scaled ? in_scale[n * s.in_c + c] : 1);
          v += term, magnitude += std::abs(term);
        }
        const int64_t i = (n * s.pixels + p) * s.out_c + o;
        if (e.out_scale)
          v *= out_scale[n * s.out_c + o], magnitude *= std::abs(out_scale[n * s.out_c + o]);
        if (e.noise) v += double{noise[n * e.noise_sample_stride + p]} * e.noise_strength;
        if (e.bias) v += bias[o];
        if (act == Act::relu && v < 0) v = 0;
        if (act == Act::lrelu && v < 0) v *= e.alpha;
        v *= e.gain;
        if (e.clamp >= 0) v = std::min(std::max(v, -double{e.clamp}), double{e.clamp});
        if (e.accumulate) v += y0[i];
        const double got = y[kGuard + i];
        if (std::isnan(got)) BOOST_FAIL("NaN");
        BOOST_REQUIRE_SMALL(got - v, 1e-6 * (magnitude * e.gain + 3));
      }
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(conv1x1_small_suite)

BOOST_AUTO_TEST_CASE(every_option_on_every_instruction_set) {
  const int64_t all = hwy::SupportedTargets();
  int targets = 0;
  for (int64_t rest = all; rest != 0; rest &= rest - 1) {
    hwy::SetSupportedTargetsForTest(rest & -rest);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    ++targets;
    for (const int out_c : {1, 2, 3, 4}) {
      for (const int64_t in_c : {1, 7, 16, 32, 45, 512}) {
        for (const int64_t pixels : {1, 3, 64, 501}) {
          check({2, pixels, in_c, out_c}, 1 + 2 + 4, Act::linear);
        }
      }
    }
    for (const Act act : {Act::linear, Act::relu, Act::lrelu}) {
      for (int options = 0; options < 32; ++options) check({3, 13, 40, 3}, options, act);
    }
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  BOOST_TEST(targets > 1);
}

BOOST_AUTO_TEST_CASE(nan_stays_in_its_pixel) {
  const Conv1x1Small s = {1, 9, 5, 3};
  std::vector<float> x(s.pixels * s.in_c, 1.0f), w(s.out_c * s.in_c, 1.0f), y(s.pixels * s.out_c);
  std::vector<float> scratch(conv1x1_small_scratch_bytes(s) / 4);
  x[4 * s.in_c] = std::numeric_limits<float>::quiet_NaN();
  for (const Act act : {Act::linear, Act::relu, Act::lrelu}) {
    ConvEpilogue e;
    e.act = act, e.clamp = 100;
    conv1x1_small(s, x.data(), nullptr, w.data(), y.data(), e, scratch.data());
    for (int64_t i = 0; i < static_cast<int64_t>(y.size()); ++i) {
      BOOST_TEST(std::isnan(y[i]) == (i / s.out_c == 4));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
