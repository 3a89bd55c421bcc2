// The SIMD filtered nonlinearity against a naive double-precision reference, on every SIMD target.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <hwy/highway.h>

#include "kernels/cpu/filtered_lrelu.hpp"

using namespace sgan::kernels;

namespace {

constexpr float kSentinel = 12345.678f;
constexpr size_t kGuard = 64;

struct Case {
  std::string name;
  int64_t n, h, w, c;
  int up, down;
  int pad[4];
  int fu, fd;  // taps; 0: none
  bool fu_2d, fd_2d;
  bool symmetric;
  float gain, slope, clamp;
  bool scale, bias, flip;
  FilteredLreluPath path;
};

struct Data {
  std::vector<float> x, scale, bias, fu, fd;
};

std::vector<float> filter(std::mt19937& rng, int taps, bool two_d, bool symmetric, bool radial) {
  std::normal_distribution<float> normal;
  if (taps == 0) return {};
  if (!two_d) {
    std::vector<float> f(taps);
    for (int i = 0; i < taps; ++i) f[i] = 0.3f + 0.2f * normal(rng);
    for (int i = 0; symmetric && i < taps / 2; ++i) f[taps - 1 - i] = f[i];
    for (float& v : f) v /= static_cast<float>(taps) * 0.3f;
    return f;
  }
  std::vector<float> f(taps * taps);
  for (int i = 0; i < taps; ++i) {
    for (int j = 0; j < taps; ++j) {
      const float y = i - (taps - 1) / 2.0f, x = j - (taps - 1) / 2.0f, r2 = y * y + x * x;
      // Smooth and radial, of low rank; or anything at all.
      f[i * taps + j] = radial ? std::cos(0.6f * std::sqrt(r2)) * std::exp(-r2 / 14.0f) / 20.0f
                               : (0.3f + 0.2f * normal(rng)) / (taps * taps * 0.3f);
    }
  }
  for (int i = 0; symmetric && i < taps; ++i)
    for (int j = 0; j < taps; ++j)
      f[i * taps + j] = f[std::min(i, taps - 1 - i) * taps + std::min(j, taps - 1 - j)];
  return f;
}

double tap(const std::vector<float>& f, int n, bool two_d, bool flip, int i, int j) {
  if (f.empty()) return 1;
  if (!flip) i = n - 1 - i, j = n - 1 - j;
  return two_d ? double(f[i * n + j]) : double(f[i]) * f[j];
}

// Straight from the definition, one output channel at a time.
std::vector<double> reference(const Case& t, const Data& d, int64_t oh, int64_t ow) {
  std::vector<double> y(t.n * oh * ow * t.c);
  const int nu = std::max(t.fu, 1), nd = std::max(t.fd, 1);
  const int64_t ph = t.h * t.up + t.pad[2] + t.pad[3], pw = t.w * t.up + t.pad[0] + t.pad[1];
  const int64_t sh = ph - nu + 1, sw = pw - nu + 1;
  std::vector<double> padded(ph * pw), s(sh * sw);
  for (int64_t n = 0; n < t.n; ++n) {
    for (int64_t c = 0; c < t.c; ++c) {
      std::fill(padded.begin(), padded.end(), 0.0);
      for (int64_t i = 0; i < t.h; ++i) {
        for (int64_t j = 0; j < t.w; ++j) {
          const int64_t yy = i * t.up + t.pad[2], xx = j * t.up + t.pad[0];
          if (yy < 0 || yy >= ph || xx < 0 || xx >= pw) continue;
          padded[yy * pw + xx] = double(d.x[((n * t.h + i) * t.w + j) * t.c + c]) *
                                     (t.scale ? d.scale[n * t.c + c] : 1.0f) +
                                 (t.bias ? d.bias[c] : 0.0f);
        }
      }
      for (int64_t i = 0; i < sh; ++i) {
        for (int64_t j = 0; j < sw; ++j) {
          double sum = 0;
          for (int a = 0; a < nu; ++a)
            for (int b = 0; b < nu; ++b)
              if (const double v = padded[(i + a) * pw + j + b]; v != 0)
                sum += v * tap(d.fu, nu, t.fu_2d, t.flip, a, b);
          sum *= t.up * t.up;
          sum = (sum < 0 ? sum * t.slope : sum) * t.gain;
          if (t.clamp >= 0) sum = std::min<double>(t.clamp, std::max<double>(-t.clamp, sum));
          s[i * sw + j] = sum;
        }
      }
      for (int64_t i = 0; i < oh; ++i) {
        for (int64_t j = 0; j < ow; ++j) {
          double sum = 0;
          for (int a = 0; a < nd; ++a)
            for (int b = 0; b < nd; ++b)
              sum +=
                  s[(i * t.down + a) * sw + j * t.down + b] * tap(d.fd, nd, t.fd_2d, t.flip, a, b);
          y[((n * oh + i) * ow + j) * t.c + c] = sum;
        }
      }
    }
  }
  return y;
}

FilteredLrelu problem(const Case& t, const Data& d) {
  FilteredLrelu p;
  p.n = t.n, p.h = t.h, p.w = t.w, p.c = t.c;
  p.x = d.x.data();
  p.scale = t.scale ? d.scale.data() : nullptr;
  p.bias = t.bias ? d.bias.data() : nullptr;
  p.up = t.up, p.down = t.down;
  std::copy(t.pad, t.pad + 4, p.pad);
  if (t.fu) p.fu = {d.fu.data(), t.fu, t.fu_2d ? t.fu : 1, !t.fu_2d};
  if (t.fd) p.fd = {d.fd.data(), t.fd, t.fd_2d ? t.fd : 1, !t.fd_2d};
  p.gain = t.gain, p.slope = t.slope, p.clamp = t.clamp, p.flip = t.flip;
  return p;
}

void check(const Case& t, bool radial = true) {
  std::mt19937 rng(static_cast<unsigned>(t.h * 131 + t.w * 17 + t.c));
  std::normal_distribution<float> normal;
  Data d;
  // The end of x is the end of its allocation: sanitizers see reads beyond it.
  d.x.resize(t.n * t.h * t.w * t.c);
  d.scale.resize(t.n * t.c);
  d.bias.resize(t.c);
  for (float& v : d.x) v = normal(rng);
  for (float& v : d.scale) v = 0.5f + std::abs(normal(rng));
  for (float& v : d.bias) v = normal(rng);
  d.fu = filter(rng, t.fu, t.fu_2d, t.symmetric, false);
  d.fd = filter(rng, t.fd, t.fd_2d, t.symmetric, radial);
  FilteredLrelu p = problem(t, d);
  BOOST_REQUIRE(filtered_lrelu_supported(p));
  BOOST_CHECK_MESSAGE(filtered_lrelu_path(p) == t.path, t.name << ": another path");
  const int64_t oh = filtered_lrelu_out_h(p), ow = filtered_lrelu_out_w(p);
  BOOST_REQUIRE(oh > 0 && ow > 0);
  const std::vector<double> want = reference(t, d, oh, ow);
  double largest = 0;
  for (double v : want) largest = std::max(largest, std::abs(v));

  for (int64_t targets = hwy::SupportedTargets() & HWY_TARGETS; targets; targets &= targets - 1) {
    const int64_t target = targets & -targets;
    hwy::SetSupportedTargetsForTest(target);
    std::vector<float> y(want.size() + 2 * kGuard, kSentinel);
    p.y = y.data() + kGuard;
    filtered_lrelu(p);
    hwy::SetSupportedTargetsForTest(0);
    double worst = 0;
    bool nan = false;
    for (size_t i = 0; i < want.size(); ++i) {
      nan |= std::isnan(p.y[i]);
      worst = std::max(worst, std::abs(p.y[i] - want[i]));
    }
    BOOST_CHECK_MESSAGE(!nan, t.name << " on " << hwy::TargetName(target) << ": NaN");
    BOOST_CHECK_MESSAGE(worst <= 3e-6 * largest, t.name << " on " << hwy::TargetName(target)
                                                        << ": error " << worst / largest);
    for (size_t i = 0; i < kGuard; ++i) {
      BOOST_REQUIRE_EQUAL(y[i], kSentinel);
      BOOST_REQUIRE_EQUAL(y[y.size() - 1 - i], kSentinel);
    }
  }
}

constexpr auto kFast = FilteredLreluPath::fast;
constexpr auto kGeneral = FilteredLreluPath::general;
constexpr auto kPointwise = FilteredLreluPath::pointwise;
constexpr float kRoot2 = 1.41421356f;

}  // namespace

