// The resampling FIR, row by row. A row of pixels is one line of floats: filtering along y adds
// whole lines, filtering along x adds shifted ones, so that any number of channels, also 3, fills
// the vectors.
#include "kernels/cpu/upfirdn2d_plan.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/upfirdn2d_simd.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace sgan::kernels::upfirdn {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;
constexpr int64_t kLanes = hn::MaxLanes(D());

struct Term {
  const float* line;
  float tap;
};

// to[i] = sum of tap * line[i], i < count rounded up to whole vectors if `spare`, else exactly
// count.
template <int kTerms>
HWY_INLINE void add_lines(const Term* term, int64_t count, float* HWY_RESTRICT to) {
  const D d;
  const float* line[kTerms];
  V tap[kTerms];
  for (int t = 0; t < kTerms; ++t) {
    line[t] = term[t].line;
    tap[t] = hn::Set(d, term[t].tap);
  }
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    V sum = hn::Mul(hn::LoadU(d, line[0] + i), tap[0]);
#pragma GCC unroll 8
    for (int t = 1; t < kTerms; ++t) sum = hn::MulAdd(hn::LoadU(d, line[t] + i), tap[t], sum);
    hn::StoreU(sum, d, to + i);
  }
  for (; i < count; ++i) {
    float sum = line[0][i] * term[0].tap;
    for (int t = 1; t < kTerms; ++t) sum += line[t][i] * term[t].tap;
    to[i] = sum;
  }
}

void add_lines(const Term* term, int terms, int64_t count, float* to) {
  switch (terms) {
    case 0:
      std::memset(to, 0, static_cast<size_t>(count) * sizeof(float));
      return;
    case 1:
      return add_lines<1>(term, count, to);
    case 2:
      return add_lines<2>(term, count, to);
    case 3:
      return add_lines<3>(term, count, to);
    case 4:
      return add_lines<4>(term, count, to);
    case 5:
      return add_lines<5>(term, count, to);
    case 6:
      return add_lines<6>(term, count, to);
    case 7:
      return add_lines<7>(term, count, to);
    default:
      return add_lines<8>(term, count, to);
  }
}

// Copies `count` pixels between lines of different pixel pitch. Three channels go as four, in
// ascending order, so that the next pixel repairs what the fourth spoilt: both lines need one spare
// float.
void copy_pixels(const float* from, int64_t from_pitch, float* to, int64_t to_pitch, int64_t count,
                 int64_t c) {
  const D d;
  if (c % kLanes == 0) {
    for (int64_t i = 0; i < count; ++i)
      for (int64_t j = 0; j < c; j += kLanes)
        hn::StoreU(hn::LoadU(d, from + i * from_pitch + j), d, to + i * to_pitch + j);
  } else if (c == 3) {
    const hn::CappedTag<float, 4> d4;
    const bool spread = to_pitch > 3;  // then the fourth float is an inserted zero
    const auto keep = hn::FirstN(d4, spread ? 3 : 4);
    for (int64_t i = 0; i < count; ++i)
      hn::StoreU(hn::IfThenElseZero(keep, hn::LoadU(d4, from + i * from_pitch)), d4,
                 to + i * to_pitch);
  } else {
    for (int64_t i = 0; i < count; ++i)
      std::memcpy(to + i * to_pitch, from + i * from_pitch, static_cast<size_t>(c) * sizeof(float));
  }
}

HWY_INLINE V clamped(V v, V limit) {
  // NaN fails both tests and stays.
  v = hn::IfThenElse(hn::Gt(v, limit), limit, v);
  const V low = hn::Neg(limit);
  return hn::IfThenElse(hn::Lt(v, low), low, v);
}

template <Act kAct>
HWY_INLINE V activate(V v, V alpha) {
  const auto negative = hn::Lt(v, hn::Zero(D()));
  if constexpr (kAct == Act::relu) return hn::IfThenZeroElse(negative, v);
  if constexpr (kAct == Act::lrelu) return hn::IfThenElse(negative, hn::Mul(v, alpha), v);
  return v;
}

// Per channel factors, repeated until whole vectors repeat.
struct Tables {
  const float *scale, *bias;
  int64_t period;
};

// from: the filtered pixels, whole vectors readable; noise: null, or what to add to each float.
template <Act kAct>
void finish(const Plan& plan, const Tables& tables, const float* noise,
            const float* HWY_RESTRICT from, int64_t count, float* HWY_RESTRICT to) {
  const D d;
  const UpfirdnFast& p = *plan.p;
  const V alpha = hn::Set(d, p.alpha), gain = hn::Set(d, p.gain), limit = hn::Set(d, plan.clamp);
  const bool stream = plan.stream && reinterpret_cast<uintptr_t>(to) % 64 == 0;
  int64_t at = 0;
  for (int64_t i = 0; i < count; i += kLanes) {
    V v = hn::MulAdd(hn::Load(d, from + i), hn::Load(d, tables.scale + at),
                     hn::Load(d, tables.bias + at));
    if (noise) v = hn::Add(v, hn::Load(d, noise + i));
    at += kLanes;
    if (at == tables.period) at = 0;
    v = clamped(hn::Mul(activate<kAct>(v, alpha), gain), limit);
    if (i + kLanes <= count) {
      if (p.accumulate) v = hn::Add(v, hn::LoadU(d, to + i));
      if (stream)
        hn::Stream(v, d, to + i);
      else
        hn::StoreU(v, d, to + i);
    } else {
      HWY_ALIGN float tail[kLanes];
      hn::Store(v, d, tail);
      for (int64_t j = 0; i + j < count; ++j)
        to[i + j] = p.accumulate ? to[i + j] + tail[j] : tail[j];
    }
  }
}

