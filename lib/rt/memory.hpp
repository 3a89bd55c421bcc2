// Memory of all tensors: one arena a device, address-ordered first fit with coalescing. Passes that
// repeat find their buffers again without asking the system, and what was in use at the peak is
// known.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "lib/rt/device.hpp"

namespace sgan::rt {

struct MemoryStats {
  size_t in_use = 0;    // bytes held by live tensors
  size_t peak = 0;      // highest in_use since the last reset
  size_t reserved = 0;  // highest bytes of address space the arena has handed out
};

MemoryStats memory_stats(Device device);
void reset_peak(Device device);
// Bytes of the process that are in physical memory.
size_t resident_memory();
// Bytes that can still be allocated on the device without swapping (CPU: system and cgroup limits).
size_t memory_available(Device device);

class Pool;

// Memory of its own for work that must find it untouched whenever it is repeated (a captured
// graph): while a Use lives, this thread's allocations on the pool's device come from it. The
// pool's memory goes back to the system when neither it nor any tensor in it is left.
class PrivatePool {
 public:
  explicit PrivatePool(Device device);
  class Use {
   public:
    explicit Use(const PrivatePool& pool);
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    std::shared_ptr<Pool> before_;
  };

 private:
  std::shared_ptr<Pool> pool_;
};

// Owned bytes on a device, aligned to 64 (CPU) or 256 (CUDA). Freed into the arena at destruction.
class Storage {
 public:
  Storage(size_t bytes, Device device);  // throws Error with the size when there is no memory
  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  void* data() const { return data_; }  // null on meta
  size_t bytes() const { return bytes_; }
  Device device() const { return device_; }

  // Data computed from the contents, such as packed convolution weights: made once by `make`, kept
  // as long as the storage. Whoever changes the contents calls drop_derived().
  template <class T, class Make>
  std::shared_ptr<T> derived(std::string_view key, const Make& make) {
    std::lock_guard lock(derived_mutex_);
    auto& slot = derived_[key];
    if (!slot) slot = make();
    return std::static_pointer_cast<T>(slot);
  }
  void drop_derived();

 private:
  std::shared_ptr<Pool> pool_;
  void* data_ = nullptr;
  size_t bytes_ = 0, offset_ = 0;
  Device device_;
  std::mutex derived_mutex_;
  std::unordered_map<std::string_view, std::shared_ptr<void>> derived_;  // keys are literals
};

// Copies bytes between devices; queued on the CUDA stream, complete on return where the CPU is a
// side.
void copy_bytes(void* to, Device to_device, const void* from, Device from_device, size_t bytes);

}  // namespace sgan::rt
