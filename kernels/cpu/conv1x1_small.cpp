#include "kernels/cpu/conv1x1_small.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "kernels/parallel.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/conv1x1_small.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#ifndef SGAN_CONV1X1_SMALL_ONCE
#define SGAN_CONV1X1_SMALL_ONCE
namespace sgan::kernels {
namespace {

constexpr int kOut = 4;
constexpr int64_t kPad = 16;  // floats of the widest vector

// Weights [4][padded in_c] have the sample's scale multiplied in, and zeros behind in_c and out_c.
struct SmallWork {
  const float *x, *weight, *noise;
  float* y;
  int64_t in_c, padded;
  int out_c;
  float scale[kOut], bias[kOut];
  float strength, slope, gain, clamp;
  bool accumulate;
};

}  // namespace
}  // namespace sgan::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace sgan::kernels {
namespace {
namespace HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR

void small_range(const SmallWork& w, int64_t begin, int64_t end) {
  for (int64_t pixel = begin; pixel < end; ++pixel) {
    for (int o = 0; o < w.out_c; ++o) {
      const float *x = w.x + pixel * w.in_c, *weight = w.weight + o * w.padded;
      float v = 0;
      for (int64_t c = 0; c < w.in_c; ++c) v += x[c] * weight[c];
      v = v * w.scale[o] + w.bias[o];
      if (w.noise) v += w.noise[pixel] * w.strength;
      if (v < 0) v = w.slope == 0 ? 0 : v * w.slope;
      v *= w.gain;
      v = v > w.clamp ? w.clamp : v < -w.clamp ? -w.clamp : v;
      float* y = w.y + pixel * w.out_c + o;
      *y = w.accumulate ? *y + v : v;
    }
  }
}

#else

namespace hn = hwy::HWY_NAMESPACE;
using Four = hn::FixedTag<float, kOut>;
using Vector4 = hn::Vec<Four>;

template <class D>
HWY_INLINE Vector4 fold(D d, hn::Vec<D> v) {
  if constexpr (hn::MaxLanes(d) == kOut) {
    return v;
  } else {
    const hn::Half<D> half;
    return fold(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  }
}

// The sums of all lanes of the four vectors.
template <class D, class V = hn::Vec<D> >
HWY_INLINE Vector4 sums(D d, V a, V b, V c, V e) {
  const hn::Repartition<double, D> pairs;
  const auto ab =
      hn::BitCast(pairs, hn::Add(hn::InterleaveLower(d, a, b), hn::InterleaveUpper(d, a, b)));
  const auto ce =
      hn::BitCast(pairs, hn::Add(hn::InterleaveLower(d, c, e), hn::InterleaveUpper(d, c, e)));
  return fold(d, hn::Add(hn::BitCast(d, hn::InterleaveLower(pairs, ab, ce)),
                         hn::BitCast(d, hn::InterleaveUpper(pairs, ab, ce))));
}

HWY_INLINE void finish_pixel(const SmallWork& w, int64_t pixel, Vector4 v) {
  const Four d;
  const auto zero = hn::Zero(d), limit = hn::Set(d, w.clamp), low = hn::Neg(limit);
  const float noise = w.noise ? w.noise[pixel] * w.strength : 0;
  v = hn::MulAdd(v, hn::LoadU(d, w.scale), hn::Add(hn::LoadU(d, w.bias), hn::Set(d, noise)));
  const auto below = w.slope == 0 ? zero : hn::Mul(v, hn::Set(d, w.slope));
  v = hn::Mul(hn::IfThenElse(hn::Lt(v, zero), below, v), hn::Set(d, w.gain));
  v = hn::IfThenElse(hn::Gt(v, limit), limit, v);  // lets NaN through
  v = hn::IfThenElse(hn::Lt(v, low), low, v);
  float* y = w.y + pixel * w.out_c;
  float out[kOut], old[kOut] = {};
  if (w.accumulate) {
    std::copy_n(y, w.out_c, old);
    v = hn::Add(v, hn::LoadU(d, old));
  }
  hn::StoreU(v, d, out);
  if (w.out_c == 3) {
    std::memcpy(y, out, 3 * sizeof(float));
  } else {
    std::copy_n(out, w.out_c, y);
  }
}

// The loops over kPixels must be unrolled for the sums to stay in registers.
template <int kPixels, bool kRest>
HWY_INLINE void some_pixels(const SmallWork& w, int64_t pixel) {
  const hn::ScalableTag<float> d;
  using V = hn::Vec<decltype(d)>;
  const int64_t lanes = hn::MaxLanes(d), whole = w.in_c / lanes * lanes;
  V sum[kPixels][kOut];
  for (auto& s : sum) {
    for (V& v : s) v = hn::Zero(d);
  }
  const float* x = w.x + pixel * w.in_c;
  const auto add = [&](int p, int64_t c, V v) HWY_ATTR {
    for (int o = 0; o < kOut; ++o) {
      sum[p][o] = hn::MulAdd(v, hn::LoadU(d, w.weight + o * w.padded + c), sum[p][o]);
    }
  };
  for (int64_t c = 0; c < whole; c += lanes) {
    for (int p = 0; p < kPixels; ++p) add(p, c, hn::LoadU(d, x + p * w.in_c + c));
  }
  if constexpr (kRest) {
    for (int p = 0; p < kPixels; ++p) {
      HWY_ALIGN float rest[kPad] = {};
      std::copy_n(x + p * w.in_c + whole, w.in_c - whole, rest);
      add(p, whole, hn::Load(d, rest));
    }
  }
#pragma GCC unroll 4
  for (int p = 0; p < kPixels; ++p) {
    finish_pixel(w, pixel + p, sums(d, sum[p][0], sum[p][1], sum[p][2], sum[p][3]));
  }
}

template <bool kRest>
HWY_INLINE void small_range_of(const SmallWork& w, int64_t begin, int64_t end) {
  constexpr int kPixels = HWY_MAX_BYTES >= 64 ? 4 : 2;
  int64_t p = begin;
  for (; p + kPixels <= end; p += kPixels) some_pixels<kPixels, kRest>(w, p);
  for (; p < end; ++p) some_pixels<1, kRest>(w, p);
}

void small_range(const SmallWork& w, int64_t begin, int64_t end) {
  if (w.in_c % hn::MaxLanes(hn::ScalableTag<float>()) != 0) {
    small_range_of<true>(w, begin, end);
  } else {
    small_range_of<false>(w, begin, end);
  }
}

#endif

}  // namespace HWY_NAMESPACE
}  // namespace
}  // namespace sgan::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sgan::kernels {
namespace {

HWY_EXPORT(small_range);

int64_t padded(const Conv1x1Small& s) { return (s.in_c + kPad - 1) / kPad * kPad; }

}  // namespace

