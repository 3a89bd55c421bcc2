// The micro-kernel: up to four tiles of 16 pixels times one panel of 16 output channels. Weights
// stay in two tile registers while the pixels pass by: ten tile loads feed twelve products.
#include "kernels/cpu/conv_amx_internal.hpp"

// g++ 12 takes the undefined pass-through operands inside its own intrinsics for uninitialised.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#include <immintrin.h>

#include <algorithm>

#define SGAN_INLINE inline __attribute__((always_inline))

namespace sgan::kernels::amx {
namespace {

struct alignas(64) TileConfig {
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
};
constexpr TileConfig kConfig = {
    1, 0, {}, {64, 64, 64, 64, 64, 64, 64, 64}, {16, 16, 16, 16, 16, 16, 16, 16}};

// The constants of an epilogue in registers.
struct Lanes {
  __m512 scale, bias, slope, low, high;
};
SGAN_AMX SGAN_INLINE Lanes lanes(const Pending& e) {
  return {_mm512_load_ps(e.scale), _mm512_load_ps(e.bias), _mm512_set1_ps(e.slope),
          _mm512_set1_ps(-e.clamp), _mm512_set1_ps(e.clamp)};
}

// Finishes up to `count` rows.
SGAN_AMX SGAN_INLINE void finish_rows(const Pending& e, const Lanes& l, int& next, int count) {
  const int end = std::min(e.rows, next + count);
  for (int r = next; r < end; ++r) {
    const int32_t pixel = e.pixel[r];
    if (pixel < 0) continue;
    __m512 v = _mm512_fmadd_ps(_mm512_load_ps(e.acc + r * kLane), l.scale, l.bias);
    if (e.noise) {
      const __m512 noise = _mm512_set1_ps(e.noise[pixel]);
      v = _mm512_fmadd_ps(noise, _mm512_set1_ps(e.strength), v);
    }
    // The comparison, and the operand orders of max and min, let NaN through.
    const __mmask16 below = _mm512_cmp_ps_mask(v, _mm512_setzero_ps(), _CMP_LT_OQ);
    v = e.relu ? _mm512_mask_mov_ps(v, below, _mm512_setzero_ps())
               : _mm512_mask_mul_ps(v, below, v, l.slope);
    v = _mm512_max_ps(l.low, _mm512_min_ps(l.high, v));
    float* y = e.y + pixel * e.row_stride;
    if (e.stream) {
      _mm512_stream_ps(y, v);
    } else {
      if (e.accumulate) v = _mm512_add_ps(v, _mm512_maskz_loadu_ps(e.channels, y));
      _mm512_mask_storeu_ps(y, e.channels, v);
    }
  }
  next = end;
}

SGAN_AMX SGAN_INLINE void fetch(Ahead& a) {
  for (int i = 0; i < a.lines_a_step; ++i) {
    _mm_prefetch(reinterpret_cast<const char*>(a.row + a.at), _MM_HINT_T1);
    a.at += 64;
    if (a.at >= a.bytes) {
      a.at = 0, a.row += a.stride;
      if (--a.rows <= 0) return;
    }
  }
}

template <int kLine, int kLines>
SGAN_AMX SGAN_INLINE void prefetch(const uint8_t* at) {
  if constexpr (kLines > 0) {
    _mm_prefetch(reinterpret_cast<const char*>(at + kLine * 64), _MM_HINT_T0);
    prefetch<kLine + 1, kLines - 1>(at);
  }
}

// Products of pixel tile kTile (accumulated in the register of that number) with the weights in
// 6, 7.
// Products of pixel tile kTile (summed in the register of that number) with the weights in 6 and 7.
#define SGAN_AMX_PRODUCTS(kTile)                                       \
  if constexpr (kTiles > kTile) {                                      \
    _tile_loadd(4, call.a[kTile] + at, kPixelBytes);                   \
    _tile_loadd(5, call.a[kTile] + at + kPixelBytes / 2, kPixelBytes); \
    _tile_dpbf16ps(kTile, 4, 6);                                       \
    _tile_dpbf16ps(kTile, 4, 7);                                       \
    _tile_dpbf16ps(kTile, 5, 6);                                       \
    prefetch<kTile * 32 / kTiles, 32 / kTiles>(b + 2 * kStepBytes);    \
    finish_rows(pending, l, next, rows_at_once);                       \
  }

template <int kTiles>
SGAN_AMX void run(const Call& call, const Pending& pending, Ahead& ahead) {
  _tile_zero(0);
  if constexpr (kTiles > 1) _tile_zero(1);
  if constexpr (kTiles > 2) _tile_zero(2);
  if constexpr (kTiles > 3) _tile_zero(3);
  const Lanes l = lanes(pending);
  const int64_t steps = call.steps;
  const int rows_at_once = steps > 0 ? static_cast<int>(ceil_div(pending.rows, kTiles * steps)) : 0;
  int next = 0;
  const uint8_t* b = call.b;
  for (int64_t i = 0; i < steps; ++i, b += kStepBytes) {
    const int32_t at = call.offset[i];
    _tile_loadd(6, b, 64);
    _tile_loadd(7, b + kStepBytes / 2, 64);
    SGAN_AMX_PRODUCTS(0)
    SGAN_AMX_PRODUCTS(1)
    SGAN_AMX_PRODUCTS(2)
    SGAN_AMX_PRODUCTS(3)
    if (ahead.rows > 0) fetch(ahead);
  }
  if (next < pending.rows) finish_rows(pending, l, next, pending.rows);
  _tile_stored(0, call.acc, 64);
  if constexpr (kTiles > 1) _tile_stored(1, call.acc + kTileFloats, 64);
  if constexpr (kTiles > 2) _tile_stored(2, call.acc + 2 * kTileFloats, 64);
  if constexpr (kTiles > 3) _tile_stored(3, call.acc + 3 * kTileFloats, 64);
}

}  // namespace

SGAN_AMX void finish(const Pending& pending) {
  int next = 0;
  finish_rows(pending, lanes(pending), next, pending.rows);
}

SGAN_AMX void run_tiles(const Call& call, const Pending& pending, Ahead& ahead) {
  asm volatile("" ::: "memory");  // the tile loads below do not tell the compiler what they read
  switch (call.tiles) {
    case 1:
      return run<1>(call, pending, ahead);
    case 2:
      return run<2>(call, pending, ahead);
    case 3:
      return run<3>(call, pending, ahead);
    default:
      return run<4>(call, pending, ahead);
  }
}

SGAN_AMX void tiles_begin() {
  asm volatile("" ::"r"(&kConfig) : "memory");
  _tile_loadconfig(&kConfig);
}
SGAN_AMX void tiles_end() {
  _tile_release();
  _mm_sfence();
}

}  // namespace sgan::kernels::amx
