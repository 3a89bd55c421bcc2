// Address-ordered first-fit allocation inside one range of offsets, with coalescing of free
// neighbours. First fit from the bottom keeps the highest offset in use near the true peak of live
// bytes.
#pragma once

#include <cstddef>
#include <map>

namespace sgan::rt {

class Arena {
 public:
  static constexpr size_t npos = ~size_t{0};
  explicit Arena(size_t capacity, size_t alignment = 64) : alignment_(alignment) {
    if (capacity) free_[0] = capacity;
  }
  // Offset of `bytes` (rounded up to the alignment), or npos when no hole is large enough.
  size_t allocate(size_t bytes);
  void release(size_t offset, size_t bytes);
  size_t high_water() const { return high_water_; }  // highest offset ever handed out
  size_t rounded(size_t bytes) const {
    return bytes == 0 ? alignment_ : (bytes + alignment_ - 1) / alignment_ * alignment_;
  }

 private:
  std::map<size_t, size_t> free_;  // offset -> size, no two adjacent
  size_t alignment_, high_water_ = 0;
};

}  // namespace sgan::rt
