// Pictures [N, H, W, C] as planes with a border of zeros, one of each channel, so that loops run
// along lines of one channel.
#pragma once

#include <vector>

#include "kernels/parallel.hpp"
#include "lib/rt/tensor.hpp"

namespace sgan::metrics {

template <class T>
struct Planes {
  int64_t count = 0, height = 0, width = 0, channels = 0, border = 0;
  std::vector<T> values;  // [count, border + height + border, border + width + border]

  int64_t stride() const { return width + 2 * border; }
  int64_t size() const { return stride() * (height + 2 * border); }
  // Pixel (y, x), which may lie in the border.
  T* at(int64_t plane, int64_t y, int64_t x) {
    return values.data() + plane * size() + (y + border) * stride() + x + border;
  }
  const T* at(int64_t plane, int64_t y, int64_t x) const {
    return const_cast<Planes*>(this)->at(plane, y, x);
  }

  Planes(const rt::Shape& pictures, int64_t zeros)
      : count(pictures[0] * pictures[3]),
        height(pictures[1]),
        width(pictures[2]),
        channels(pictures[3]),
        border(zeros),
        values(size_t(count * size())) {}

  Planes(const rt::Tensor& pictures, int64_t zeros) : Planes(pictures.shape(), zeros) {
    const T* from = pictures.data<T>();
    kernels::parallel_ranges(count * height, 64, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t plane = i / height, y = i % height, n = plane / channels;
        const T* row = from + (n * height + y) * width * channels + plane % channels;
        T* to = at(plane, y, 0);
        for (int64_t x = 0; x < width; ++x) to[x] = row[x * channels];
      }
    });
  }

  rt::Tensor pictures() const {
    const rt::Tensor out({count / channels, height, width, channels}, rt::dtype_of<T>::value);
    T* to = out.template data<T>();
    kernels::parallel_ranges(count * height, 64, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t plane = i / height, y = i % height, n = plane / channels;
        T* row = to + (n * height + y) * width * channels + plane % channels;
        const T* line = at(plane, y, 0);
        for (int64_t x = 0; x < width; ++x) row[x * channels] = line[x];
      }
    });
    return out;
  }
};

}  // namespace sgan::metrics
