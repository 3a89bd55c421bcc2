// What a tiled kernel may use, so that one source runs on a GPU (device_block.cuh) and, block by
// block, on the host under the tests' emulator (tests/emulator/emulator.hpp).
//
// A tiled kernel is a plain struct with
//   static constexpr int threads;                 of a block, a multiple of 32
//   int64_t blocks() const;                       of the grid
//   int64_t shared_bytes() const;                 of a block
//   template <class Block> SGAN_DEVICE void operator()(Block& block) const;
// where Block offers
//   int thread() const;  int64_t index() const;   which thread, which block
//   void sync();                                  barrier of the whole block
//   T shuffle_down(T value, int delta);           all 32 lanes of a warp take part
//   Shared<T> shared<T>(int64_t byte_offset, int64_t count);
// Shared<T> is indexed like an array. An element is read as `const float v = s[i]` (with its type:
// the emulator hands out proxies) and written as `s[i] = v`.
#pragma once

#include <cstdint>

#include "kernels/hd.hpp"

#if defined(__CUDACC__)
#define SGAN_DEVICE __device__ __forceinline__
#define SGAN_UNROLL _Pragma("unroll")
#else
#define SGAN_DEVICE inline
#define SGAN_UNROLL
#endif

namespace sgan::kernels {

inline constexpr int warp_size = 32;

SGAN_HD constexpr int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Rounds towards minus infinity; b > 0.
SGAN_HD constexpr int64_t floor_div(int64_t a, int64_t b) {
  return a >= 0 ? a / b : -((-a + b - 1) / b);
}

}  // namespace sgan::kernels
