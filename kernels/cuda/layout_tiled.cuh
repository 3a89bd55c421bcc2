// Which copies and sums the tiled kernels take over.
#pragma once

#include "kernels/cuda/device_block.cuh"
#include "kernels/cuda/sum.cuh"
#include "kernels/cuda/transpose.cuh"

namespace sgan::kernels {

template <class T>
bool launch_tiled(const StridedCopy<T>& copy, void* stream) {
  TransposeTiles<T> tiles;
  return as_transposition(copy, tiles) && launch_blocks(tiles, stream);
}

template <class T>
bool launch_tiled(const SumAxes<T>& sum, void* stream) {
  SumPlan plan = sum_plan(sum);
  if (plan.parts == 0) return false;
  if (!sum.scratch) plan.parts = 1;
  if (plan.parts == 1) return launch_blocks(sum_tiles(sum, plan, sum.y), stream);
  return launch_blocks(sum_tiles(sum, plan, sum.scratch), stream) &&
         launch_blocks(sum_of_parts(plan, sum.scratch, sum.y), stream);
}

}  // namespace sgan::kernels
