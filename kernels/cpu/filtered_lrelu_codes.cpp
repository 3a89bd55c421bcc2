// Row by row: an input row is packed once, each oversampled row is filtered along y and x, passed
// through the nonlinearity and filtered down along x at once, and output rows gather those. A piece
// of work is 16 channels of one sample, so that its rows stay in the first two caches.
#include "kernels/cpu/filtered_lrelu_codes.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/filtered_lrelu_codes.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include <algorithm>
#include <cstring>
#include <limits>

#include "kernels/cpu/thread_scratch.hpp"
#include "kernels/parallel.hpp"

#ifndef SGAN_FLRELU_CODES_SHARED
#define SGAN_FLRELU_CODES_SHARED
namespace sgan::kernels::flrelu_codes {

inline constexpr int64_t pitch = 16;  // floats of a packed pixel
inline constexpr int max_taps = 32;

inline int64_t blocks(int64_t channels) { return (channels + pitch - 1) / pitch; }
// Bytes of one oversampled row: a bit a float, for the sign and for the limit.
inline int64_t plane_bytes(int64_t fine_w) { return fine_w * pitch / 8; }

inline int64_t floor_div(int64_t a, int64_t b) { return a >= 0 ? a / b : -((b - 1 - a) / b); }

// What every piece shares. Filters have `up` phases of `terms` taps, zeros behind the last.
struct Plan {
  FilteredLreluCodes p;
  int terms;
  float phase[4][max_taps];
  // Rows of scratch, in floats: packed inputs, one filtered along y with `before` and `after` zero
  // pixels, one oversampled with zero margins, the ring of those filtered down along x.
  int64_t before, after, fine_before, fine_after;
  int64_t input_row, line_row, fine_row, ring_row;
  int64_t scratch() const {
    return (terms + 1) * input_row + line_row + fine_row + (p.fd_taps + 1) * ring_row;
  }
};

}  // namespace sgan::kernels::flrelu_codes
#endif

