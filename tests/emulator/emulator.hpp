// Runs a tiled kernel (kernels/cuda/block.hpp) on the CPU, block after block in shuffled order,
// every thread of a block a fiber. Threads run in a new random order from barrier to barrier.
// Throws Fault when the kernel does what a GPU would not forgive.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <vector>

#include "kernels/cuda/block.hpp"
#include "tests/emulator/scheduler.hpp"

namespace sgan::emulator {

// The Block that a kernel sees.
class Block {
 public:
  template <class T>
  using Shared = SharedArray<T>;

  Block(Scheduler& scheduler, SharedMemory& memory, int64_t index, int thread)
      : scheduler_(scheduler), memory_(memory), index_(index), thread_(thread) {}

  int thread() const { return thread_; }
  int64_t index() const { return index_; }
  void sync(int line = __builtin_LINE());
  template <class T>
  T shuffle_down(T value, int delta, int line = __builtin_LINE()) {
    static_assert(sizeof(T) <= 8);
    uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof value);
    bits = exchange(bits, delta, line);
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
  template <class T>
  SharedArray<T> shared(int64_t byte_offset, int64_t count) {
    return SharedArray<T>(memory_, thread_, byte_offset, count);
  }

 private:
  uint64_t exchange(uint64_t bits, int delta, int line);

  Scheduler& scheduler_;
  SharedMemory& memory_;
  int64_t index_;
  int thread_;
};

inline void Block::sync(int line) { scheduler_.barrier(thread_, line); }
inline uint64_t Block::exchange(uint64_t bits, int delta, int line) {
  return scheduler_.exchange(thread_, bits, delta, line);
}

template <class K>
void run(const K& kernel, uint64_t seed = 1) {
  static_assert(K::threads % kernels::warp_size == 0 && K::threads <= 1024);
  Scheduler scheduler(K::threads, seed);
  std::vector<int64_t> order(size_t(kernel.blocks()));
  std::iota(order.begin(), order.end(), int64_t{0});
  std::shuffle(order.begin(), order.end(), scheduler.random());
  for (int64_t index : order) {
    scheduler.run_block(index, kernel.shared_bytes(), [&](int thread, SharedMemory& memory) {
      Block block(scheduler, memory, index, thread);
      kernel(block);
    });
  }
}

}  // namespace sgan::emulator
