#include "lib/rt/arena.hpp"

#include <algorithm>
#include <iterator>

namespace sgan::rt {

size_t Arena::allocate(size_t bytes) {
  bytes = rounded(bytes);
  for (auto hole = free_.begin(); hole != free_.end(); ++hole) {
    if (hole->second < bytes) continue;
    const auto [offset, size] = *hole;
    free_.erase(hole);
    if (size > bytes) free_[offset + bytes] = size - bytes;
    high_water_ = std::max(high_water_, offset + bytes);
    return offset;
  }
  return npos;
}

void Arena::release(size_t offset, size_t bytes) {
  bytes = rounded(bytes);
  auto next = free_.upper_bound(offset);
  if (next != free_.begin()) {
    auto previous = std::prev(next);
    if (previous->first + previous->second == offset) {
      offset = previous->first;
      bytes += previous->second;
      free_.erase(previous);
    }
  }
  if (next != free_.end() && offset + bytes == next->first) {
    bytes += next->second;
    free_.erase(next);
  }
  free_[offset] = bytes;
}

}  // namespace sgan::rt
