// The arithmetic of the fast filtered nonlinearity, once per SIMD target (no include guard of the
// usual form: foreach_target.h includes this again for each of them). Everything is unrolled by
// templates so that filter windows are registers.
#if defined(SGAN_FLRELU_STAGES_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef SGAN_FLRELU_STAGES_INL
#undef SGAN_FLRELU_STAGES_INL
#else
#define SGAN_FLRELU_STAGES_INL
#endif

#include <hwy/highway.h>

#include <cstddef>

#include "kernels/cpu/filtered_lrelu_plan.hpp"

HWY_BEFORE_NAMESPACE();
namespace sgan::kernels::flrelu {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, kMaxLanes>;
using V = hn::Vec<D>;
inline constexpr size_t kLanes = hn::MaxLanes(D());

// Sample s of the stream has filter phase (kPhase + s) % kUp and reads the six inputs from
// first_input(s) on. A stream carries the inputs that the next sample needs and that are already
// known.
template <int kUp, int kPhase>
struct Stream {
  static constexpr int phase(int s) { return (kPhase + s) % kUp; }
  static constexpr int first_input(int s) { return (kPhase + s) / kUp; }
  static constexpr int kCarry = kPhase == 0 ? kTaps - 1 : kTaps;
  static constexpr int kNew = 2 * kChunk / kUp;  // inputs that a chunk consumes
};

template <int kUp>
struct UpTaps {
  V tap[kUp / 2 * kTaps];

  HWY_INLINE explicit UpTaps(const float (&t)[2][kTaps]) {
    for (int q = 0; q < kUp / 2; ++q)
      for (int j = 0; j < kTaps; ++j) tap[q * kTaps + j] = hn::Set(D(), t[q][j]);
  }
  // The filter is symmetric, so phase q is phase up-1-q read backwards.
  HWY_INLINE V operator()(int q, int j) const {
    return q < kUp / 2 ? tap[q * kTaps + j] : tap[(kUp - 1 - q) * kTaps + kTaps - 1 - j];
  }
};

template <int kUp>
HWY_INLINE V up_sample(const UpTaps<kUp>& taps, int phase, const V* in) {
  V sum = hn::Mul(in[0], taps(phase, 0));
#pragma GCC unroll 8
  for (int j = 1; j < kTaps; ++j) sum = hn::MulAdd(in[j], taps(phase, j), sum);
  return sum;
}

// One row, upsampled along x: `groups` new inputs after the carried ones, kUp samples for each.
template <int kUp, int kPhase>
void up_x(const Coefficients& k, const float* HWY_RESTRICT in, int groups,
          float* HWY_RESTRICT out) {
  using S = Stream<kUp, kPhase>;
  const D d;
  const UpTaps<kUp> taps(k.up_x);
  for (int g = 0; g < groups; ++g) {
    constexpr int kInputs = S::first_input(kUp - 1) + kTaps;
    V window[kInputs];
#pragma GCC unroll 8
    for (int j = 0; j < kInputs; ++j) window[j] = hn::Load(d, in + (g + j) * kLanes);
#pragma GCC unroll 4
    for (int s = 0; s < kUp; ++s) {
      hn::Store(up_sample<kUp>(taps, S::phase(s), window + S::first_input(s)), d,
                out + (g * kUp + s) * kLanes);
    }
  }
}

// Operand order matters: where one side is NaN, x86 returns the second, so NaN comes through.
// Highway's emulation returns the number instead.
HWY_INLINE V clamped(V v, V clamp, V minus_clamp) {
#if HWY_TARGET == HWY_EMU128 || HWY_TARGET == HWY_SCALAR
  v = hn::IfThenElse(hn::Gt(v, clamp), clamp, v);
  return hn::IfThenElse(hn::Lt(v, minus_clamp), minus_clamp, v);
#else
  return hn::Max(minus_clamp, hn::Min(clamp, v));
#endif
}

HWY_INLINE V nonlinearity(V v, V slope, V clamp, V minus_clamp) {
  return clamped(hn::Max(v, hn::Mul(v, slope)), clamp, minus_clamp);
}

// One column of a chunk: upsample along y, nonlinearity, and the `a` half of the down filter.
template <int kUp, int kPhase, int kRank, bool kPrime>
struct Column {
  using S = Stream<kUp, kPhase>;
  static constexpr int kKept =
      2 * (kTaps - 1);  // samples that the next output shares with this one

