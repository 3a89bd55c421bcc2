// The fused epilogue of ProGAN and StyleGAN1 against a naive one in double.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <random>
#include <vector>

#include "kernels/cpu/style_epilogue.hpp"

namespace {

using namespace sgan::kernels;

std::vector<float> random_values(int64_t count, unsigned seed, float mean = 0) {
  std::mt19937 engine(seed);
  std::normal_distribution<float> normal(mean, 1);
  std::vector<float> v(size_t(count), 0.f);
  for (float& x : v) x = normal(engine);
  return v;
}

std::vector<double> naive(const StyleEpilogue& e, const std::vector<float>& x) {
  std::vector<double> y(x.size());
  const auto at = [&](int64_t n, int64_t r, int64_t q, int64_t c) {
    return size_t(((n * e.h + r) * e.w + q) * e.c + c);
  };
  for (int64_t n = 0; n < e.n; ++n) {
    for (int64_t r = 0; r < e.h; ++r) {
      for (int64_t q = 0; q < e.w; ++q) {
        double squares = 0;
        for (int64_t c = 0; c < e.c; ++c) {
          double v = 0;
          for (int i = -1; i <= 1; ++i) {
            for (int j = -1; j <= 1; ++j) {
              if (!e.taps && (i || j)) continue;
              if (r + i < 0 || r + i >= e.h || q + j < 0 || q + j >= e.w) continue;
              const double tap = e.taps ? double(e.taps[i + 1]) * e.taps[j + 1] : 1;
              v += tap * x[at(n, r + i, q + j, c)];
            }
          }
          v *= e.gain;
          if (e.noise) {
            v += double(e.noise[n * e.noise_sample_stride + r * e.w + q]) * e.noise_strength[c];
          }
          if (e.bias) v += e.bias[c];
          if (v < 0) v *= e.slope;
          y[at(n, r, q, c)] = v;
          squares += v * v;
        }
        if (e.norm != FeatureNorm::pixel) continue;
        for (int64_t c = 0; c < e.c; ++c) {
          y[at(n, r, q, c)] /= std::sqrt(squares / double(e.c) + e.epsilon);
        }
      }
    }
    for (int64_t c = 0; c < e.c; ++c) {
      double mean = 0, variance = 0;
      const double pixels = double(e.h * e.w);
      for (int64_t p = 0; p < e.h * e.w; ++p) mean += y[at(n, 0, p, c)] / pixels;
      for (int64_t p = 0; p < e.h * e.w; ++p) {
        variance += std::pow(y[at(n, 0, p, c)] - mean, 2) / pixels;
      }
      for (int64_t p = 0; p < e.h * e.w; ++p) {
        double& v = y[at(n, 0, p, c)];
        if (e.norm == FeatureNorm::instance) v = (v - mean) / std::sqrt(variance + e.epsilon);
        if (e.style) v = v * (1.0 + e.style[2 * n * e.c + c]) + e.style[(2 * n + 1) * e.c + c];
      }
    }
  }
  return y;
}

void compare(const StyleEpilogue& e, const std::vector<float>& x, double tolerance) {
  std::vector<float> y(x.size() + 1, NAN);
  std::vector<double> scratch(style_epilogue_scratch_bytes(e) / 8 + 16);
  void* aligned =
      reinterpret_cast<void*>((reinterpret_cast<uintptr_t>(scratch.data()) + 63) / 64 * 64);
  style_epilogue(e, x.data(), y.data(), aligned);
  const auto expected = naive(e, x);
  double largest = 0, worst = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    BOOST_REQUIRE(std::isfinite(y[i]));
    largest = std::max(largest, std::fabs(expected[i]));
    worst = std::max(worst, std::fabs(y[i] - expected[i]));
  }
  BOOST_TEST(std::isnan(y.back()));  // nothing is written behind the end
  if (largest == 0) largest = 1;
  BOOST_TEST(worst <= tolerance * largest, "n " << e.n << " h " << e.h << " w " << e.w << " c "
                                                << e.c << ": error " << worst / largest);
}

BOOST_AUTO_TEST_SUITE(style_epilogue_kernel)

BOOST_AUTO_TEST_CASE(every_setting_and_odd_sizes) {
  const float taps[3] = {0.25f, 0.5f, 0.25f}, skewed[3] = {0.1f, 0.7f, 0.2f};
  unsigned seed = 1;
  for (const auto& [n, h, w, c] : {std::array<int64_t, 4>{1, 1, 1, 1},
                                   {2, 4, 4, 3},
                                   {1, 5, 7, 16},
                                   {3, 8, 2, 33},
                                   {1, 33, 17, 48},
                                   {2, 20, 21, 70}}) {
    const auto x = random_values(n * h * w * c, ++seed);
    const auto noise = random_values(n * h * w, ++seed), strength = random_values(c, ++seed);
    const auto bias = random_values(c, ++seed), style = random_values(2 * n * c, ++seed);
    for (int setting = 0; setting < 48; ++setting) {
      StyleEpilogue e{.n = n, .h = h, .w = w, .c = c};
      e.gain = 1.3f;
      e.taps = setting % 3 == 0 ? nullptr : setting % 3 == 1 ? taps : skewed;
      e.slope = setting & 4 ? 0.2f : 0;
      if (setting & 8) {
        e.noise = noise.data();
        e.noise_strength = strength.data();
        e.noise_sample_stride = setting & 4 ? h * w : 0;
      }
      e.bias = setting & 2 ? bias.data() : nullptr;
      e.style = setting & 1 ? style.data() : nullptr;
      e.norm = FeatureNorm(setting / 16);
      compare(e, x, 2e-5);
    }
  }
}

// Variance by sum of squares would be lost to rounding here.
BOOST_AUTO_TEST_CASE(mean_large_against_the_deviation) {
  StyleEpilogue e{.n = 1, .h = 64, .w = 64, .c = 20};
  e.norm = FeatureNorm::instance;
  auto x = random_values(64 * 64 * 20, 3);
  for (float& v : x) v = 1000 + v;
  compare(e, x, 2e-3);  // the inputs themselves are rounded to 3e-5 of a deviation
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