HWY_BEFORE_NAMESPACE();
namespace sgan::kernels::flrelu_codes {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::CappedTag<float, 16>;
using V = hn::Vec<D>;
constexpr int64_t kLanes = hn::MaxLanes(D());
constexpr int64_t kVectors = pitch / kLanes;  // of a pixel

// to[i * to_step ...] = sum over t < T of tap[t] * from[t][i * from_step ...], a pixel each.
template <int T, bool kAdd>
HWY_INLINE void fir_fixed(const float* const* from, const float* tap, int64_t from_step,
                          int64_t count, float* HWY_RESTRICT to, int64_t to_step) {
  const D d;
  V taps[T];
  const float* line[T];
  for (int t = 0; t < T; ++t) {
    taps[t] = hn::Set(d, tap[t]);
    line[t] = from[t];
  }
  for (int64_t i = 0; i < count; ++i) {
    const int64_t at = i * from_step;
    for (int64_t v = 0; v < pitch; v += kLanes) {
      float* HWY_RESTRICT out = to + i * to_step + v;
      V sum = hn::Mul(hn::Load(d, line[0] + at + v), taps[0]);
      if (kAdd) sum = hn::Add(sum, hn::Load(d, out));
#pragma GCC unroll 16
      for (int t = 1; t < T; ++t) sum = hn::MulAdd(hn::Load(d, line[t] + at + v), taps[t], sum);
      hn::Store(sum, d, out);
    }
  }
}

template <bool kAdd>
void fir_some(const float* const* from, const float* tap, int terms, int64_t from_step,
              int64_t count, float* to, int64_t to_step) {
  switch (terms) {
    case 1:
      return fir_fixed<1, kAdd>(from, tap, from_step, count, to, to_step);
    case 2:
      return fir_fixed<2, kAdd>(from, tap, from_step, count, to, to_step);
    case 3:
      return fir_fixed<3, kAdd>(from, tap, from_step, count, to, to_step);
    case 6:
      return fir_fixed<6, kAdd>(from, tap, from_step, count, to, to_step);
    default:
      return fir_fixed<12, kAdd>(from, tap, from_step, count, to, to_step);
  }
}

void fir(const float* const* from, const float* tap, int terms, int64_t from_step, int64_t count,
         float* to, int64_t to_step) {
  if (terms == 0) {
    for (int64_t i = 0; i < count; ++i) std::memset(to + i * to_step, 0, pitch * sizeof(float));
    return;
  }
  for (int at = 0; at < terms;) {
    const int left = terms - at, take = left >= 12 ? 12 : left >= 6 ? 6 : left >= 3 ? 3 : left;
    if (at)
      fir_some<true>(from + at, tap + at, take, from_step, count, to, to_step);
    else
      fir_some<false>(from, tap, take, from_step, count, to, to_step);
    at += take;
  }
}

// Bits of neighbouring vectors, eight floats to a byte.
HWY_INLINE void store_bits(hn::Mask<D> m, int64_t at, uint8_t* bits) {
  const D d;
  if constexpr (kLanes >= 8) {
    hn::StoreMaskBits(d, m, bits + at / 8);
  } else {
    uint8_t some[8] = {};
    hn::StoreMaskBits(d, m, some);
    if (at % 8 == 0)
      bits[at / 8] = some[0];
    else
      bits[at / 8] = uint8_t(bits[at / 8] | some[0] << at % 8);
  }
}

HWY_INLINE hn::Mask<D> load_bits(const uint8_t* bits, int64_t at) {
  const D d;
  uint8_t some[8] = {};
  std::memcpy(some, bits + at / 8, kLanes >= 8 ? size_t(kLanes / 8) : 1);
  if constexpr (kLanes < 8) some[0] = uint8_t(some[0] >> at % 8 & ((1 << kLanes) - 1));
  return hn::LoadMaskBits(d, some);
}

template <bool kRead, bool kWrite>
void nonlinearity(const FilteredLreluCodes& p, float* HWY_RESTRICT s, int64_t count, uint8_t* signs,
                  uint8_t* limits) {
  const D d;
  const V high = hn::Set(d, p.high), low = hn::Set(d, p.low), zero = hn::Zero(d);
  const V clamp = hn::Set(d, p.clamp < 0 ? std::numeric_limits<float>::infinity() : p.clamp);
  const V minus_clamp = hn::Neg(clamp);
  for (int64_t i = 0; i < count; i += kLanes) {
    const V v = hn::Load(d, s + i);
    if constexpr (kRead) {
      const V r = hn::Mul(v, hn::IfThenElse(load_bits(signs, i), low, high));
      hn::Store(hn::IfThenZeroElse(load_bits(limits, i), r), d, s + i);
    } else {
      const auto negative = hn::Le(v, zero);
      V r = hn::Mul(v, hn::IfThenElse(negative, low, high));
      const auto above = hn::Ge(r, clamp), below = hn::Le(r, minus_clamp);
      if constexpr (kWrite) {
        store_bits(negative, i, signs);
        store_bits(hn::Or(above, below), i, limits);
      }
      r = hn::IfThenElse(above, clamp, r);  // NaN fails both and stays
      hn::Store(hn::IfThenElse(below, minus_clamp, r), d, s + i);
    }
  }
}

// Output rows [begin, end) of the channels of one block.
class Piece {
 public:
  Piece(const Plan& plan, int64_t n, int64_t block, int64_t begin, int64_t end, float* scratch)
      : plan_(plan), p_(plan.p), n_(n), c0_(block * pitch), begin_(begin), end_(end) {
    channels_ = std::min(pitch, p_.c - c0_);
    inputs_ = scratch;
    line_ = inputs_ + (plan.terms + 1) * plan.input_row;
    fine_ = line_ + plan.line_row;
    ring_ = fine_ + plan.fine_row;
    codes_ = p_.codes + (n * blocks(p_.c) + block) * p_.y.fine * 2 * plane_bytes(p_.x.fine);
    std::memset(line_, 0, size_t(plan.line_row + plan.fine_row) * sizeof(float));
    std::memset(bias_, 0, sizeof bias_);
    if (p_.bias) std::memcpy(bias_, p_.bias + c0_, size_t(channels_) * sizeof(float));
  }