  const UpTaps<kUp>& taps;
  const V slope, clamp, minus_clamp;
  const Coefficients& k;
  V in[S::kCarry + S::kNew];
  V sample[kKept + 2 * kChunk];

  HWY_INLINE Column(const UpTaps<kUp>& t, const Coefficients& coefficients)
      : taps(t),
        slope(hn::Set(D(), coefficients.slope)),
        clamp(hn::Set(D(), coefficients.clamp)),
        minus_clamp(hn::Set(D(), -coefficients.clamp)),
        k(coefficients) {}

  template <int s>
  HWY_INLINE void up(const float* HWY_RESTRICT h, size_t h_row) {
    constexpr int last = S::first_input(s) + kTaps - 1;
    constexpr int known = s == 0 ? S::kCarry - 1 : S::first_input(s - 1) + kTaps - 1;
    if constexpr (last > known && last >= S::kCarry)
      in[last] = hn::Load(D(), h + (kPrime ? last : last - S::kCarry) * h_row);
    sample[kKept + s] = nonlinearity(up_sample<kUp>(taps, S::phase(s), in + S::first_input(s)),
                                     slope, clamp, minus_clamp);
  }

  template <int output>
  HWY_INLINE V folded(int i) const {
    return hn::Add(sample[2 * output + i], sample[2 * output + 2 * kTaps - 1 - i]);
  }

  template <int output>
  HWY_INLINE void down(float* HWY_RESTRICT z, size_t z_row, size_t z_term) const {
    const D d;
    V term[kRank];
#pragma GCC unroll 8
    for (int t = 0; t < kRank; ++t) term[t] = folded<output>(skeleton(kRank, t));
#pragma GCC unroll 8
    for (int i = 0; i < kTaps; ++i) {
      if (in_skeleton(i)) continue;
      const V row = folded<output>(i);
#pragma GCC unroll 8
      for (int t = 0; t < kRank; ++t) term[t] = hn::MulAdd(row, hn::Set(d, k.a[i][t]), term[t]);
    }
#pragma GCC unroll 8
    for (int t = 0; t < kRank; ++t) hn::Store(term[t], d, z + output * z_row + t * z_term);
  }

  static constexpr bool in_skeleton(int i) {
    for (int t = 0; t < kRank; ++t)
      if (skeleton(kRank, t) == i) return true;
    return false;
  }

  template <int output>
  HWY_INLINE void step(const float* HWY_RESTRICT h, size_t h_row, float* HWY_RESTRICT z,
                       size_t z_row, size_t z_term) {
    up<2 * output>(h, h_row);
    up<2 * output + 1>(h, h_row);
    if constexpr (!kPrime) down<output>(z, z_row, z_term);
  }

