// What the float32 convolutions on vector units share: products of 6 rows with a panel of two
// vectors, held in registers, and the epilogue of one vector of channels. Included once per SIMD
// target.
#if defined(SGAN_CONV_TILES_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef SGAN_CONV_TILES_INL
#undef SGAN_CONV_TILES_INL
#else
#define SGAN_CONV_TILES_INL
#endif

#include <hwy/highway.h>

#include <cstdint>
#include <cstring>

#include "kernels/cpu/conv_tiles.hpp"

HWY_BEFORE_NAMESPACE();
namespace sgan::kernels::convtiles {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Tag = hn::ScalableTag<float>;
using V = hn::Vec<Tag>;
constexpr int64_t kLanes = hn::MaxLanes(Tag());
constexpr int64_t kPanel = 2 * kLanes;  // columns of a packed panel

// The first `count` (0 to kLanes) floats of p, zeros above; reads nothing beyond them.
HWY_INLINE V load_some(const float* p, int64_t count) {
  const Tag d;
#if HWY_TARGET <= HWY_AVX2
  return hn::MaskedLoad(hn::FirstN(d, static_cast<size_t>(count)), d, p);
#else
  HWY_ALIGN float lane[kLanes] = {};
  std::memcpy(lane, p, static_cast<size_t>(count) * sizeof(float));
  return hn::Load(d, lane);
#endif
}

HWY_INLINE void store_some(V v, float* p, int64_t count) {
  const Tag d;
#if HWY_TARGET <= HWY_AVX2
  hn::BlendedStore(v, hn::FirstN(d, static_cast<size_t>(count)), d, p);
#else
  HWY_ALIGN float lane[kLanes];
  hn::Store(v, d, lane);
  std::memcpy(p, lane, static_cast<size_t>(count) * sizeof(float));
#endif
}

template <int kRows>
HWY_INLINE void write_tile(const V (&sum)[kRows][2], float* c, int64_t pitch, bool add) {
  const Tag d;
  if (add) {
#pragma GCC unroll 6
    for (int r = 0; r < kRows; ++r) {
      hn::StoreU(hn::Add(hn::LoadU(d, c + r * pitch), sum[r][0]), d, c + r * pitch);
      hn::StoreU(hn::Add(hn::LoadU(d, c + r * pitch + kLanes), sum[r][1]), d,
                 c + r * pitch + kLanes);
    }
  } else {
#pragma GCC unroll 6
    for (int r = 0; r < kRows; ++r) {
      hn::StoreU(sum[r][0], d, c + r * pitch);
      hn::StoreU(sum[r][1], d, c + r * pitch + kLanes);
    }
  }
}

// c[r][:] (+)= sum over taps t and i < k of rows[t * row_pitch + r][i] * b[(t * k + i) * kPanel +
// :]
template <int kRows>
void rows_by_panel(const float* const* rows, int64_t row_pitch, int64_t taps, int64_t at, int64_t k,
                   const float* HWY_RESTRICT b, float* c, int64_t c_pitch, bool add) {
  const Tag d;
  V sum[kRows][2];
#pragma GCC unroll 6
  for (int r = 0; r < kRows; ++r) sum[r][0] = sum[r][1] = hn::Zero(d);
  for (int64_t t = 0; t < taps; ++t) {
    const float* row[kRows];
#pragma GCC unroll 6
    for (int r = 0; r < kRows; ++r) row[r] = rows[t * row_pitch + r] + at;
#pragma GCC unroll 4
    for (int64_t i = 0; i < k; ++i) {
      const V b0 = hn::LoadU(d, b), b1 = hn::LoadU(d, b + kLanes);
      b += kPanel;
#pragma GCC unroll 6
      for (int r = 0; r < kRows; ++r) {
        const V a = hn::Set(d, row[r][i]);
        sum[r][0] = hn::MulAdd(a, b0, sum[r][0]);
        sum[r][1] = hn::MulAdd(a, b1, sum[r][1]);
      }
    }
  }
  write_tile(sum, c, c_pitch, add);
}

// c[r][:] (+)= sum over i < k of a[i * a_pitch + r] * b[i * b_pitch + :]
template <int kRows>
void columns_by_panel(const float* HWY_RESTRICT a, int64_t a_pitch, const float* HWY_RESTRICT b,
                      int64_t b_pitch, int64_t k, float* c, int64_t c_pitch, bool add) {
  const Tag d;
  V sum[kRows][2];
#pragma GCC unroll 6
  for (int r = 0; r < kRows; ++r) sum[r][0] = sum[r][1] = hn::Zero(d);
#pragma GCC unroll 4
  for (int64_t i = 0; i < k; ++i) {
    const V b0 = hn::LoadU(d, b), b1 = hn::LoadU(d, b + kLanes);
#pragma GCC unroll 6
    for (int r = 0; r < kRows; ++r) {
      const V v = hn::Set(d, a[r]);
      sum[r][0] = hn::MulAdd(v, b0, sum[r][0]);
      sum[r][1] = hn::MulAdd(v, b1, sum[r][1]);
    }
    a += a_pitch;
    b += b_pitch;
  }
  write_tile(sum, c, c_pitch, add);
}

// The same for 1 to kTileRows rows.
HWY_INLINE void multiply_rows(int64_t count, const float* const* rows, int64_t row_pitch,
                              int64_t taps, int64_t at, int64_t k, const float* b, float* c,
                              int64_t c_pitch, bool add) {
  switch (count) {
    case 1:
      return rows_by_panel<1>(rows, row_pitch, taps, at, k, b, c, c_pitch, add);
    case 2:
      return rows_by_panel<2>(rows, row_pitch, taps, at, k, b, c, c_pitch, add);
    case 3:
      return rows_by_panel<3>(rows, row_pitch, taps, at, k, b, c, c_pitch, add);
    case 4:
      return rows_by_panel<4>(rows, row_pitch, taps, at, k, b, c, c_pitch, add);
    case 5:
      return rows_by_panel<5>(rows, row_pitch, taps, at, k, b, c, c_pitch, add);
    default:
      return rows_by_panel<6>(rows, row_pitch, taps, at, k, b, c, c_pitch, add);
  }
}

HWY_INLINE void multiply_columns(int64_t count, const float* a, int64_t a_pitch, const float* b,
                                 int64_t b_pitch, int64_t k, float* c, int64_t c_pitch, bool add) {
  switch (count) {
    case 1:
      return columns_by_panel<1>(a, a_pitch, b, b_pitch, k, c, c_pitch, add);
    case 2:
      return columns_by_panel<2>(a, a_pitch, b, b_pitch, k, c, c_pitch, add);
    case 3:
      return columns_by_panel<3>(a, a_pitch, b, b_pitch, k, c, c_pitch, add);
    case 4:
      return columns_by_panel<4>(a, a_pitch, b, b_pitch, k, c, c_pitch, add);
    case 5:
      return columns_by_panel<5>(a, a_pitch, b, b_pitch, k, c, c_pitch, add);
    default:
      return columns_by_panel<6>(a, a_pitch, b, b_pitch, k, c, c_pitch, add);
  }
}

// Channels [c, c + count) of one output pixel at y: the epilogue, then the store.
HWY_INLINE void finish(const Finish& f, V v, int64_t sample, int64_t c, int64_t count, float noise,
                       float* y) {
  const Tag d;
  const bool whole = count >= kLanes;
  if (!f.plain) {
    const auto load = [&](const float* p)
                          HWY_ATTR { return whole ? hn::LoadU(d, p) : load_some(p, count); };
    if (f.e.out_scale) v = hn::Mul(v, load(f.e.out_scale + sample * f.channels + c));
    if (f.e.bias) v = hn::Add(v, load(f.e.bias + c));
    v = hn::Add(v, hn::Set(d, noise));
    const V zero = hn::Zero(d), limit = hn::Set(d, f.clamp), low = hn::Neg(limit);
    const V below = f.slope == 0 ? zero : hn::Mul(v, hn::Set(d, f.slope));
    v = hn::Mul(hn::IfThenElse(hn::Lt(v, zero), below, v), hn::Set(d, f.e.gain));
    v = hn::IfThenElse(hn::Gt(v, limit), limit, v);  // lets NaN through
    v = hn::IfThenElse(hn::Lt(v, low), low, v);
    if (f.e.accumulate) v = hn::Add(v, load(y));
  }
  if (whole) {
    hn::StoreU(v, d, y);
  } else {
    store_some(v, y, count);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace sgan::kernels::convtiles
HWY_AFTER_NAMESPACE();
#endif