  void run() {
    const int64_t start = p_.y.first + begin_ * p_.down;
    int64_t next = std::max<int64_t>(start, 0);  // the first oversampled row that is not there yet
    float* out = ring_ + p_.fd_taps * plan_.ring_row;
    for (int64_t o = begin_; o < end_; ++o) {
      const int64_t first = p_.y.first + o * p_.down;
      const int64_t stop = std::min(first + p_.fd_taps, p_.y.fine);
      for (next = std::max(next, first); next < stop; ++next) {
        // The rows that the next piece begins with are its own.
        const bool own = end_ == p_.y.out || next < p_.y.first + end_ * p_.down;
        oversampled_row(next, own);
      }
      const float* from[max_taps];
      float tap[max_taps];
      int terms = 0;
      for (int k = 0; k < p_.fd_taps; ++k) {
        if (first + k < 0 || first + k >= p_.y.fine) continue;
        from[terms] = ring_ + (first + k) % p_.fd_taps * plan_.ring_row;
        tap[terms++] = p_.fd[k];
      }
      fir(from, tap, terms, pitch, p_.x.out, out, pitch);
      float* to = p_.to + (n_ * p_.y.out + o) * p_.x.out * p_.c + c0_;
      if (channels_ == pitch) {
        for (int64_t i = 0; i < p_.x.out; ++i)
          for (int64_t v = 0; v < pitch; v += kLanes)
            hn::StoreU(hn::Load(D(), out + i * pitch + v), D(), to + i * p_.c + v);
      } else {
        for (int64_t i = 0; i < p_.x.out; ++i)
          std::memcpy(to + i * p_.c, out + i * pitch, size_t(channels_) * sizeof(float));
      }
    }
  }

 private:
  float* input(int64_t row) { return inputs_ + row % (plan_.terms + 1) * plan_.input_row; }

  void pack(int64_t row) {
    const D d;
    const float* from = p_.from + (n_ * p_.y.in + row) * p_.x.in * p_.c + c0_;
    float* to = input(row);
    for (int64_t i = 0; i < p_.x.in; ++i, from += p_.c, to += pitch) {
      if (channels_ == pitch) {
        for (int64_t v = 0; v < pitch; v += kLanes)
          hn::Store(hn::Add(hn::LoadU(d, from + v), hn::Load(d, bias_ + v)), d, to + v);
      } else {
        std::memset(to, 0, pitch * sizeof(float));
        for (int64_t k = 0; k < channels_; ++k) to[k] = from[k] + bias_[k];
      }
    }
  }

  void oversampled_row(int64_t row, bool own) {
    const int up = p_.up;
    // Along y: the taps that meet inputs.
    const float* from[max_taps];
    float tap[max_taps];
    int terms = 0;
    const int64_t low = row - p_.y.pad, input_low = -floor_div(-low, up);
    const float* phase = plan_.phase[input_low * up - low];
    for (int t = 0; t < plan_.terms; ++t) {
      const int64_t r = input_low + t;
      if (r < 0 || r >= p_.y.in) continue;
      for (packed_ = std::max(packed_, r); packed_ <= r; ++packed_) pack(packed_);
      from[terms] = input(r);
      tap[terms++] = phase[t];
    }
    fir(from, tap, terms, pitch, p_.x.in, line_ + plan_.before * pitch, pitch);
    // Along x, phase by phase.
    float* fine = fine_ + plan_.fine_before * pitch;
    for (int64_t i = 0; i < std::min<int64_t>(up, p_.x.fine); ++i) {
      const int64_t low_x = i - p_.x.pad, input_x = -floor_div(-low_x, up);
      for (int t = 0; t < plan_.terms; ++t) from[t] = line_ + (plan_.before + input_x + t) * pitch;
      fir(from, plan_.phase[input_x * up - low_x], plan_.terms, pitch,
          (p_.x.fine - i + up - 1) / up, fine + i * pitch, up * pitch);
    }
    uint8_t* signs = codes_ + row * 2 * plane_bytes(p_.x.fine);
    uint8_t* limits = signs + plane_bytes(p_.x.fine);
    const int64_t count = p_.x.fine * pitch;
    if (p_.read)
      nonlinearity<true, false>(p_, fine, count, signs, limits);
    else if (own)
      nonlinearity<false, true>(p_, fine, count, signs, limits);
    else
      nonlinearity<false, false>(p_, fine, count, nullptr, nullptr);
    for (int k = 0; k < p_.fd_taps; ++k) from[k] = fine + (p_.x.first + k) * pitch;
    fir(from, p_.fd, p_.fd_taps, p_.down * pitch, p_.x.out,
        ring_ + row % p_.fd_taps * plan_.ring_row, pitch);
  }