  HWY_INLINE void run(const float* HWY_RESTRICT h, size_t h_row, float* HWY_RESTRICT state,
                      float* HWY_RESTRICT z, size_t z_row, size_t z_term) {
    const D d;
#pragma GCC unroll 8
    for (int i = 0; i < S::kCarry; ++i)
      in[i] = kPrime ? hn::Load(d, h + i * h_row) : hn::Load(d, state + i * kLanes);
#pragma GCC unroll 16
    for (int i = 0; i < kKept; ++i)
      sample[i] = kPrime ? hn::Zero(d) : hn::Load(d, state + (S::kCarry + i) * kLanes);
    step<0>(h, h_row, z, z_row, z_term);
    step<1>(h, h_row, z, z_row, z_term);
    step<2>(h, h_row, z, z_row, z_term);
    step<3>(h, h_row, z, z_row, z_term);
    step<4>(h, h_row, z, z_row, z_term);
    step<5>(h, h_row, z, z_row, z_term);
#pragma GCC unroll 8
    for (int i = 0; i < S::kCarry; ++i) hn::Store(in[S::kNew + i], d, state + i * kLanes);
#pragma GCC unroll 16
    for (int i = 0; i < kKept; ++i)
      hn::Store(sample[2 * kChunk + i], d, state + (S::kCarry + i) * kLanes);
  }
};

// Lines of memory to bring to L2 for the next chunk, `per_column` with every column: a processor
// has few misses in flight, so that a burst of prefetches would stall the arithmetic that is to
// hide them.
struct Ahead {
  const float* const* lines;
  int per_column;
};

// All columns of a block. h: [rows][h_row] upsampled along x; z: [row][term][column]. The first
// chunk of a stream (kPrime) only fills the state: its carried inputs come from h too, and it has
// no output.
template <int kUp, int kPhase, int kRank, bool kPrime>
void columns(const Coefficients& k, int count, Ahead ahead, const float* HWY_RESTRICT h,
             size_t h_row, float* HWY_RESTRICT state, float* HWY_RESTRICT z, size_t z_row,
             size_t z_term) {
  constexpr size_t kState = (Stream<kUp, kPhase>::kCarry + 2 * (kTaps - 1)) * kLanes;
  const UpTaps<kUp> taps(k.up_y);
  for (int x = 0; x < count; ++x) {
    for (int i = 0; i < ahead.per_column; ++i) __builtin_prefetch(*ahead.lines++, 0, 2);
    Column<kUp, kPhase, kRank, kPrime>(taps, k).run(h + x * kLanes, h_row, state + x * kState,
                                                    z + x * kLanes, z_row, z_term);
  }
}

// One row: the `b` half of the down filter, six outputs in flight. pairs: multiple of 6. out[p] is
// the output whose last two columns are pair p; carry holds the five unfinished ones.
template <int kRank>
struct Row {
  V tap[kRank][kTaps];
  V sum[kTaps];

  template <int step>
  HWY_INLINE void pair(const float* HWY_RESTRICT z, size_t z_term, float* HWY_RESTRICT out,
                       size_t pitch) {
    const D d;
#pragma GCC unroll 8
    for (int t = 0; t < kRank; ++t) {
      const V even = hn::Load(d, z + t * z_term + 2 * step * kLanes);
      const V odd = hn::Load(d, z + t * z_term + (2 * step + 1) * kLanes);
#pragma GCC unroll 8
      for (int age = 0; age < kTaps; ++age) {
        const int slot = (step - age + kTaps) % kTaps;
        const int column = 2 * age;
        const V even_tap = tap[t][column < kTaps ? column : 2 * kTaps - 1 - column];
        const V odd_tap = tap[t][column + 1 < kTaps ? column + 1 : 2 * kTaps - 2 - column];
        if (age == 0 && t == 0)
          sum[slot] = hn::Mul(even, even_tap);
        else
          sum[slot] = hn::MulAdd(even, even_tap, sum[slot]);
        sum[slot] = hn::MulAdd(odd, odd_tap, sum[slot]);
      }
    }
    hn::StoreU(sum[(step + 1) % kTaps], d, out + step * pitch);
  }
};

template <int kRank>
void down_x(const Coefficients& k, int pairs, const float* HWY_RESTRICT z, size_t z_term,
            float* HWY_RESTRICT carry, float* HWY_RESTRICT out, size_t pitch) {
  const D d;
  Row<kRank> row;
#pragma GCC unroll 8
  for (int t = 0; t < kRank; ++t)
#pragma GCC unroll 8
    for (int j = 0; j < kTaps; ++j) row.tap[t][j] = hn::Set(d, k.b[t][j]);
#pragma GCC unroll 8
  for (int i = 1; i < kTaps; ++i) row.sum[i] = hn::Load(d, carry + (i - 1) * kLanes);
  for (int p = 0; p < pairs; p += kTaps) {
    row.template pair<0>(z, z_term, out, pitch);
    row.template pair<1>(z, z_term, out, pitch);
    row.template pair<2>(z, z_term, out, pitch);
    row.template pair<3>(z, z_term, out, pitch);
    row.template pair<4>(z, z_term, out, pitch);
    row.template pair<5>(z, z_term, out, pitch);
    z += 2 * kTaps * kLanes;
    out += kTaps * pitch;
  }
#pragma GCC unroll 8
  for (int i = 1; i < kTaps; ++i) hn::Store(row.sum[i], d, carry + (i - 1) * kLanes);
}

}  // namespace HWY_NAMESPACE
}  // namespace sgan::kernels::flrelu
HWY_AFTER_NAMESPACE();

#endif
