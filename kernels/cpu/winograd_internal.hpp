// Private to winograd*.cpp.
#pragma once

#include "kernels/cpu/conv_tiles.hpp"
#include "kernels/cpu/winograd.hpp"

namespace sgan::kernels::wino {

using namespace convtiles;

inline constexpr int kOut = 4, kIn = 6, kPoints = kIn * kIn;

// How a convolution is cut: tiles of 4x4 outputs, numbered along rows, columns, samples.
struct Tiles {
  int64_t ny, nx, count;
  explicit Tiles(const ConvShape& s)
      : ny(ceil_div(s.out_h, kOut)), nx(ceil_div(s.out_w, kOut)), count(s.n * ny * nx) {}
};

struct Place {
  int64_t sample, y, x;  // of the tile's first output
};
inline Place place(const Tiles& t, int64_t i) {
  return {i / (t.ny * t.nx), i / t.nx % t.ny * kOut, i % t.nx * kOut};
}

// Transformed tiles of one block: element (point, tile, channel) at
// data[point * point_pitch + tile * row_pitch + channel].
struct Block {
  float* data;
  int64_t row_pitch, point_pitch;
};
// One cache line more than the rows take, lest all points of a tile fall into one cache set.
inline int64_t point_pitch(int64_t rows, int64_t row_pitch) { return rows * row_pitch + 16; }

// Likewise between the points of a packed weight.
inline int64_t weight_pitch(int64_t in_c, int64_t panel) { return in_c * panel + 16; }

// An image to transform: tiles begin (pad_top, pad_left) before their first output.
struct InputJob {
  const ConvShape* s;
  Tiles tiles;
  const float *x, *in_scale, *zeros;  // zeros: as many as the block's row pitch
};

inline const float* zero_row(float* scratch, int64_t floats) {
  std::fill_n(scratch, floats, 0.0f);
  return scratch;
}

}  // namespace sgan::kernels::wino
