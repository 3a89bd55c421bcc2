// Making tensors out of bytes of a file, with everything about them checked first.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "lib/io/pickle/tree.hpp"
#include "lib/rt/tensor.hpp"

namespace sgan::io::pickle {

// How many bytes of tensors and decoded data one file may still turn into. Views of one storage and
// strides of zero let a small file describe huge tensors; honest files stay far below this.
class Budget {
 public:
  explicit Budget(uint64_t file_bytes) : left_(8 * file_bytes + (uint64_t{64} << 20)) {}
  // Throws Error, naming where, when there is not that much left.
  void take(uint64_t bytes, const Ref& where);

 private:
  uint64_t left_;
};

// Elements of a storage: little-endian unless `swap`.
struct Elements {
  rt::DType type = rt::DType::f32;
  std::string_view bytes;
  bool swap = false;
};

// Gathers a contiguous tensor: sizes, strides and offset in elements, none negative. Throws Error,
// naming where, when an element lies outside the storage or a size is out of range.
rt::Tensor gather(const Elements& storage, int64_t offset, const std::vector<int64_t>& sizes,
                  const std::vector<int64_t>& strides, Budget& budget, const Ref& where);

std::vector<int64_t> row_major_strides(const std::vector<int64_t>& sizes);
// A tuple or list of integers, or torch.Size of one.
std::vector<int64_t> integers(const Ref& value);

}  // namespace sgan::io::pickle
