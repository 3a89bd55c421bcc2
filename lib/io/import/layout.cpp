#include "lib/io/import/layout.hpp"

#include <cstring>

namespace sgan::io {

rt::Tensor transposed(const rt::Tensor& weight) {
  check(weight.rank() == 2, "a dense weight with the shape ", weight.shape());
  return weight.permute({1, 0});
}

rt::Tensor conv_weight(const rt::Tensor& weight) {
  check(weight.rank() == 4, "a convolution weight with the shape ", weight.shape());
  return weight.permute({3, 2, 0, 1});
}

rt::Tensor flipped(const rt::Tensor& weight) {
  check(weight.rank() == 4, "a convolution weight with the shape ", weight.shape());
  rt::Tensor result(weight.shape(), weight.dtype());
  const int64_t plane = weight.size(2) * weight.size(3);
  const size_t bytes = rt::size_of(weight.dtype());
  if (plane == 0) return result;
  for (int64_t begin = 0; begin < weight.numel(); begin += plane)
    for (int64_t i = 0; i < plane; ++i)
      std::memcpy(result.bytes_data() + size_t(begin + i) * bytes,
                  weight.bytes_data() + size_t(begin + plane - 1 - i) * bytes, bytes);
  return result;
}

}  // namespace sgan::io
