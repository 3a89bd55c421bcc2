#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>

#include "kernels/launch.hpp"

namespace sgan::kernels {

template <class F>
__global__ void run_functor(int64_t n, F f) {
  const int64_t step = int64_t(gridDim.x) * blockDim.x;
  for (int64_t i = int64_t(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += step) f(i);
}

// Overloaded for kernels that have a tiled version (kernels/cuda): true when that took the work.
template <class F>
bool launch_tiled(const F&, void*) {
  return false;
}

template <class F>
void launch_cuda(int64_t n, const F& f, void* stream) {
  if (n <= 0) return;
  if (tiled_kernels && launch_tiled(f, stream)) return;
  constexpr int block = 256;
  const int64_t grid = std::min<int64_t>((n + block - 1) / block, int64_t{1} << 20);
  run_functor<<<unsigned(grid), block, 0, static_cast<cudaStream_t>(stream)>>>(n, f);
  if (const cudaError_t code = cudaGetLastError(); code != cudaSuccess) {
    throw std::runtime_error(std::string("CUDA: kernel launch: ") + cudaGetErrorString(code));
  }
}

}  // namespace sgan::kernels

#define SGAN_INSTANTIATE(...) \
  template void sgan::kernels::launch_cuda<__VA_ARGS__>(int64_t, const __VA_ARGS__&, void*)