// name n h w c up down pad fu fd 2d 2d sym gain slope clamp scale bias flip path
BOOST_AUTO_TEST_CASE(layers_of_the_translation_network) {
  check({"up2", 1,      38,   38,  16, 2, 2, {9, 8, 9, 8}, 12, 12, 0, 0,
         1,     kRoot2, 0.2f, 256, 1,  1, 0, kFast});
  check({"up4",  1,    38,   38, 32, 4, 2,    {-6, -9, -6, -9}, 24, 12, 0, 0, 1,
         kRoot2, 0.2f, 0.4f, 1,  1,  0, kFast});
  check({"crop", 2,    40, 33, 19, 2, 2,    {-11, -12, -11, -12}, 12, 12, 0, 0, 1,
         kRoot2, 0.2f, -1, 0,  1,  0, kFast});
}

BOOST_AUTO_TEST_CASE(layers_of_the_rotation_network) {
  check({"up2",  1,    36,  36, 16, 2, 2,    {11, 10, 11, 10}, 12, 12, 0, 1, 1,
         kRoot2, 0.2f, 256, 1,  1,  0, kFast});
  check({"up4",  1,    36,   30, 21, 4, 2,    {-2, -5, -2, -5}, 24, 12, 0, 1, 1,
         kRoot2, 0.2f, 0.4f, 1,  1,  0, kFast});
  check({"any",  1,    31, 29, 5, 2, 2,    {11, 10, 11, 10}, 12, 12, 0, 1, 1,
         kRoot2, 0.2f, -1, 0,  0, 1, kFast},
        false);
  check(
      {"any4", 1, 17, 19, 3, 4, 2, {5, 6, 7, 8}, 24, 12, 0, 1, 1, kRoot2, 0.2f, -1, 0, 0, 1, kFast},
      false);
}

