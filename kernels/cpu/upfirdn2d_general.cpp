// The resampling FIR of any shape. Pixels of a row that meet the same taps are summed four at a
// time, each for two vectors of channels, so that a tap is set once for eight multiplications.
#include "kernels/cpu/upfirdn2d_general.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/upfirdn2d_general.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "kernels/parallel.hpp"

HWY_BEFORE_NAMESPACE();
namespace sgan::kernels::general_fir {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Input rows and rows of the filter that meet in one row of the output.
struct Rows {
  std::vector<const float*> x, f;
};

// Outputs that see taps first, first + step, ... (`taps` of them), beginning at input pixel `at`;
// each next output stands `shift` input pixels further and `pitch` floats in y.
struct Span {
  int64_t first, step, taps, at, shift, pitch;
};

// kPixels outputs of kVectors vectors of channels from y on.
template <int kPixels, int kVectors, class D>
HWY_INLINE void sum(D d, const Rows& rows, const Span& s, int64_t c, int64_t channel,
                    float* HWY_RESTRICT y) {
  using V = hn::Vec<D>;
  constexpr int64_t kLanes = hn::MaxLanes(D());
  V acc[kPixels][kVectors];
  for (auto& pixel : acc)
    for (V& v : pixel) v = hn::Zero(d);
  const int64_t shift = s.shift * c;
  for (size_t r = 0; r < rows.x.size(); ++r) {
    const float* x = rows.x[r] + s.at * c + channel;
    const float* f = rows.f[r] + s.first;
    for (int64_t t = 0; t < s.taps; ++t, x += c, f += s.step) {
      const V tap = hn::Set(d, *f);
#pragma GCC unroll 4
      for (int p = 0; p < kPixels; ++p)
#pragma GCC unroll 2
        for (int v = 0; v < kVectors; ++v)
          acc[p][v] = hn::MulAdd(hn::LoadU(d, x + p * shift + v * kLanes), tap, acc[p][v]);
    }
  }
  for (int p = 0; p < kPixels; ++p)
    for (int v = 0; v < kVectors; ++v)
      hn::StoreU(acc[p][v], d, y + p * s.pitch + channel + v * kLanes);
}

template <int kPixels>
HWY_INLINE void sum_channels(const Rows& rows, const Span& s, int64_t c, float* y) {
  const hn::CappedTag<float, 16> d;
  const hn::CappedTag<float, 4> d4;
  const hn::CappedTag<float, 1> d1;
  constexpr int64_t kLanes = hn::MaxLanes(d), kLanes4 = hn::MaxLanes(d4);
  int64_t channel = 0;
  for (; channel + 2 * kLanes <= c; channel += 2 * kLanes)
    sum<kPixels, 2>(d, rows, s, c, channel, y);
  if (channel + kLanes <= c) {
    sum<kPixels, 1>(d, rows, s, c, channel, y);
    channel += kLanes;
  }
  for (; channel + kLanes4 <= c; channel += kLanes4) sum<kPixels, 1>(d4, rows, s, c, channel, y);
  for (; channel < c; ++channel) sum<kPixels, 1>(d1, rows, s, c, channel, y);
}

int64_t ceil_div(int64_t a, int64_t b) { return a > 0 ? (a + b - 1) / b : -(-a / b); }

void RunRow(const UpfirdnGeometry& g, const float* x, const float* f, int64_t n, int64_t oy,
            float* y) {
  thread_local Rows rows;
  rows.x.clear();
  rows.f.clear();
  for (int64_t ky = 0; ky < g.fh; ++ky) {
    const int64_t sy = oy * g.down_y + ky - g.pad_y0;
    if (sy < 0 || sy % g.up_y || sy / g.up_y >= g.h) continue;
    rows.x.push_back(x + (n * g.h + sy / g.up_y) * g.w * g.c);
    rows.f.push_back(f + ky * g.fw);
  }
  // Outputs `period` apart meet the same taps, as far as their inputs exist.
  const int64_t period = g.up_x / std::gcd(g.up_x, g.down_x);
  const int64_t shift = period * g.down_x / g.up_x;
  for (int64_t phase = 0; phase < std::min(period, g.wo); ++phase) {
    // The input pixels under the filter, from and to, whether they exist or not.
    const auto reach = [&](int64_t ox) {
      const int64_t low = ox * g.down_x - g.pad_x0;
      const int64_t begin = ceil_div(low, g.up_x), end = ceil_div(low + g.fw, g.up_x);
      return std::pair(begin, end);
    };
    for (int64_t ox = phase; ox < g.wo;) {
      const auto [begin, end] = reach(ox);
      const int64_t from = std::clamp<int64_t>(begin, 0, g.w);
      const int64_t to = std::clamp<int64_t>(end, from, g.w);
      const Span s{
          from * g.up_x - (ox * g.down_x - g.pad_x0), g.up_x, to - from, from, shift, period * g.c};
      float* out = y + ox * g.c;
      const int64_t last = ox + 3 * period;
      const bool whole = begin >= 0 && end <= g.w;
      if (whole && last < g.wo && end + 3 * shift <= g.w) {
        sum_channels<4>(rows, s, g.c, out);
        ox += 4 * period;
      } else {
        sum_channels<1>(rows, s, g.c, out);
        ox += period;
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace sgan::kernels::general_fir
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sgan::kernels {
namespace general_fir {
HWY_EXPORT(RunRow);
}

void upfirdn2d_general(const UpfirdnGeometry& g, const float* x, const float* f, float* y) {
  using namespace general_fir;
  const auto run = HWY_DYNAMIC_DISPATCH(RunRow);
  const int64_t grain = std::max<int64_t>(1, 16384 / std::max<int64_t>(1, g.wo * g.c * g.fw));
  parallel_ranges(g.n * g.ho, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      run(g, x, f, i / g.ho, i % g.ho, y + i * g.wo * g.c);
    }
  });
}

}  // namespace sgan::kernels
#endif  // HWY_ONCE
