// Strided copies and sums on the CPU: rows instead of single numbers, and sums whose additions are
// in an order that depends on the shapes only, not on the threads.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "kernels/launch_cpu.inl"
#include "kernels/layout.inl"

namespace sgan::kernels {

template <class T>
void run_range(const StridedCopy<T>& f, int64_t begin, int64_t end) {
  if (f.rank == 0) return f(begin);
  const int last = f.rank - 1;
  const int64_t width = f.size[last], stride = f.stride[last], shift = f.shift[last];
  const T zero = T(acc_t<T>(0));
  int64_t index[max_rank] = {};
  int64_t rest = begin;
  for (int axis = last; axis >= 0; --axis) {
    index[axis] = rest % f.size[axis];
    rest /= f.size[axis];
  }
  for (int64_t i = begin; i < end;) {
    const int64_t first = index[last], length = std::min(width - first, end - i);
    int64_t from = f.base;
    bool inside = true;
    for (int axis = 0; axis < last; ++axis) {
      const int64_t at = index[axis] - f.shift[axis];
      inside = inside && at >= 0 && at < f.limit[axis];
      from += at * f.stride[axis];
    }
    T* y = f.y + i;
    if (!inside) {
      std::fill(y, y + length, zero);
    } else {
      // Of the row's positions those in [low, high) lie inside of x.
      const int64_t low = std::clamp<int64_t>(shift - first, 0, length);
      const int64_t high = std::clamp<int64_t>(shift + f.limit[last] - first, low, length);
      const T* x = f.x + from + (first - shift) * stride;
      std::fill(y, y + low, zero);
      if (stride == 1) {
        std::copy(x + low, x + high, y + low);
      } else if (stride == 0) {
        if (low < high) std::fill(y + low, y + high, *x);
      } else {
        for (int64_t k = low; k < high; ++k) y[k] = x[k * stride];
      }
      std::fill(y + high, y + length, zero);
    }
    i += length;
    index[last] = 0;
    for (int axis = last - 1; axis >= 0; --axis) {
      if (++index[axis] < f.size[axis]) break;
      index[axis] = 0;
    }
  }
}

template <class T>
void run_range(const PlaceRows<T>& f, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end;) {
    const int64_t first = i % f.width, length = std::min(f.width - first, end - i);
    std::copy(f.x + i, f.x + i + length, f.y + i / f.width * f.pitch + first);
    i += length;
  }
}

namespace sums {

// Terms that are added in the element type's accumulator before they go into double.
inline constexpr int64_t block = 16;

template <class T>
double of_row(const T* x, int64_t n) {
  constexpr int64_t lanes = 16;
  double total = 0;
  int64_t i = 0;
  while (n - i >= lanes) {
    acc_t<T> part[lanes] = {};
    const int64_t stop = i + std::min(block, (n - i) / lanes) * lanes;
    for (; i < stop; i += lanes)
      for (int64_t k = 0; k < lanes; ++k) part[k] += acc_t<T>(x[i + k]);
    for (int64_t k = 0; k < lanes; ++k) total += double(part[k]);
  }
  for (; i < n; ++i) total += double(x[i]);
  return total;
}

// total[c] += sum of `rows` rows of `columns` numbers.
template <class T>
void of_columns(const T* x, int64_t rows, int64_t stride, int64_t columns, double* total) {
  constexpr int64_t tile = 64;
  for (int64_t c = 0; c < columns; c += tile) {
    const int64_t width = std::min(tile, columns - c);
    for (int64_t r = 0; r < rows; r += block) {
      acc_t<T> part[tile] = {};
      const int64_t here = std::min(block, rows - r);
      for (int64_t j = 0; j < here; ++j) {
        const T* from = x + (r + j) * stride + c;
        if (width == tile) {
          for (int64_t k = 0; k < tile; ++k) part[k] += acc_t<T>(from[k]);
        } else {
          for (int64_t k = 0; k < width; ++k) part[k] += acc_t<T>(from[k]);
        }
      }
      for (int64_t k = 0; k < width; ++k) total[c + k] += double(part[k]);
    }
  }
}

// Items that a task takes, at least, so that its result is worth a place of its own.
inline constexpr int64_t task = 1 << 15;

}  // namespace sums

// Three forms are worth it: one run of neighbours to a number, rows to numbers, and columns.
template <class T>
bool run_whole(int64_t n, const SumAxes<T>& f) {
  if (f.reduced.rank != 1 || f.kept.rank > 2) return false;
  const int64_t terms = f.terms, step = f.reduced.stride[0];
  if (step == 1 && f.kept.rank <= 1) {
    const int64_t stride = f.kept.rank ? f.kept.stride[0] : 0;
    // A long run in pieces, whose number does not depend on the threads.
    const int64_t pieces = std::max<int64_t>(1, terms / sums::task);
    std::vector<double> parts(static_cast<size_t>(n * pieces));
    parallel_ranges(n * pieces, std::max<int64_t>(1, sums::task / (terms / pieces + 1)),
                    [&](int64_t begin, int64_t end) {
                      for (int64_t i = begin; i < end; ++i) {
                        const int64_t out = i / pieces, piece = i % pieces;
                        const int64_t first = terms * piece / pieces;
                        const int64_t count = terms * (piece + 1) / pieces - first;
                        parts[size_t(i)] = sums::of_row(f.x + out * stride + first, count);
                      }
                    });
    for (int64_t out = 0; out < n; ++out) {
      double total = 0;
      for (int64_t p = 0; p < pieces; ++p) total += parts[size_t(out * pieces + p)];
      f.y[out] = T(acc_t<T>(total));
    }
    return true;
  }
  const int inner = f.kept.rank - 1;
  if (inner < 0 || f.kept.stride[inner] != 1) return false;
  const int64_t columns = f.kept.size[inner], outer = inner ? f.kept.size[0] : 1;
  const int64_t stride = inner ? f.kept.stride[0] : 0;
  // Wide results are shared out by column, long sums by row.
  const int64_t tiles = std::max<int64_t>(1, std::min(columns / 256, columns * terms / sums::task));
  const int64_t pieces =
      std::max<int64_t>(1, std::min(terms / 64, columns * terms / (sums::task * tiles)));
  std::vector<double> parts(static_cast<size_t>(n * pieces));
  const int64_t tasks = outer * pieces * tiles;
  parallel_ranges(
      tasks, std::max<int64_t>(1, sums::task * tasks / (outer * columns * terms + 1)),
      [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          const int64_t tile = i % tiles, piece = i / tiles % pieces, out = i / tiles / pieces;
          const int64_t first = terms * piece / pieces;
          const int64_t count = terms * (piece + 1) / pieces - first;
          const int64_t left = columns * tile / tiles, right = columns * (tile + 1) / tiles;
          sums::of_columns(f.x + out * stride + first * step + left, count, step, right - left,
                           parts.data() + (out * pieces + piece) * columns + left);
        }
      });
  for (int64_t out = 0; out < outer; ++out) {
    for (int64_t c = 0; c < columns; ++c) {
      double total = 0;
      for (int64_t p = 0; p < pieces; ++p) {
        total += parts[static_cast<size_t>((out * pieces + p) * columns + c)];
      }
      f.y[out * columns + c] = T(acc_t<T>(total));
    }
  }
  return true;
}

}  // namespace sgan::kernels