size_t conv1x1_small_scratch_bytes(const Conv1x1Small& s) {
  return static_cast<size_t>(s.n * kOut * padded(s)) * sizeof(float);
}

void conv1x1_small(const Conv1x1Small& s, const float* x, const float* in_scale,
                   const float* weight, float* y, const ConvEpilogue& e, void* scratch) {
  for (int64_t n = 0; n < s.n; ++n) {
    SmallWork w = {};
    w.in_c = s.in_c, w.padded = padded(s), w.out_c = s.out_c;
    float* scaled = static_cast<float*>(scratch) + n * kOut * w.padded;
    std::fill_n(scaled, kOut * w.padded, 0.0f);
    for (int o = 0; o < s.out_c; ++o) {
      for (int64_t c = 0; c < s.in_c; ++c) {
        scaled[o * w.padded + c] =
            weight[o * s.in_c + c] * (in_scale ? in_scale[n * s.in_c + c] : 1);
      }
      w.scale[o] = e.out_scale ? e.out_scale[n * s.out_c + o] : 1;
      w.bias[o] = e.bias ? e.bias[o] : 0;
    }
    w.weight = scaled;
    w.x = x + n * s.pixels * s.in_c;
    w.y = y + n * s.pixels * s.out_c;
    w.noise = e.noise ? e.noise + n * e.noise_sample_stride : nullptr;
    w.strength = e.noise_strength;
    w.slope = e.act == Act::relu ? 0 : e.act == Act::lrelu ? e.alpha : 1;
    w.gain = e.gain;
    w.clamp = e.clamp >= 0 ? e.clamp : std::numeric_limits<float>::infinity();
    w.accumulate = e.accumulate;
    constexpr int64_t kGrainFloats = 1 << 15;
    parallel_ranges(s.pixels, std::max<int64_t>(1, kGrainFloats / s.in_c),
                    [&](int64_t begin, int64_t end) {
                      HWY_DYNAMIC_DISPATCH(small_range)(w, begin, end);
                    });
  }
}

}  // namespace sgan::kernels
#endif