BOOST_AUTO_TEST_CASE(every_phase_of_the_padding) {
  for (int up : {2, 4})
    for (int px = 0; px < up; ++px)
      for (int py = 0; py < up; ++py)
        check({"phase " + std::to_string(px) + std::to_string(py),
               1,
               9,
               11,
               4,
               up,
               2,
               {7 + px, 9, 8 + py, 7},
               6 * up,
               12,
               0,
               up == 2,
               1,
               1.3f,
               0.1f,
               0.7f,
               1,
               1,
               0,
               kFast});
}

BOOST_AUTO_TEST_CASE(every_channel_tail) {
  for (int c = 1; c <= 34; ++c)
    check({"c " + std::to_string(c),
           1,
           61,
           9,
           c,
           2,
           2,
           {9, 8, 9, 8},
           12,
           12,
           0,
           0,
           1,
           kRoot2,
           0.2f,
           0.8f,
           1,
           1,
           0,
           kFast});
  for (int c : {1, 2, 3, 5, 7})
    check({"up4 c " + std::to_string(c),
           2,
           103,
           17,
           c,
           4,
           2,
           {-6, -9, -5, -8},
           24,
           12,
           0,
           0,
           1,
           kRoot2,
           0.2f,
           0.8f,
           1,
           1,
           0,
           kFast});
}

