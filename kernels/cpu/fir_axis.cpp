#include "kernels/cpu/fir_axis.hpp"

#include <algorithm>

#include "kernels/cpu/thread_scratch.hpp"
#include "kernels/parallel.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/fir_axis.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace sgan::kernels::fir {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// to[i] = sum over t of taps[t] * lines[t][i]. Four vectors a turn: their sums stay in registers.
void AddLines(const float* const* lines, const float* taps, int64_t terms, int64_t count,
              float* HWY_RESTRICT to) {
  const hn::CappedTag<float, 16> d;
  const int64_t lanes = int64_t(hn::Lanes(d));
  int64_t i = 0;
  for (; i + 4 * lanes <= count; i += 4 * lanes) {
    auto a = hn::Zero(d), b = a, c = a, e = a;
    for (int64_t t = 0; t < terms; ++t) {
      const auto tap = hn::Set(d, taps[t]);
      const float* line = lines[t] + i;
      a = hn::MulAdd(hn::LoadU(d, line), tap, a);
      b = hn::MulAdd(hn::LoadU(d, line + lanes), tap, b);
      c = hn::MulAdd(hn::LoadU(d, line + 2 * lanes), tap, c);
      e = hn::MulAdd(hn::LoadU(d, line + 3 * lanes), tap, e);
    }
    hn::StoreU(a, d, to + i);
    hn::StoreU(b, d, to + i + lanes);
    hn::StoreU(c, d, to + i + 2 * lanes);
    hn::StoreU(e, d, to + i + 3 * lanes);
  }
  for (; i + lanes <= count; i += lanes) {
    auto a = hn::Zero(d);
    for (int64_t t = 0; t < terms; ++t) {
      a = hn::MulAdd(hn::LoadU(d, lines[t] + i), hn::Set(d, taps[t]), a);
    }
    hn::StoreU(a, d, to + i);
  }
  // The rest in vectors of one lane, whose products and sums round as the others do: a pixel's
  // value does not depend on where in a line it lies.
  const hn::CappedTag<float, 1> d1;
  for (; i < count; ++i) {
    auto a = hn::Zero(d1);
    for (int64_t t = 0; t < terms; ++t) {
      a = hn::MulAdd(hn::LoadU(d1, lines[t] + i), hn::Set(d1, taps[t]), a);
    }
    hn::StoreU(a, d1, to + i);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace sgan::kernels::fir
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sgan::kernels {
namespace fir {
namespace {

HWY_EXPORT(AddLines);

constexpr int64_t max_taps = 64;

int64_t floor_divide(int64_t a, int64_t b) { return a >= 0 ? a / b : -((b - 1 - a) / b); }

struct Terms {
  const float* lines[max_taps];
  float taps[max_taps];
  int64_t count = 0;
  void add(const float* line, float tap) {
    lines[count] = line;
    taps[count++] = tap;
  }
  void sum(int64_t length, float* to) const {
    HWY_DYNAMIC_DISPATCH(AddLines)(lines, taps, count, length, to);
  }
};

// Element o of an axis with many numbers an element: a sum of whole elements.
void run_element(const FirAxisGeometry& g, const float* f, const float* x, int64_t o, float* y) {
  Terms terms;
  for (int64_t k = 0; k < g.count; ++k) {
    const int64_t at = o * g.down + k - g.pad;
    if (at < 0 || at % g.up || at / g.up >= g.in) continue;
    terms.add(x + at / g.up * g.inner, f[k]);
  }
  terms.sum(g.inner, y + o * g.inner);
}

// A line of an axis with few numbers an element, such as a row of pixels. It is copied into one
// buffer for every phase of `down`, with zeros around, so that any tap reads it as a shifted line;
// the phases of `up` are summed one after the other and then interleaved.
struct LinePlan {
  int64_t first, length;  // elements of a buffer: g.in positions from `first` on, in units of down
  int64_t results;        // elements of one phase of up
  explicit LinePlan(const FirAxisGeometry& g)
      : first(floor_divide(floor_divide(-g.pad, g.up), g.down)),
        results((g.out + g.up - 1) / g.up) {
    length =
        floor_divide(floor_divide(g.up - 1 + g.count - 1 - g.pad, g.up), g.down) + results - first;
  }
  int64_t floats(const FirAxisGeometry& g) const {
    return (length * g.down + (g.up > 1 ? results : 0)) * g.inner;
  }
};

// Elements of kInner numbers each (0: `inner`), taken and put at steps of whole elements.
template <int kInner>
void copy_elements(const float* from, int64_t from_step, float* to, int64_t to_step, int64_t count,
                   int64_t inner) {
  if (kInner) inner = kInner;
  for (int64_t t = 0; t < count; ++t) {
    for (int64_t k = 0; k < inner; ++k)
      to[t * to_step * inner + k] = from[t * from_step * inner + k];
  }
}

void copy_elements(const float* from, int64_t from_step, float* to, int64_t to_step, int64_t count,
                   int64_t inner) {
  if (from_step == 1 && to_step == 1) {
    std::copy_n(from, std::max<int64_t>(0, count * inner), to);
  } else if (inner == 3) {
    copy_elements<3>(from, from_step, to, to_step, count, inner);
  } else {
    copy_elements<0>(from, from_step, to, to_step, count, inner);
  }
}

void spread(const FirAxisGeometry& g, const LinePlan& plan, const float* x, float* buffers) {
  for (int64_t phase = 0; phase < g.down; ++phase) {
    // Elements [begin, end) of the buffer are in the line.
    const auto reach = [&](int64_t at) {
      return std::clamp<int64_t>(floor_divide(at - phase + g.down - 1, g.down) - plan.first, 0,
                                 plan.length);
    };
    const int64_t begin = reach(0), end = std::max(begin, reach(g.in));
    float* to = buffers + phase * plan.length * g.inner;
    std::fill_n(to, begin * g.inner, 0.0f);
    copy_elements(x + ((plan.first + begin) * g.down + phase) * g.inner, g.down,
                  to + begin * g.inner, 1, end - begin, g.inner);
    std::fill_n(to + end * g.inner, (plan.length - end) * g.inner, 0.0f);
  }
}

void run_line(const FirAxisGeometry& g, const LinePlan& plan, const float* f, const float* x,
              float* y, float* scratch) {
  spread(g, plan, x, scratch);
  float* phase_sums = scratch + plan.length * g.down * g.inner;
  for (int64_t phase = 0; phase < g.up; ++phase) {
    Terms terms;
    for (int64_t k = 0; k < g.count; ++k) {
      const int64_t fine = phase + k - g.pad;
      if (floor_divide(fine, g.up) * g.up != fine) continue;
      const int64_t at = fine / g.up, shift = floor_divide(at, g.down);
      const float* buffer = scratch + (at - shift * g.down) * plan.length * g.inner;
      terms.add(buffer + (shift - plan.first) * g.inner, f[k]);
    }
    const int64_t results = (g.out - phase + g.up - 1) / g.up;
    float* to = g.up > 1 ? phase_sums : y;
    terms.sum(results * g.inner, to);
    if (g.up == 1) continue;
    copy_elements(to, 1, y + phase * g.inner, g.up, results, g.inner);
  }
}

}  // namespace
}  // namespace fir

bool fir_axis_fast_supported(const FirAxisGeometry& g) {
  return g.count <= fir::max_taps && (g.up == 1 || g.down == 1);
}

void fir_axis_fast(const FirAxisGeometry& g, const float* x, const float* taps, float* y) {
  const auto taps_of = [&](int64_t r) { return taps + r / (g.outer / g.n) * g.tap_stride; };
  if (g.inner >= 32) {
    const int64_t grain = std::max<int64_t>(1, 16384 / g.inner);
    parallel_ranges(g.outer * g.out, grain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t r = i / g.out;
        fir::run_element(g, taps_of(r), x + r * g.in * g.inner, i % g.out, y + r * g.out * g.inner);
      }
    });
    return;
  }
  const fir::LinePlan plan(g);
  const int64_t grain = std::max<int64_t>(1, 16384 / (g.out * g.inner));
  parallel_ranges(g.outer, grain, [&](int64_t begin, int64_t end) {
    float* scratch = thread_scratch().floats(size_t(plan.floats(g)));
    for (int64_t r = begin; r < end; ++r) {
      fir::run_line(g, plan, taps_of(r), x + r * g.in * g.inner, y + r * g.out * g.inner, scratch);
    }
  });
}

}  // namespace sgan::kernels
#endif  // HWY_ONCE
