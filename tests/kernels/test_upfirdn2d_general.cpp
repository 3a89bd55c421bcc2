// The resampling FIR of any shape against a naive double-precision reference, on every SIMD target.
#include <hwy/highway.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "kernels/cpu/upfirdn2d_general.hpp"

using namespace sgan::kernels;

namespace {

constexpr float kSentinel = 12345.678f;
constexpr int64_t kGuard = 64;

std::vector<float> normals(int64_t count, unsigned seed) {
  std::mt19937 rng(seed);
  std::normal_distribution<float> normal;
  std::vector<float> v(static_cast<size_t>(count));
  for (float& a : v) a = normal(rng);
  return v;
}

// Inserts zeros, pads, correlates, decimates: each as its own step on its own array.
std::vector<double> reference(const UpfirdnGeometry& g, const std::vector<float>& x,
                              const std::vector<float>& f) {
  const int64_t ph = (g.ho - 1) * g.down_y + g.fh, pw = (g.wo - 1) * g.down_x + g.fw;
  std::vector<double> y;
  std::vector<double> padded(static_cast<size_t>(ph * pw));
  y.resize(static_cast<size_t>(g.n * g.ho * g.wo * g.c));
  for (int64_t n = 0; n < g.n; ++n)
    for (int64_t c = 0; c < g.c; ++c) {
      std::fill(padded.begin(), padded.end(), 0);
      for (int64_t i = 0; i < g.h; ++i)
        for (int64_t j = 0; j < g.w; ++j) {
          const int64_t py = i * g.up_y + g.pad_y0, px = j * g.up_x + g.pad_x0;
          if (py < 0 || py >= ph || px < 0 || px >= pw) continue;
          padded[py * pw + px] = x[((n * g.h + i) * g.w + j) * g.c + c];
        }
      for (int64_t i = 0; i < g.ho; ++i)
        for (int64_t j = 0; j < g.wo; ++j) {
          double sum = 0;
          for (int64_t ky = 0; ky < g.fh; ++ky)
            for (int64_t kx = 0; kx < g.fw; ++kx)
              sum += padded[(i * g.down_y + ky) * pw + j * g.down_x + kx] * f[ky * g.fw + kx];
          y[((n * g.ho + i) * g.wo + j) * g.c + c] = sum;
        }
    }
  return y;
}

void check(const UpfirdnGeometry& g) {
  const std::string name = "c " + std::to_string(g.c) + " " + std::to_string(g.h) + "x" +
                           std::to_string(g.w) + " taps " + std::to_string(g.fh) + "x" +
                           std::to_string(g.fw) + " up " + std::to_string(g.up_x) + " down " +
                           std::to_string(g.down_x) + " pad " + std::to_string(g.pad_x0);
  BOOST_REQUIRE_GE(g.ho, 1);
  BOOST_REQUIRE_GE(g.wo, 1);
  const auto x = normals(g.n * g.h * g.w * g.c, 1), f = normals(g.fh * g.fw, 2);
  const auto want = reference(g, x, f);
  double largest = 1;
  for (double v : want) largest = std::max(largest, std::abs(v));
  for (int64_t targets = hwy::SupportedTargets() & HWY_TARGETS; targets; targets &= targets - 1) {
    const int64_t target = targets & -targets;
    std::vector<float> y(want.size() + 2 * kGuard, kSentinel);
    hwy::SetSupportedTargetsForTest(target);
    upfirdn2d_general(g, x.data(), f.data(), y.data() + kGuard);
    hwy::SetSupportedTargetsForTest(0);
    double worst = 0;
    for (size_t i = 0; i < want.size(); ++i) {
      const double error = std::abs(y[i + kGuard] - want[i]);
      worst = error <= worst ? worst : error;  // a NaN stays
    }
    BOOST_CHECK_MESSAGE(worst <= 2e-6 * largest,
                        name << " on " << hwy::TargetName(target) << ": error " << worst / largest);
    for (int64_t i = 0; i < kGuard; ++i) {
      BOOST_REQUIRE_EQUAL(y[i], kSentinel);
      BOOST_REQUIRE_EQUAL(y[y.size() - 1 - i], kSentinel);
    }
  }
}

UpfirdnGeometry shape(int64_t h, int64_t w, int64_t c, int64_t fh, int64_t fw, int64_t up,
                      int64_t down, int64_t pad0, int64_t pad1) {
  UpfirdnGeometry g;
  g.n = 2, g.h = h, g.w = w, g.c = c, g.fh = fh, g.fw = fw;
  g.up_x = g.up_y = up, g.down_x = g.down_y = down, g.pad_x0 = g.pad_y0 = pad0;
  g.ho = (h * up + pad0 + pad1 - fh) / down + 1;
  g.wo = (w * up + pad0 + pad1 - fw) / down + 1;
  return g;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(upfirdn2d_general_kernel)

BOOST_AUTO_TEST_CASE(square_filters) {
  for (int64_t c : {1, 3, 4, 7, 16, 21, 32, 51})
    for (int64_t side : {1, 3, 14}) {
      check(shape(side, side + 2, c, 12, 12, 1, 2, 11, 10));
      check(shape(side, side + 2, c, 12, 12, 2, 1, 7, 6));
      check(shape(side, side + 1, c, 24, 24, 4, 2, 23, 20));
      check(shape(side + 1, side, c, 6, 6, 1, 1, 5, 5));
      if (side > 5) check(shape(side, side + 3, c, 5, 5, 2, 1, -3, -2));
    }
}

BOOST_AUTO_TEST_CASE(lines) {
  for (int64_t c : {2, 16, 40})
    for (int64_t up : {1, 2, 3, 4})
      for (int64_t down : {1, 2, 3, 4}) {
        check(shape(9, 13, c, 1, 12, up, down, 8, 9));
        check(shape(13, 9, c, 12, 1, up, down, 8, 9));
        check(shape(11, 40, c, 7, 7, up, down, 2, 5));
      }
}

BOOST_AUTO_TEST_CASE(each_axis_its_own) {
  UpfirdnGeometry g;
  g.n = 3, g.h = 10, g.w = 17, g.c = 20, g.fh = 8, g.fw = 5;
  g.up_x = 3, g.up_y = 1, g.down_x = 2, g.down_y = 3, g.pad_x0 = 4, g.pad_y0 = -1;
  g.ho = 1 + (g.h + g.pad_y0 + 4 - g.fh) / g.down_y;
  g.wo = 1 + (g.w * g.up_x + g.pad_x0 - 9 - g.fw) / g.down_x;
  check(g);
}

BOOST_AUTO_TEST_CASE(outputs_without_any_input_are_zero) {
  check(shape(2, 2, 16, 3, 3, 1, 1, 9, 9));
  check(shape(2, 2, 3, 3, 3, 5, 1, 9, 9));
}

BOOST_AUTO_TEST_SUITE_END()
