// Splitting into bfloat16 pairs: the weights once, the input block by block.

// g++ 12 takes the undefined pass-through operands inside its own intrinsics for uninitialised.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#include <immintrin.h>

#include <cstring>

#include "kernels/cpu/conv_amx_internal.hpp"
#include "kernels/parallel.hpp"

namespace sgan::kernels {
namespace {

uint16_t to_bf16(float v) {  // round to nearest even; NaN stays NaN
  uint32_t u;
  std::memcpy(&u, &v, 4);
  if ((u & 0x7fffffffu) > 0x7f800000u) return static_cast<uint16_t>(u >> 16 | 0x40);
  return static_cast<uint16_t>((u + 0x7fff + (u >> 16 & 1)) >> 16);
}

float from_bf16(uint16_t h) {
  const uint32_t u = uint32_t{h} << 16;
  float v;
  std::memcpy(&v, &u, 4);
  return v;
}

}  // namespace

size_t conv_amx_weight_bytes(const ConvAmxPlan& p) {
  return static_cast<size_t>(amx::panels(p) * amx::panel_bytes(p));
}

// Order: panel of 16 outputs, phase, block of 32 inputs, tap; then for hi and lo the tile that
// TDPBF16PS wants, 16 rows of (two inputs) x 16 outputs.
void conv_amx_pack_weights(const ConvAmxPlan& p, const ConvWeights& w, void* packed) {
  using namespace amx;
  auto* out = static_cast<uint8_t*>(packed);
  const int64_t blocks = channel_blocks(p);
  parallel_each(panels(p), [&](int64_t panel) {
    auto* tile = reinterpret_cast<uint16_t*>(out + panel * panel_bytes(p));
    for (int f = 0; f < p.num_phases; ++f) {
      for (int64_t block = 0; block < blocks; ++block) {
        for (int t = 0; t < p.phases[f].taps; ++t, tile += kStepBytes / 2) {
          const ConvTap& tap = p.taps[p.phases[f].first_tap + t];
          const float* at = w.data + tap.ky * w.ky_stride + tap.kx * w.kx_stride;
          for (int k = 0; k < kBlock; ++k) {
            for (int c = 0; c < kLane; ++c) {
              const int64_t ci = block * kBlock + k, co = panel * kLane + c;
              const float v =
                  ci < p.in_c && co < p.out_c ? at[co * w.co_stride + ci * w.ci_stride] : 0;
              uint16_t* to = tile + (k / 2) * 2 * kLane + 2 * c + k % 2;
              *to = to_bf16(v);
              to[kStepBytes / 4] = to_bf16(v - from_bf16(*to));
            }
          }
        }
      }
    }
  });
}

namespace amx {
namespace {

SGAN_AMX inline __m512 high_half(__m256i bf16) {
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bf16), 16));
}

SGAN_AMX inline void split32(__m512 v0, __m512 v1, uint8_t* out) {
  const __m512i hi = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(v1, v0));
  const __m512 r0 = _mm512_sub_ps(v0, high_half(_mm512_castsi512_si256(hi)));
  const __m512 r1 = _mm512_sub_ps(v1, high_half(_mm512_extracti64x4_epi64(hi, 1)));
  _mm512_store_si512(out, hi);
  _mm512_store_si512(out + 64, reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(r1, r0)));
}

template <bool kScaled>
SGAN_AMX void split_pixel(const float* x, const float* scale, int64_t channels, uint8_t* out,
                          int64_t block_bytes) {
  int64_t c = 0;
  for (; c + kBlock <= channels; c += kBlock, out += block_bytes) {
    __m512 v0 = _mm512_loadu_ps(x + c), v1 = _mm512_loadu_ps(x + c + 16);
    if (kScaled) {
      v0 = _mm512_mul_ps(v0, _mm512_loadu_ps(scale + c));
      v1 = _mm512_mul_ps(v1, _mm512_loadu_ps(scale + c + 16));
    }
    split32(v0, v1, out);
  }
  if (c < channels) {
    const uint32_t mask = (uint32_t{1} << (channels - c)) - 1;
    const auto m0 = static_cast<__mmask16>(mask), m1 = static_cast<__mmask16>(mask >> 16);
    __m512 v0 = _mm512_maskz_loadu_ps(m0, x + c), v1 = _mm512_maskz_loadu_ps(m1, x + c + 16);
    if (kScaled) {
      v0 = _mm512_mul_ps(v0, _mm512_maskz_loadu_ps(m0, scale + c));
      v1 = _mm512_mul_ps(v1, _mm512_maskz_loadu_ps(m1, scale + c + 16));
    }
    split32(v0, v1, out);
  }
}

}  // namespace

SGAN_AMX void split_block(const ConvAmxPlan& p, const float* x, const float* in_scale, int64_t n0,
                          int64_t n1, int64_t row0, int64_t col0, uint8_t* image) {
  const int64_t blocks = channel_blocks(p), block_bytes = p.num_planes * p.plane_bytes;
  const auto clear = [&](uint8_t* at, int64_t pixels) {
    for (int64_t b = 0; b < blocks; ++b) std::memset(at + b * block_bytes, 0, pixels * kPixelBytes);
  };
  for (int64_t n = n0; n < n1; ++n, image += p.sample_bytes) {
    const float* sample = x + n * p.in_h * p.in_w * p.in_c;
    const float* scale = in_scale ? in_scale + n * p.in_c : nullptr;
    for (int f = 0; f < p.num_planes; ++f) {
      for (int64_t row = 0; row < p.plane_rows; ++row) {
        uint8_t* at = image + f * p.plane_bytes + row * p.pitch * kPixelBytes;
        const int64_t iy = (row0 + row) * p.in_step + p.planes[f].dy;
        if (iy < 0 || iy >= p.in_h) {
          clear(at, p.pitch);
          continue;
        }
        // Columns [begin, end) lie inside the image.
        const int64_t left = col0 * p.in_step + p.planes[f].dx;
        const int64_t begin =
            std::clamp<int64_t>(left < 0 ? ceil_div(-left, p.in_step) : 0, 0, p.pitch);
        const int64_t end = std::clamp<int64_t>(
            left < p.in_w ? ceil_div(p.in_w - left, p.in_step) : 0, begin, p.pitch);
        clear(at, begin);
        clear(at + end * kPixelBytes, p.pitch - end);
        const float* from = sample + (iy * p.in_w + left + begin * p.in_step) * p.in_c;
        at += begin * kPixelBytes;
        for (int64_t col = begin; col < end; ++col, from += p.in_step * p.in_c, at += kPixelBytes) {
          if (scale) {
            split_pixel<true>(from, scale, p.in_c, at, block_bytes);
          } else {
            split_pixel<false>(from, nullptr, p.in_c, at, block_bytes);
          }
        }
      }
    }
  }
}

}  // namespace amx
}  // namespace sgan::kernels
