// Network output to bytes as the official tools do it: x * 127.5 + 128, clamped, truncated.
#pragma once

#include <cstdint>

#include "kernels/hd.hpp"

namespace sgan::kernels {

struct PixelsToU8 {
  const float* x;
  uint8_t* y;

  SGAN_HD void operator()(int64_t i) const {
    const float v = x[i] * 127.5f + 128.0f;
    // NaN is not above 0 and becomes black.
    y[i] = v > 0.0f ? (v < 255.0f ? uint8_t(v) : uint8_t(255)) : uint8_t(0);
  }
};

}  // namespace sgan::kernels
