// 16-bit numbers as they are stored: IEEE binary16 and bfloat16. Conversions round to nearest even
// and give the same bits on the host and on the device (a NaN becomes the quiet one of its sign).
#pragma once

#include <cstdint>
#include <cstring>

#include "kernels/hd.hpp"
#if defined(__CUDACC__)
#include <cuda_fp16.h>
#endif

namespace sgan::kernels {

SGAN_HD inline uint32_t bits_of(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  return bits;
}

SGAN_HD inline float float_of(uint32_t bits) {
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

SGAN_HD inline float half_to_float(uint16_t bits) {
#if defined(__CUDA_ARCH__)
  __half_raw raw;
  raw.x = bits;
  return __half2float(__half(raw));
#else
  const uint32_t sign = uint32_t(bits & 0x8000) << 16;
  const uint32_t exponent = (bits >> 10) & 31, mantissa = bits & 0x3ff;
  if (exponent == 31) return float_of(sign | 0x7f800000u | (mantissa << 13));
  if (exponent == 0) {
    const float magnitude = float(mantissa) * 0x1p-24f;
    return sign ? -magnitude : magnitude;
  }
  return float_of(sign | (exponent + 112) << 23 | (mantissa << 13));
#endif
}

SGAN_HD inline uint16_t float_to_half(float value) {
  const uint32_t bits = bits_of(value);
  const uint16_t sign = uint16_t((bits >> 16) & 0x8000);
  const uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return sign | 0x7e00;
#if defined(__CUDA_ARCH__)
  return __half_raw(__float2half_rn(value)).x;
#else
  if (magnitude >= 0x477ff000u) return sign | 0x7c00;  // rounds to infinity from 65520 on
  if (magnitude < 0x38800000u) {                       // subnormal half
    // Adding 2^23 * 2^-24 pushes what a subnormal half cannot hold out of the float's mantissa.
    return sign | uint16_t(bits_of(float_of(magnitude) + 0.5f) - bits_of(0.5f));
  }
  const uint32_t rounded = magnitude + 0xfffu + ((magnitude >> 13) & 1);
  return sign | uint16_t((rounded - 0x38000000u) >> 13);
#endif
}

SGAN_HD inline float bfloat16_to_float(uint16_t bits) { return float_of(uint32_t(bits) << 16); }

SGAN_HD inline uint16_t float_to_bfloat16(float value) {
  const uint32_t bits = bits_of(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return uint16_t((bits >> 16) & 0x8000) | 0x7fc0;
  return uint16_t((bits + 0x7fffu + ((bits >> 16) & 1)) >> 16);
}

struct Half {
  uint16_t bits;
  Half() = default;
  SGAN_HD explicit Half(float value) : bits(float_to_half(value)) {}
  SGAN_HD operator float() const { return half_to_float(bits); }
};

struct BFloat16 {
  uint16_t bits;
  BFloat16() = default;
  SGAN_HD explicit BFloat16(float value) : bits(float_to_bfloat16(value)) {}
  SGAN_HD operator float() const { return bfloat16_to_float(bits); }
};

}  // namespace sgan::kernels