BOOST_AUTO_TEST_CASE(odd_sizes) {
  for (int h = 1; h < 9; ++h)
    for (int w = 1; w < 9; w += 2)
      check({"size", 1,    h,  w, 2, 2, 2,    {12, 13, 11, 14}, 12, 12, 0, 0, 1,
             kRoot2, 0.2f, -1, 0, 1, 0, kFast});
  check({"wide", 1,      7,    300, 17, 2, 2, {9, 8, 9, 8}, 12, 12, 0, 1,
         1,      kRoot2, 0.2f, -1,  0,  1, 0, kFast});
  check({"tall", 1,      301,  3,  17, 2, 2, {9, 8, 9, 8}, 12, 12, 0, 0,
         1,      kRoot2, 0.2f, -1, 0,  1, 0, kFast});
}

BOOST_AUTO_TEST_CASE(shorter_filters_on_the_fast_path) {
  check({"short", 1,      20,   21, 18, 2, 2, {5, 6, 7, 8}, 8, 10, 0, 0,
         1,       kRoot2, 0.2f, 1,  1,  1, 0, kFast});
  check({"short4", 1, 20, 21, 18, 4, 2, {5, 6, 7, 8}, 16, 6, 0, 0, 1, 1, 0, 1, 1, 1, 0, kFast});
  check({"linear", 1, 20, 21, 18, 4, 2, {5, 6, 7, 8}, 2, 2, 0, 0, 1, 2, 1, -1, 1, 1, 0, kFast});
}

BOOST_AUTO_TEST_CASE(general_filters) {
  for (int up = 1; up <= 4; ++up)
    for (int down = 1; down <= 4; ++down)
      for (int two_d = 0; two_d < 4; ++two_d)
        check({"general " + std::to_string(up) + std::to_string(down) + std::to_string(two_d),
               2,
               13,
               12,
               5,
               up,
               down,
               {6, 5, 4, 7},
               3 + up,
               2 + 2 * down,
               bool(two_d & 1),
               bool(two_d & 2),
               0,
               1.3f,
               0.1f,
               0.9f,
               1,
               1,
               bool(two_d == 1),
               kGeneral},
              false);
  check({"unequal", 1, 40,   43, 33, 2, 2, {11, 10, 11, 10}, 12, 12, 0, 0,
         0,         1, 0.2f, 1,  0,  1, 0, kGeneral});
  check({"long", 1, 40,   43, 3, 3, 3, {31, 30, 29, 33}, 32, 32, 0, 1,
         0,      1, 0.2f, 1,  0, 1, 1, kGeneral},
        false);
  check({"slope", 1, 20,    23, 17, 2, 2, {11, 10, 11, 10}, 12, 12, 0, 0,
         1,       1, -0.5f, 1,  0,  1, 0, kGeneral});
  check({"gain", 1,  20,   23, 17, 2, 2, {11, 10, 11, 10}, 12, 12, 0, 0,
         1,      -1, 0.5f, 1,  0,  1, 0, kGeneral});
  check(
      {"crop", 1, 12, 12, 3, 1, 1, {-2, -1, -1, -2}, 0, 0, 0, 0, 0, 1, 1, 256, 0, 1, 0, kGeneral});
  check({"down only", 1, 10, 9, 3, 1, 1, {3, 2, 2, 3}, 0, 6, 0, 0, 0, 2, 0, -1, 0, 1, 0, kGeneral},
        false);
}

BOOST_AUTO_TEST_CASE(pointwise) {
  for (int c : {1, 3, 16, 17, 40})
    check({"pointwise " + std::to_string(c),
           3,
           37,
           41,
           c,
           1,
           1,
           {0, 0, 0, 0},
           0,
           0,
           0,
           0,
           0,
           1.5f,
           0.3f,
           0.9f,
           1,
           1,
           0,
           kPointwise});
}

BOOST_AUTO_TEST_CASE(many_channel_groups) {
  for (int c : {150, 290})
    check({"c " + std::to_string(c),
           2,
           15,
           17,
           c,
           2,
           2,
           {9, 8, 9, 8},
           12,
           12,
           0,
           1,
           1,
           kRoot2,
           0.2f,
           0.8f,
           1,
           1,
           0,
           kFast});
}

