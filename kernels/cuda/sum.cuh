// Sums with few results and many terms: the terms of a result are shared out over a block, and
// where that is not enough over several blocks whose parts are summed by a second pass. The order
// of the additions depends on the shapes only.
#pragma once

#include "kernels/cuda/block.hpp"
#include "kernels/layout.inl"

namespace sgan::kernels {

// y[part, out] = sum over the part's share of the terms of x. `lanes` neighbouring results (1, or a
// warp's 32 where they lie side by side in memory) are a block's work.
template <class From, class To>
struct SumTiles {
  static constexpr int threads = 256;
  Axes kept, reduced;  // sizes and strides in x
  int64_t outputs = 1, terms = 1, parts = 1;
  int lanes = 1;
  const From* x = nullptr;
  To* y = nullptr;

  SGAN_HD int64_t groups() const { return ceil_div(outputs, lanes); }
  int64_t blocks() const { return groups() * parts; }
  int64_t shared_bytes() const { return threads * int64_t(sizeof(double)); }

  static SGAN_HD int64_t place(const Axes& axes, int64_t index) {
    if (axes.rank == 1) return index * axes.stride[0];
    int64_t at = 0;
    for (int a = axes.rank - 1; a >= 0; --a) {
      at += index % axes.size[a] * axes.stride[a];
      index /= axes.size[a];
    }
    return at;
  }

  template <class Block>
  SGAN_DEVICE void operator()(Block& block) const {
    auto sums = block.template shared<double>(0, threads);
    const int t = block.thread(), lane = t % lanes, rows = threads / lanes;
    const int64_t part = block.index() / groups();
    const int64_t out = block.index() % groups() * lanes + lane;
    const int64_t begin = terms * part / parts, end = terms * (part + 1) / parts;
    double sum = 0;
    if (out < outputs) {
      const int64_t base = place(kept, out);
      for (int64_t i = begin + t / lanes; i < end; i += rows) {
        sum += double(x[base + place(reduced, i)]);
      }
    }
    if (lanes == 1) {
      for (int delta = warp_size / 2; delta > 0; delta /= 2) sum += block.shuffle_down(sum, delta);
      if (t % warp_size == 0) sums[t / warp_size] = sum;
    } else {
      sums[t] = sum;
    }
    block.sync();
    const int stored = lanes == 1 ? threads / warp_size : rows;
    if (t < lanes && out < outputs) {
      double total = 0;
      for (int row = 0; row < stored; ++row) total += double(sums[row * lanes + lane]);
      y[part * outputs + out] = To(acc_t<To>(total));
    }
  }
};

// How a sum is cut up. parts 0: the plain version is the better one.
struct SumPlan {
  int64_t outputs = 0, parts = 0;
  int lanes = 1;
  int64_t scratch() const { return parts > 1 ? parts * outputs : 0; }  // doubles
};

template <class T>
SumPlan sum_plan(const SumAxes<T>& sum) {
  SumPlan plan;
  plan.outputs = 1;
  for (int a = 0; a < sum.kept.rank; ++a) plan.outputs *= sum.kept.size[a];
  const int inner = sum.kept.rank - 1;
  const bool side_by_side =
      inner >= 0 && sum.kept.stride[inner] == 1 && warp_size / 2 <= sum.kept.size[inner];
  plan.lanes = side_by_side ? warp_size : 1;
  const int64_t too_many = side_by_side ? int64_t{1} << 17 : int64_t{1} << 30;
  if (64 > sum.terms || too_many < plan.outputs) return plan;
  // Enough blocks for a large GPU, and enough terms for each thread of them.
  const int64_t blocks = ceil_div(plan.outputs, plan.lanes);
  const int64_t rows = SumTiles<T, T>::threads / plan.lanes;
  const int64_t most = sum.terms / (rows * 16);
  const int64_t wanted = ceil_div(512, blocks);
  plan.parts = wanted < most ? wanted : most;
  if (plan.parts < 1) plan.parts = 1;
  return plan;
}

template <class T, class To>
SumTiles<T, To> sum_tiles(const SumAxes<T>& sum, const SumPlan& plan, To* y) {
  return {sum.kept, sum.reduced, plan.outputs, sum.terms, plan.parts, plan.lanes, sum.x, y};
}

// The second pass: partial [parts, outputs] to y [outputs].
template <class T>
SumTiles<double, T> sum_of_parts(const SumPlan& plan, const double* partial, T* y) {
  SumTiles<double, T> tiles;
  tiles.kept.rank = tiles.reduced.rank = 1;
  tiles.kept.size[0] = tiles.outputs = plan.outputs;
  tiles.kept.stride[0] = 1;
  tiles.reduced.size[0] = tiles.terms = plan.parts;
  tiles.reduced.stride[0] = plan.outputs;
  tiles.lanes = plan.outputs >= warp_size / 2 ? warp_size : 1;
  tiles.x = partial;
  tiles.y = y;
  return tiles;
}

}  // namespace sgan::kernels