  const Plan& plan_;
  const FilteredLreluCodes& p_;
  int64_t n_, c0_, begin_, end_, channels_;
  int64_t packed_ = 0;  // input rows below it have been packed, the last `terms + 1` are there
  float *inputs_, *line_, *fine_, *ring_;
  uint8_t* codes_;
  HWY_ALIGN float bias_[pitch];
};

void RunPiece(const Plan& plan, int64_t n, int64_t block, int64_t begin, int64_t end,
              float* scratch) {
  Piece(plan, n, block, begin, end, scratch).run();
}

}  // namespace HWY_NAMESPACE
}  // namespace sgan::kernels::flrelu_codes
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sgan::kernels {
namespace flrelu_codes {
HWY_EXPORT(RunPiece);
}

size_t filtered_lrelu_codes_bytes(int64_t n, int64_t c, int64_t fine_h, int64_t fine_w) {
  using namespace flrelu_codes;
  return size_t(n * blocks(c) * fine_h * 2 * plane_bytes(fine_w));
}

void filtered_lrelu_codes(const FilteredLreluCodes& p) {
  using namespace flrelu_codes;
  Plan plan{.p = p};
  plan.terms = (p.fu_taps + p.up - 1) / p.up;
  for (int k = 0; k < p.fu_taps; ++k) plan.phase[k % p.up][k / p.up] = p.fu[k];
  // The inputs that the first and the last sample of a row meet.
  const auto first_input = [&](int64_t i) { return -floor_div(p.x.pad - i, p.up); };
  plan.before = std::max<int64_t>(0, -first_input(0));
  plan.after = std::max<int64_t>(0, first_input(p.x.fine - 1) + plan.terms - p.x.in);
  plan.fine_before = std::max<int64_t>(0, -p.x.first);
  plan.fine_after = std::max<int64_t>(0, p.x.first + (p.x.out - 1) * p.down + p.fd_taps - p.x.fine);
  plan.input_row = p.x.in * pitch;
  plan.line_row = (plan.before + p.x.in + plan.after) * pitch;
  plan.fine_row = (plan.fine_before + p.x.fine + plan.fine_after) * pitch;
  plan.ring_row = p.x.out * pitch;
  // Bands repeat the rows that two of them see: only where the threads would starve.
  const int64_t count = p.n * blocks(p.c);
  const int64_t bands = std::clamp<int64_t>(2 * num_threads() / count, 1, p.y.out / 16 + 1);
  parallel_each(count * bands, [&](int64_t i) {
    const int64_t band = i % bands, block = i / bands % blocks(p.c), n = i / bands / blocks(p.c);
    HWY_DYNAMIC_DISPATCH(RunPiece)
    (plan, n, block, p.y.out * band / bands, p.y.out * (band + 1) / bands,
     thread_scratch().floats(size_t(plan.scratch())));
  });
}

}  // namespace sgan::kernels
#endif  // HWY_ONCE
