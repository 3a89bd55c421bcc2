// Channel first to channel last and back, through tiles in shared memory, so that both the reads
// and the writes of a warp are neighbours.
#pragma once

#include "kernels/cuda/block.hpp"
#include "kernels/layout.inl"

namespace sgan::kernels {

// x [batch, rows, columns] -> y [batch, columns, rows].
template <class T>
struct TransposeTiles {
  static constexpr int threads = 256, side = 32, pitch = side + 1;  // one more: no bank conflicts
  int64_t batch = 1, rows = 1, columns = 1;
  const T* x = nullptr;
  T* y = nullptr;

  SGAN_HD int64_t across() const { return ceil_div(columns, side); }
  SGAN_HD int64_t down() const { return ceil_div(rows, side); }
  int64_t blocks() const { return batch * down() * across(); }
  int64_t shared_bytes() const { return int64_t(side) * pitch * int64_t(sizeof(T)); }

  template <class Block>
  SGAN_DEVICE void operator()(Block& block) const {
    auto tile = block.template shared<T>(0, side * pitch);
    const int64_t column0 = block.index() % across() * side;
    const int64_t row0 = block.index() / across() % down() * side;
    const int64_t base = block.index() / (across() * down()) * rows * columns;
    const int lane = block.thread() % side, first = block.thread() / side;
    for (int j = first; j < side; j += threads / side) {
      if (row0 + j < rows && column0 + lane < columns) {
        tile[j * pitch + lane] = x[base + (row0 + j) * columns + column0 + lane];
      }
    }
    block.sync();
    for (int j = first; j < side; j += threads / side) {
      if (column0 + j < columns && row0 + lane < rows) {
        const T value = tile[lane * pitch + j];
        y[base + (column0 + j) * rows + row0 + lane] = value;
      }
    }
  }
};

// Whether the copy is a transposition large enough for tiles, and which.
template <class T>
bool as_transposition(const StridedCopy<T>& copy, TransposeTiles<T>& tiles) {
  if (copy.base != 0) return false;
  Axes axes;
  for (int a = 0; a < copy.rank; ++a) {
    if (copy.shift[a] != 0 || copy.limit[a] < copy.size[a]) return false;
    if (copy.size[a] == 1) continue;
    const int last = axes.rank - 1;
    if (last >= 0 && axes.stride[last] == copy.stride[a] * copy.size[a]) {
      axes.size[last] *= copy.size[a];
      axes.stride[last] = copy.stride[a];
    } else {
      axes.size[axes.rank] = copy.size[a];
      axes.stride[axes.rank++] = copy.stride[a];
    }
  }
  if (axes.rank != 2 && axes.rank != 3) return false;
  const int c = axes.rank - 2, r = axes.rank - 1;
  tiles.columns = axes.size[c];
  tiles.rows = axes.size[r];
  tiles.batch = c == 1 ? axes.size[0] : 1;
  tiles.x = copy.x;
  tiles.y = copy.y;
  const bool whole = c == 0 || axes.stride[0] == tiles.rows * tiles.columns;
  return whole && axes.stride[c] == 1 && axes.stride[r] == tiles.columns && tiles.rows >= 8 &&
         tiles.columns >= 8;
}

}  // namespace sgan::kernels
