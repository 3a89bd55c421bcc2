// The table of fused kernels; included by one file for each element type, which nvcc compiles side
// by side.
#pragma once

#include "kernels/cuda/device_block.cuh"
#include "kernels/cuda/filtered_lrelu.cuh"

namespace sgan::kernels {

template <class T>
bool launch_filtered_lrelu(const FilteredLreluTask<T>& task, void* stream) {
  if (!filtered_lrelu_cuda_supported(task)) return false;
  if (task.up == 2) {
    return task.radial ? launch_blocks(filtered_lrelu_tiles<T, 2, true>(task), stream)
                       : launch_blocks(filtered_lrelu_tiles<T, 2, false>(task), stream);
  }
  return task.radial ? launch_blocks(filtered_lrelu_tiles<T, 4, true>(task), stream)
                     : launch_blocks(filtered_lrelu_tiles<T, 4, false>(task), stream);
}

}  // namespace sgan::kernels
