// Cache-line aligned working memory of the calling thread, grown on demand and kept until the
// thread ends, so that hot loops never allocate.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

namespace sgan::kernels {

class ThreadScratch {
 public:
  ThreadScratch() = default;
  ThreadScratch(const ThreadScratch&) = delete;
  ThreadScratch& operator=(const ThreadScratch&) = delete;
  ~ThreadScratch() { std::free(data_); }

  // At least `count` floats, 64-byte aligned, contents undefined. The next call may move them.
  // Throws std::bad_alloc.
  float* floats(size_t count) {
    if (count > size_) {
      std::free(data_);
      size_ = 0;
      const size_t bytes = (count * sizeof(float) + 4095) / 4096 * 4096;
      data_ = static_cast<float*>(std::aligned_alloc(4096, bytes));
      if (!data_) throw std::bad_alloc();
      size_ = bytes / sizeof(float);
    }
    return data_;
  }

 private:
  float* data_ = nullptr;
  size_t size_ = 0;
};

// The calling thread's scratch; one kernel at a time uses it, kernels do not nest.
inline ThreadScratch& thread_scratch() {
  static thread_local ThreadScratch scratch;
  return scratch;
}

}  // namespace sgan::kernels
