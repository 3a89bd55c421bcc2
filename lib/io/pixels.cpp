#include "lib/io/pixels.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/pixels.inl"
#include "lib/rt/launch.hpp"

namespace sgan::io {

using rt::DType;
using rt::Shape;
using rt::Tensor;

Tensor to_u8(const Tensor& pictures) {
  const Tensor bytes(pictures.shape(), DType::u8, pictures.device());
  rt::launch(pictures.device(), pictures.numel(),
             kernels::PixelsToU8{pictures.data<float>(), bytes.data<uint8_t>()});
  return bytes;
}

std::pair<int, int> near_square(int64_t count) {
  check(count > 0 && count <= int64_t{1} << 24, "a grid of ", count, " pictures");
  const auto columns = int64_t(std::ceil(std::sqrt(double(count))));
  return {int(columns), int((count + columns - 1) / columns)};
}

Grid::Grid(int columns, int rows, int blank)
    : columns_(columns), rows_(rows), blank_(blank), next_(blank) {
  check(columns > 0 && rows > 0 && blank >= 0 && blank < int64_t(columns) * rows, "a grid of ",
        columns, " x ", rows, " cells with ", blank, " left blank holds no picture");
}

int64_t Grid::put(const Tensor& batch, int64_t begin) {
  const int64_t height = batch.size(1), width = batch.size(2), channels = batch.size(3);
  if (!canvas_.defined()) {
    const Shape shape{rows_ * height, columns_ * width, channels};
    // Black is the network's -1.
    canvas_ = batch.dtype() == DType::u8 ? Tensor::zeros(shape, DType::u8)
                                         : Tensor::full(shape, -1, batch.dtype());
  }
  check(canvas_.shape() == (Shape{rows_ * height, columns_ * width, channels}),
        "a picture of shape ", batch.shape(), " does not fit into a grid of shape ",
        canvas_.shape());
  const Tensor host = batch.to(rt::cpu);
  const size_t line = size_t(width * channels) * rt::size_of(host.dtype());
  const int64_t room = int64_t(columns_) * rows_ - next_;
  const int64_t count = std::min(room, host.size(0) - begin);
  for (int64_t i = 0; i < count; ++i, ++next_) {
    const int64_t row = next_ / columns_, column = next_ % columns_;
    for (int64_t y = 0; y < height; ++y) {
      std::memcpy(canvas_.bytes_data() + size_t((row * height + y) * columns_ + column) * line,
                  host.bytes_data() + size_t((begin + i) * height + y) * line, line);
    }
  }
  return count;
}

Tensor Grid::take() {
  next_ = blank_;
  return std::exchange(canvas_, Tensor());
}

}  // namespace sgan::io
