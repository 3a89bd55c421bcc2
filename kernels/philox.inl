// Counter-based random numbers: Philox4x32-10 (J. K. Salmon et al., "Parallel random numbers: as
// easy as 1, 2, 3", SC 2011) and the Box-Muller transform. Every float operation is single and
// rounded, so the CPU and CUDA give the same bits.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "kernels/hd.hpp"

namespace sgan::kernels {

struct PhiloxBlock {
  uint32_t word[4];
};

SGAN_HD inline PhiloxBlock philox4x32_10(PhiloxBlock counter, uint32_t key0, uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = uint64_t{0xD2511F53u} * counter.word[0];
    const uint64_t b = uint64_t{0xCD9E8D57u} * counter.word[2];
    counter = {{uint32_t(b >> 32) ^ counter.word[1] ^ key0, uint32_t(b),
                uint32_t(a >> 32) ^ counter.word[3] ^ key1, uint32_t(a)}};
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return counter;
}

// nvcc fuses products and sums unless told not to; the host compiler has no such instruction here.
#if defined(__CUDA_ARCH__)
__device__ inline float times(float a, float b) { return __fmul_rn(a, b); }
__device__ inline float plus(float a, float b) { return __fadd_rn(a, b); }
__device__ inline float divide(float a, float b) { return __fdiv_rn(a, b); }
__device__ inline float root(float a) { return __fsqrt_rn(a); }
#else
inline float times(float a, float b) { return a * b; }
inline float plus(float a, float b) { return a + b; }
inline float divide(float a, float b) { return a / b; }
inline float root(float a) { return std::sqrt(a); }
#endif

// -2 ln((x + 1/2) / 2^32): the mantissa is brought to [sqrt(1/2), sqrt(2)), and its logarithm is
// the series of 2 artanh((m - 1) / (m + 1)).
SGAN_HD inline float minus_two_log(uint32_t x) {
  const float u = plus(times(float(x), 0x1p-32f), 0x1p-33f);
  uint32_t bits;
  memcpy(&bits, &u, 4);
  const uint32_t shifted = bits - 0x3f3504f3u;  // sqrt(1/2)
  const float exponent = float(int32_t(shifted) >> 23);
  bits = (shifted & 0x007fffffu) + 0x3f3504f3u;
  float m;
  memcpy(&m, &bits, 4);
  const float s = divide(plus(m, -1.0f), plus(m, 1.0f)), q = times(s, s);
  float series = plus(times(q, 1.0f / 9), 1.0f / 7);
  series = plus(times(series, q), 1.0f / 5);
  series = plus(times(series, q), 1.0f / 3);
  series = times(plus(times(series, q), 1.0f), times(s, 2.0f));
  const float log_u = plus(times(exponent, 0.693147180559945f), series);
  return log_u < 0 ? times(log_u, -2.0f) : 0.0f;
}

// Cosine and sine of 2 pi x / 2^32: nearest quarter turn taken off in integers, then Taylor series.
SGAN_HD inline void turn(uint32_t x, float* cosine, float* sine) {
  const uint32_t quarter = (x + 0x20000000u) >> 30;
  const float t = times(float(int32_t(x - (quarter << 30))), 1.46291807926716e-9f);  // 2 pi / 2^32
  const float q = times(t, t);
  float s = plus(times(q, 1.0f / 362880), -1.0f / 5040);
  s = plus(times(s, q), 1.0f / 120);
  s = plus(times(s, q), -1.0f / 6);
  s = plus(times(times(s, q), t), t);
  float c = plus(times(q, -1.0f / 3628800), 1.0f / 40320);
  c = plus(times(c, q), -1.0f / 720);
  c = plus(times(c, q), 1.0f / 24);
  c = plus(times(c, q), -0.5f);
  c = plus(times(c, q), 1.0f);
  const bool swap = quarter & 1u;
  const float x_part = swap ? s : c, y_part = swap ? c : s;
  *cosine = ((quarter + 1) & 2u) ? -x_part : x_part;
  *sine = (quarter & 2u) ? -y_part : y_part;
}

// Writes the standard normals first .. first + count - 1 of the sequence (seed, stream): four to a
// counter, so that any element can be computed alone. Launched once a counter, see philox_blocks().
struct PhiloxNormal {
  float* out;
  uint64_t seed, stream, first;
  int64_t count;

  SGAN_HD void operator()(int64_t i) const {
    const uint64_t block = (first >> 2) + uint64_t(i);
    const PhiloxBlock r = philox4x32_10(
        {{uint32_t(block), uint32_t(block >> 32), uint32_t(stream), uint32_t(stream >> 32)}},
        uint32_t(seed), uint32_t(seed >> 32));
    float normal[4];
    for (int pair = 0; pair < 4; pair += 2) {
      const float radius = root(minus_two_log(r.word[pair]));
      float c, s;
      turn(r.word[pair + 1], &c, &s);
      normal[pair] = times(radius, c);
      normal[pair + 1] = times(radius, s);
    }
    const int64_t at = int64_t(block << 2) - int64_t(first);
    for (int k = 0; k < 4; ++k) {
      if (at + k >= 0 && at + k < count) out[at + k] = normal[k];
    }
  }
};

inline int64_t philox_blocks(uint64_t first, int64_t count) {
  return count <= 0 ? 0 : int64_t(((first + uint64_t(count) - 1) >> 2) - (first >> 2)) + 1;
}

}  // namespace sgan::kernels
