// Scaling of pictures, separable, with the filter widened when a picture gets smaller.
#pragma once

#include <cstddef>
#include <vector>

namespace sgan::io {

// A picture while it is worked on: [height, width, channels], 0 to 255.
struct Canvas {
  int width = 0, height = 0, channels = 0;
  std::vector<float> pixels;
  float* row(int y) { return pixels.data() + size_t(y) * size_t(width) * size_t(channels); }
  const float* row(int y) const {
    return pixels.data() + size_t(y) * size_t(width) * size_t(channels);
  }
};

// box: the mean of what a pixel covers; enlarging repeats pixels. lanczos: three lobes (C. Lanczos,
// 1956), sharper; may go beyond 0 and 255, which is cut off when bytes are made.
enum class ResizeFilter { box, lanczos };

Canvas resize(const Canvas& from, int width, int height, ResizeFilter filter);

}  // namespace sgan::io
