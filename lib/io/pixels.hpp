// Pictures as arrays [N, H, W, C]: bytes, and grids of them.
#pragma once

#include <utility>

#include "lib/rt/tensor.hpp"

namespace sgan::io {

// float32, nominally -1..1, on any device -> bytes on the same device: clamp(x * 127.5 + 128, 0,
// 255) truncated, as the official tools do.
rt::Tensor to_u8(const rt::Tensor& pictures);

// Columns and rows of a near-square grid for `count` pictures.
std::pair<int, int> near_square(int64_t count);

// One picture [rows * H, columns * W, C] on the CPU, filled row by row; what is not put stays
// black.
class Grid {
 public:
  Grid(int columns, int rows, int blank = 0);  // `blank`: cells left empty at the start
  // Puts the pictures begin, begin + 1, ... of the batch until the grid is full; returns how many.
  int64_t put(const rt::Tensor& batch, int64_t begin);
  bool empty() const { return next_ == blank_; }
  bool full() const { return next_ == int64_t(columns_) * rows_; }
  // The grid, and an empty one from now on.
  rt::Tensor take();

 private:
  int columns_, rows_;
  int64_t blank_, next_;
  rt::Tensor canvas_;
};

}  // namespace sgan::io