// Large outputs are written around the caches; the numbers are those of a small one.
BOOST_AUTO_TEST_CASE(large_outputs_are_the_small_ones) {
  std::mt19937 rng(1);
  const std::vector<float> f = filter(rng, 12, false, true, false);
  for (int64_t c : {16, 33, 160}) {
    const int64_t side = 40, image = side * side * c, n = (25 << 18) / image + 1;
    std::vector<float> x(n * image), small(image), bias(c, 0.1f);
    for (int64_t i = 0; i < image; ++i) x[i] = static_cast<float>(rng() % 2048) / 1024 - 1;
    for (int64_t i = image; i < n * image; ++i) x[i] = x[i - image];
    FilteredLrelu p;
    p.n = 1, p.h = p.w = side, p.c = c, p.up = p.down = 2, p.bias = bias.data();
    p.fu = p.fd = {f.data(), 12, 1, true};
    p.pad[0] = p.pad[2] = 11, p.pad[1] = p.pad[3] = 10;
    p.gain = kRoot2, p.slope = 0.2f, p.x = x.data(), p.y = small.data();
    filtered_lrelu(p);
    for (int64_t shift : {0, 1, 16}) {
      std::vector<float> y(n * image + 2 * kGuard, kSentinel);
      p.n = n, p.y = y.data() + kGuard - shift;
      filtered_lrelu(p);
      int64_t different = 0;
      for (int64_t i = 0; i < n * image; ++i) different += p.y[i] != small[i % image];
      BOOST_CHECK_EQUAL(different, 0);
      BOOST_CHECK_EQUAL(p.y[-1], kSentinel);
      BOOST_CHECK_EQUAL(p.y[n * image], kSentinel);
    }
  }
}

// A filter that rounding has made slightly unequal must not fall to the slow path.
BOOST_AUTO_TEST_CASE(nearly_symmetric_filters_are_fast) {
  std::vector<float> f(12, 1.0f / 12), g(144, 1.0f / 144);
  FilteredLrelu p;
  p.up = p.down = 2;
  p.fu = {f.data(), 12, 1, true};
  p.fd = {g.data(), 12, 12, false};
  f[2] = std::nextafter(f[2], 1.0f);
  g[17] = std::nextafter(g[17], 0.0f);
  BOOST_CHECK(filtered_lrelu_path(p) == kFast);
  g[17] *= 1.0001f;
  BOOST_CHECK(filtered_lrelu_path(p) == kGeneral);
  g[17] = g[18];
  f[2] *= 1.0001f;
  BOOST_CHECK(filtered_lrelu_path(p) == kGeneral);
}

BOOST_AUTO_TEST_CASE(nan_stays_nan) {
  std::vector<float> x(30 * 30 * 16, 1.0f), f(12, 1.0f / 12), y(x.size());
  x[(15 * 30 + 15) * 16 + 3] = std::numeric_limits<float>::quiet_NaN();
  FilteredLrelu p;
  p.n = 1, p.h = 30, p.w = 30, p.c = 16, p.x = x.data(), p.y = y.data(), p.up = p.down = 2;
  p.fu = p.fd = {f.data(), 12, 1, true};
  p.pad[0] = p.pad[2] = 11, p.pad[1] = p.pad[3] = 10;
  p.gain = kRoot2, p.slope = 0.2f, p.clamp = 256;
  for (int64_t targets = hwy::SupportedTargets() & HWY_TARGETS; targets; targets &= targets - 1) {
    hwy::SetSupportedTargetsForTest(targets & -targets);
    filtered_lrelu(p);
    hwy::SetSupportedTargetsForTest(0);
    for (int c = 0; c < 16; ++c)
      BOOST_CHECK_MESSAGE(std::isnan(y[(15 * 30 + 15) * 16 + c]) == (c == 3),
                          hwy::TargetName(targets & -targets) << ", channel " << c);
  }
}
