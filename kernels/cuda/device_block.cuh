// Tiled kernels on a GPU: the Block of block.hpp and the launcher.
#pragma once

#include <stdexcept>
#include <string>

#include "kernels/cuda/block.hpp"

namespace sgan::kernels {

class DeviceBlock {
 public:
  template <class T>
  using Shared = T*;

  __device__ int thread() const { return int(threadIdx.x); }
  __device__ int64_t index() const { return int64_t(blockIdx.x); }
  __device__ void sync() { __syncthreads(); }
  template <class T>
  __device__ T shuffle_down(T value, int delta) {
    return __shfl_down_sync(0xffffffffu, value, unsigned(delta));
  }
  template <class T>
  __device__ T* shared(int64_t byte_offset, int64_t) {
    extern __shared__ __align__(16) char memory[];
    return reinterpret_cast<T*>(memory + byte_offset);
  }
};

template <class K>
__global__ void __launch_bounds__(K::threads) run_blocks(K kernel) {
  DeviceBlock block;
  kernel(block);
}

inline void check_launch(cudaError_t code) {
  if (code != cudaSuccess) {
    throw std::runtime_error(std::string("CUDA: kernel launch: ") + cudaGetErrorString(code));
  }
}

// Queues the kernel. False, with nothing done, where this GPU cannot hold it: too much shared
// memory or too many blocks. Throws std::runtime_error when the launch fails.
template <class K>
bool launch_blocks(const K& kernel, void* stream) {
  static_assert(K::threads % warp_size == 0 && K::threads <= 1024);
  const int64_t blocks = kernel.blocks(), bytes = kernel.shared_bytes();
  if (blocks <= 0) return true;
  if (blocks > 0x7fffffff) return false;
  if (bytes > (48 << 10)) {
    int device = 0, limit = 0;
    check_launch(cudaGetDevice(&device));
    check_launch(cudaDeviceGetAttribute(&limit, cudaDevAttrMaxSharedMemoryPerBlockOptin, device));
    if (bytes > limit) return false;
    check_launch(cudaFuncSetAttribute(run_blocks<K>, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                      int(bytes)));
  }
  run_blocks<K>
      <<<unsigned(blocks), K::threads, size_t(bytes), static_cast<cudaStream_t>(stream)>>>(kernel);
  check_launch(cudaGetLastError());
  return true;
}

}  // namespace sgan::kernels
