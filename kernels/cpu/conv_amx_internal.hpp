// What the parts of the AMX convolution share: the split image, the packed weights, the
// micro-kernel.
#pragma once

#include <cstdint>

#include "kernels/cpu/conv_amx.hpp"

// The file stays a baseline x86-64 build; only functions marked so use these instructions.
#define SGAN_AMX  \
  __attribute__(( \
      target("amx-tile,amx-bf16,avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,fma,avx2,bmi2")))

namespace sgan::kernels::amx {

inline constexpr int kLane = 16;         // pixels, and output channels, of one tile
inline constexpr int kBlock = 32;        // input channels of one step
inline constexpr int kPixelBytes = 128;  // one pixel of one channel block: 32 hi, then 32 lo
inline constexpr int kStepBytes = 2048;  // weights of one step: tile of hi, tile of lo
inline constexpr int kGroup = 4;         // pixel tiles that the micro-kernel takes at once
inline constexpr int kTileFloats = kLane * kLane;

inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
inline int64_t channel_blocks(const ConvAmxPlan& p) { return ceil_div(p.in_c, kBlock); }
inline int64_t panels(const ConvAmxPlan& p) { return ceil_div(p.out_c, kLane); }
inline int64_t panel_bytes(const ConvAmxPlan& p) {
  return int64_t{p.num_taps} * channel_blocks(p) * kStepBytes;
}

int64_t cache_bytes();  // of the second-level cache, per core

// Tiles of 16 consecutive pixels of the split image that cover rows x cols outputs: either run on
// over the row ends, computing the unused columns of the pitch as well, or start afresh on each
// row.
struct Tiling {
  bool flat;
  int64_t count;
};
inline Tiling tiling(int64_t rows, int64_t cols, int64_t pitch) {
  const int64_t flat = ceil_div((rows - 1) * pitch + cols, kLane);
  const int64_t by_row = rows * ceil_div(cols, kLane);
  return {flat <= by_row, flat <= by_row ? flat : by_row};
}

// Input pixels of samples [n0, n1) that the outputs from (row0, col0) on need, scaled, split and
// surrounded by zeros: image[sample][channel block][plane][plane row][pitch] of kPixelBytes.
SGAN_AMX void split_block(const ConvAmxPlan& p, const float* x, const float* in_scale, int64_t n0,
                          int64_t n1, int64_t row0, int64_t col0, uint8_t* image);

// The epilogue of up to 64 pixels x 16 channels, done while the next ones are being summed.
struct Pending {
  alignas(64) float scale[kLane], bias[kLane];  // the gain is in them and in `strength`
  const float* acc;                             // [rows][16]
  const int32_t* pixel;  // [rows] index in the output image, negative: not an output
  float* y;              // first channel of pixel 0
  const float* noise;    // null: none
  int64_t row_stride;
  int rows;
  uint16_t channels;  // mask
  bool relu, accumulate;
  bool stream;  // store past the cache; needs full, aligned lines
  float slope, strength, clamp;
};

// Memory to bring into the second-level cache during the computation: `rows` rows of `bytes` bytes.
struct Ahead {
  const uint8_t* row = nullptr;
  int64_t bytes = 0, stride = 0, rows = 0, at = 0;
  int lines_a_step = 0;
};

// acc[tiles][16][16] = sum over steps of the split pixels at a[tile] + offset[step] times b. Rows
// of `pending` are finished in between.
struct Call {
  const uint8_t* a[kGroup];
  int tiles;
  const int32_t* offset;
  int64_t steps;
  const uint8_t* b;
  float* acc;
};
SGAN_AMX void run_tiles(const Call& call, const Pending& pending, Ahead& ahead);
SGAN_AMX void finish(const Pending& pending);

// Around the work of each thread; the end also orders the streaming stores before what follows.
SGAN_AMX void tiles_begin();
SGAN_AMX void tiles_end();

}  // namespace sgan::kernels::amx
