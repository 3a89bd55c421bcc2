#include "kernels/cpu/style_epilogue.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/parallel.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/style_epilogue.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#ifndef SGAN_STYLE_EPILOGUE_ONCE
#define SGAN_STYLE_EPILOGUE_ONCE
namespace sgan::kernels {
namespace {

// Statistics of some rows of one sample, about the channel's first value there: what is summed is
// small where the mean is large against the deviation.
struct Moments {
  double *sum, *square;  // [c]
  float* pivot;          // [c]
};

// One row of the first pass.
struct EpilogueRow {
  const float *above, *here, *below;
  const float* noise;  // null: none
  float* y;
  float vertical[3];  // zero where there is no row
  bool first;         // sets the pivots
};

}  // namespace
}  // namespace sgan::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace sgan::kernels {
namespace {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// kVectors vectors of channels from c0 on, along the whole row.
template <int kVectors, bool blur, bool stats, class D>
HWY_INLINE void row_block(const StyleEpilogue& e, const EpilogueRow& r, const Moments& m, D d,
                          int64_t c0) {
  using V = hn::Vec<D>;
  const int64_t lanes = hn::Lanes(d);
  const auto zero = hn::Zero(d), slope = hn::Set(d, e.slope);
  const auto v0 = hn::Set(d, r.vertical[0]), v1 = hn::Set(d, r.vertical[1]);
  const auto v2 = hn::Set(d, r.vertical[2]);
  const auto h0 = hn::Set(d, blur ? e.taps[0] * e.gain : 0);
  const auto h1 = hn::Set(d, blur ? e.taps[1] * e.gain : e.gain);
  const auto h2 = hn::Set(d, blur ? e.taps[2] * e.gain : 0);
  V strength[kVectors], bias[kVectors], pivot[kVectors], sum[kVectors], square[kVectors];
  V before[kVectors], now[kVectors], next[kVectors];
  const auto column = [&](int64_t x, V* to) HWY_ATTR {
    for (int i = 0; i < kVectors; ++i) {
      const int64_t at = x * e.c + c0 + i * lanes;
      to[i] = hn::Mul(hn::LoadU(d, r.here + at), v1);
      if (!blur) continue;
      to[i] = hn::MulAdd(hn::LoadU(d, r.above + at), v0, to[i]);
      to[i] = hn::MulAdd(hn::LoadU(d, r.below + at), v2, to[i]);
    }
  };
  for (int i = 0; i < kVectors; ++i) {
    const int64_t c = c0 + i * lanes;
    strength[i] = r.noise && e.noise_strength ? hn::LoadU(d, e.noise_strength + c) : hn::Set(d, 1);
    bias[i] = e.bias ? hn::LoadU(d, e.bias + c) : zero;
    pivot[i] = stats && !r.first ? hn::LoadU(d, m.pivot + c) : zero;
    sum[i] = square[i] = before[i] = now[i] = next[i] = zero;
  }
  column(0, now);
  for (int64_t x = 0; x < e.w; ++x) {
    if (blur) {
      if (x + 1 < e.w) {
        column(x + 1, next);
      } else {
        for (V& v : next) v = zero;
      }
    } else if (x > 0) {
      column(x, now);
    }
    const auto noise = hn::Set(d, r.noise ? r.noise[x] : 0.0f);
    for (int i = 0; i < kVectors; ++i) {
      V v = hn::Mul(now[i], h1);
      if (blur) v = hn::MulAdd(before[i], h0, hn::MulAdd(next[i], h2, v));
      v = hn::Add(hn::MulAdd(noise, strength[i], v), bias[i]);
      v = hn::IfThenElse(hn::Lt(v, zero), hn::Mul(v, slope), v);  // lets NaN through
      hn::StoreU(v, d, r.y + x * e.c + c0 + i * lanes);
      if (!stats) continue;
      if (r.first && x == 0) pivot[i] = v;
      const auto deviation = hn::Sub(v, pivot[i]);
      sum[i] = hn::Add(sum[i], deviation);
      square[i] = hn::MulAdd(deviation, deviation, square[i]);
    }
    if (blur) {
      for (int i = 0; i < kVectors; ++i) {
        before[i] = now[i];
        now[i] = next[i];
      }
    }
  }
  if (!stats) return;
  HWY_ALIGN float total[hn::MaxLanes(d)], squares[hn::MaxLanes(d)];
  for (int i = 0; i < kVectors; ++i) {
    const int64_t c = c0 + i * lanes;
    hn::Store(sum[i], d, total);
    hn::Store(square[i], d, squares);
    for (int64_t k = 0; k < lanes; ++k) {
      m.sum[c + k] += double(total[k]);
      m.square[c + k] += double(squares[k]);
    }
    if (r.first) hn::StoreU(pivot[i], d, m.pivot + c);
  }
}

// Calls body with wide vectors, then narrow ones, then single numbers, so that they cover c
// channels.
template <class Body>
HWY_INLINE void for_channels(int64_t channels, const Body& body) {
  const hn::ScalableTag<float> wide;
  const int64_t lanes = hn::Lanes(wide);
  int64_t c = 0;
  for (; c + 2 * lanes <= channels; c += 2 * lanes) body.template operator()<2>(wide, c);
  for (; c + lanes <= channels; c += lanes) body.template operator()<1>(wide, c);
  const hn::CappedTag<float, 1> one;
  for (; c < channels; ++c) body.template operator()<1>(one, c);
}

// Divides each pixel of a row by the root of its mean square.
void pixel_norm_row(const StyleEpilogue& e, float* y) {
  const hn::ScalableTag<float> d;
  const int64_t lanes = hn::Lanes(d), whole = e.c / lanes * lanes;
  for (int64_t x = 0; x < e.w; ++x, y += e.c) {
    auto squares = hn::Zero(d);
    for (int64_t c = 0; c < whole; c += lanes) {
      const auto v = hn::LoadU(d, y + c);
      squares = hn::MulAdd(v, v, squares);
    }
    float total = hn::GetLane(hn::SumOfLanes(d, squares));
    for (int64_t c = whole; c < e.c; ++c) total += y[c] * y[c];
    const float factor = 1 / std::sqrt(total / float(e.c) + e.epsilon);
    const auto factors = hn::Set(d, factor);
    for (int64_t c = 0; c < whole; c += lanes) {
      hn::StoreU(hn::Mul(hn::LoadU(d, y + c), factors), d, y + c);
    }
    for (int64_t c = whole; c < e.c; ++c) y[c] *= factor;
  }
}

// Rows [begin, end) of one sample: everything up to the activation or the pixel norm.
void first_pass(const StyleEpilogue& e, const float* x, const float* noise, float* y, int64_t begin,
                int64_t end, const Moments& m) {
  const int64_t pitch = e.w * e.c;
  for (int64_t row = begin; row < end; ++row) {
    EpilogueRow r{};
    r.here = r.above = r.below = x + row * pitch;
    r.noise = noise ? noise + row * e.w : nullptr;
    r.y = y + row * pitch;
    r.vertical[1] = e.taps ? e.taps[1] : 1;
    if (e.taps && row > 0) {
      r.above -= pitch;
      r.vertical[0] = e.taps[0];
    }
    if (e.taps && row + 1 < e.h) {
      r.below += pitch;
      r.vertical[2] = e.taps[2];
    }
    r.first = row == begin;
    for_channels(e.c, [&]<int kVectors>(auto d, int64_t c) HWY_ATTR {
      const bool stats = e.norm == FeatureNorm::instance;
      if (e.taps) {
        stats ? row_block<kVectors, true, true>(e, r, m, d, c)
              : row_block<kVectors, true, false>(e, r, m, d, c);
      } else {
        stats ? row_block<kVectors, false, true>(e, r, m, d, c)
              : row_block<kVectors, false, false>(e, r, m, d, c);
      }
    });
    if (e.norm == FeatureNorm::pixel) pixel_norm_row(e, r.y);
  }
}

// y = (y - centre) * scale + shift, channel by channel, over `pixels` pixels: what is constant
// gives shift exactly, however large the scale.
void second_pass(const StyleEpilogue& e, const float* centre, const float* scale,
                 const float* shift, float* y, int64_t pixels) {
  for (int64_t p = 0; p < pixels; p += 64) {  // blocks that stay in the first-level cache
    const int64_t count = std::min<int64_t>(64, pixels - p);
    for_channels(e.c, [&]<int kVectors>(auto d, int64_t c0) HWY_ATTR {
      using V = hn::Vec<decltype(d)>;
      const int64_t lanes = hn::Lanes(d);
      V a[kVectors], b[kVectors], m[kVectors];
      for (int i = 0; i < kVectors; ++i) {
        m[i] = hn::LoadU(d, centre + c0 + i * lanes);
        a[i] = hn::LoadU(d, scale + c0 + i * lanes);
        b[i] = hn::LoadU(d, shift + c0 + i * lanes);
      }
      for (int64_t k = 0; k < count; ++k) {
        float* at = y + (p + k) * e.c + c0;
        for (int i = 0; i < kVectors; ++i, at += lanes) {
          hn::StoreU(hn::MulAdd(hn::Sub(hn::LoadU(d, at), m[i]), a[i], b[i]), d, at);
        }
      }
    });
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace
}  // namespace sgan::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sgan::kernels {
namespace {

HWY_EXPORT(first_pass);
HWY_EXPORT(second_pass);

// A sample's rows are summed in this many parts whatever the number of threads, so that the result
// does not depend on it.
int64_t parts_of(const StyleEpilogue& e) { return std::min<int64_t>(e.h, 16); }
int64_t padded(int64_t c) { return (c + 15) / 16 * 16; }

// What normalises a channel and applies its style.
void scale_and_shift(const StyleEpilogue& e, const Moments* parts, const float* style,
                     float* centre, float* scale, float* shift) {
  const int64_t count = parts_of(e);
  for (int64_t c = 0; c < e.c; ++c) {
    double mean = 0, spread = 0, seen = 0;  // Chan's merge of means and sums of squared deviations
    for (int64_t p = 0; p < count && e.norm == FeatureNorm::instance; ++p) {
      const double pixels = double((e.h * (p + 1) / count - e.h * p / count) * e.w);
      const double sum = parts[p].sum[c], local = double(parts[p].pivot[c]) + sum / pixels;
      const double delta = local - mean, total = seen + pixels;
      spread += std::max(0.0, parts[p].square[c] - sum * sum / pixels) +
                delta * delta * seen * pixels / total;
      mean += delta * pixels / total;
      seen = total;
    }
    double factor = 1;
    if (e.norm == FeatureNorm::instance) factor = 1 / std::sqrt(spread / seen + double(e.epsilon));
    if (style) factor *= 1.0 + double(style[c]);
    scale[c] = float(factor);
    centre[c] = float(mean);
    shift[c] = style ? style[e.c + c] : 0.0f;
  }
}

}  // namespace

size_t style_epilogue_scratch_bytes(const StyleEpilogue& e) {
  const int64_t parts = e.n * parts_of(e), c = padded(e.c);
  return size_t(parts * c * (2 * sizeof(double) + sizeof(float)) + e.n * c * 3 * sizeof(float));
}

void style_epilogue(const StyleEpilogue& e, const float* x, float* y, void* scratch) {
  const int64_t parts = parts_of(e), c = padded(e.c), sample = e.h * e.w * e.c;
  double* doubles = static_cast<double*>(scratch);
  float* pivots = reinterpret_cast<float*>(doubles + 2 * e.n * parts * c);
  float* scales = pivots + e.n * parts * c;
  float* shifts = scales + e.n * c;
  float* centres = shifts + e.n * c;
  const auto moments = [&](int64_t i) {
    return Moments{doubles + 2 * i * c, doubles + (2 * i + 1) * c, pivots + i * c};
  };
  const auto each = [&](const auto& body) {  // small maps are not worth waking threads for
    if (e.n * sample < (1 << 14)) {
      for (int64_t i = 0; i < e.n * parts; ++i) body(i);
    } else {
      parallel_each(e.n * parts, body);
    }
  };
  each([&](int64_t i) {
    const int64_t n = i / parts, p = i % parts;
    const Moments m = moments(i);
    std::fill_n(m.sum, 2 * c, 0.0);
    const float* noise = e.noise ? e.noise + n * e.noise_sample_stride : nullptr;
    HWY_DYNAMIC_DISPATCH(first_pass)
    (e, x + n * sample, noise, y + n * sample, e.h * p / parts, e.h * (p + 1) / parts, m);
  });
  if (e.norm != FeatureNorm::instance && !e.style) return;
  for (int64_t n = 0; n < e.n; ++n) {
    Moments m[16];
    for (int64_t p = 0; p < parts; ++p) m[p] = moments(n * parts + p);
    scale_and_shift(e, m, e.style ? e.style + 2 * n * e.c : nullptr, centres + n * c,
                    scales + n * c, shifts + n * c);
  }
  each([&](int64_t i) {
    const int64_t n = i / parts, p = i % parts;
    const int64_t begin = e.h * p / parts * e.w, end = e.h * (p + 1) / parts * e.w;
    HWY_DYNAMIC_DISPATCH(second_pass)
    (e, centres + n * c, scales + n * c, shifts + n * c, y + n * sample + begin * e.c, end - begin);
  });
}

}  // namespace sgan::kernels
#endif