// Floats of scratch for stripes of a width. Every line has a spare vector behind it.
struct Layout {
  int64_t period, source, lines, filtered, expanded, noise, total;
  Layout(const UpfirdnFast& p, int64_t width) {
    const auto line = [&](int64_t pixels) { return (pixels * p.c + 15) / 16 * 16 + 32; };
    period = p.c % kLanes == 0 ? p.c : p.c * kLanes;
    source = 2 * ((period + 15) / 16 * 16);
    // Pixels of the zero-inserted row that a stripe reads, and of the row itself.
    const int64_t reads = (width - 1) * p.down + p.fw;
    lines = source;
    expanded = lines + line(reads + 2);
    filtered = expanded + 2 * line(reads + 2);
    noise = filtered + line(width);
    total = noise + line(width);
  }
};

int64_t floor_div(int64_t a, int64_t b) { return a >= 0 ? a / b : -((b - 1 - a) / b); }

void RunRows(const Plan& plan, int64_t n, int64_t y0, int64_t rows, int64_t x0, int64_t width,
             float* scratch) {
  const UpfirdnFast& p = *plan.p;
  const D d;
  const Layout at(p, width);
  const int64_t c = p.c;
  float* scale = scratch;
  float* bias = scratch + at.source / 2;
  for (int64_t i = 0; i < at.period; ++i) {
    scale[i] = p.out_scale ? p.out_scale[n * c + i % c] : 1.0f;
    bias[i] = p.bias ? p.bias[i % c] : 0.0f;
  }
  const Tables tables{scale, bias, at.period};

  // Input pixels [first, first + pixels), of which [begin, end) exist.
  const int64_t low = x0 * p.down - p.pad_x0, reads = (width - 1) * p.down + p.fw;
  const int64_t first = floor_div(low, p.up);
  const int64_t pixels = floor_div(low + reads - 1, p.up) - first + 1;
  const int64_t begin = std::clamp<int64_t>(-first, 0, pixels);
  const int64_t end = std::clamp<int64_t>(p.w - first, begin, pixels);
  float* line = scratch + at.lines;
  float* expanded = scratch + at.expanded;
  float* odd = expanded + (at.filtered - at.expanded) / 2;
  float* filtered = scratch + at.filtered;
  float* noise = scratch + at.noise;
  std::memset(line, 0, static_cast<size_t>(at.filtered - at.lines) * sizeof(float));

  // The terms of the filter along x; they read lines that every row writes anew.
  Term along_x[kMaxTaps];
  int terms_x = 0;
  for (int k = 0; k < p.fw; ++k) {
    const float* from;
    if (p.up == 2)
      from = expanded + (low - 2 * first + k) * c;
    else if (p.down == 2)
      from = (k % 2 ? odd : expanded) + k / 2 * c;
    else
      from = line + k * c;
    if (plan.row[k] != 0) along_x[terms_x++] = {from, plan.row[k]};
  }

  for (int64_t y = y0; y < y0 + rows; ++y) {
    Term along_y[kMaxTaps];
    int terms_y = 0;
    for (int k = 0; k < p.fh; ++k) {
      const int64_t row = y * p.down + k - p.pad_y0;
      if (row < 0 || row % p.up || row / p.up >= p.h || plan.column[k] == 0) continue;
      along_y[terms_y++] = {p.x + ((n * p.h + row / p.up) * p.w + first + begin) * c,
                            plan.column[k]};
    }
    add_lines(along_y, terms_y, (end - begin) * c, line + begin * c);
    if (p.up == 2) {
      copy_pixels(line, c, expanded, 2 * c, pixels, c);
    } else if (p.down == 2) {
      copy_pixels(line, 2 * c, expanded, c, (pixels + 1) / 2, c);
      copy_pixels(line + c, 2 * c, odd, c, pixels / 2, c);
    }
    add_lines(along_x, terms_x, width * c, filtered);

    const float* added = nullptr;
    if (p.noise) {
      added = noise;
      const float* from = p.noise + n * p.noise_sample_stride + y * p.wo + x0;
      for (int64_t i = 0; i < width; ++i) {
        const float v = from[i] * p.noise_strength;
        int64_t j = 0;
        for (; j + kLanes <= c; j += kLanes) hn::StoreU(hn::Set(d, v), d, noise + i * c + j);
        for (; j < c; ++j) noise[i * c + j] = v;
      }
    }
    float* to = p.y + ((n * p.ho + y) * p.wo + x0) * c;
    switch (p.act) {
      case Act::relu:
        finish<Act::relu>(plan, tables, added, filtered, width * c, to);
        break;
      case Act::lrelu:
        finish<Act::lrelu>(plan, tables, added, filtered, width * c, to);
        break;
      default:
        finish<Act::linear>(plan, tables, added, filtered, width * c, to);
    }
  }
  if (plan.stream) hwy::FlushStream();
}

int64_t ScratchFloats(const Plan& plan, int64_t width) { return Layout(*plan.p, width).total; }

}  // namespace HWY_NAMESPACE
}  // namespace sgan::kernels::upfirdn
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sgan::kernels::upfirdn {

HWY_EXPORT(RunRows);
HWY_EXPORT(ScratchFloats);

int64_t scratch_floats(const Plan& plan, int64_t width) {
  return HWY_DYNAMIC_DISPATCH(ScratchFloats)(plan, width);
}

void run_rows(const Plan& plan, int64_t n, int64_t y, int64_t rows, int64_t x, int64_t width,
              float* scratch) {
  HWY_DYNAMIC_DISPATCH(RunRows)(plan, n, y, rows, x, width, scratch);
}

}  // namespace sgan::kernels::upfirdn
#endif  // HWY_ONCE
