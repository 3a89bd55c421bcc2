// StyleGAN3's filtered nonlinearity (2106.12423, section 3.2 and appendix D) in one kernel for
// CUDA: the oversampled signal lives in shared memory and registers only.
#pragma once

#include <cstdint>

#include "kernels/half.hpp"

namespace sgan::kernels {

// v = x * scale[n, c] + bias[c]; up - 1 zeros after every sample; pad_x0 and pad_y0 zeros before;
// correlation with fu along both axes, gain up^2; leaky ReLU, gain, clamp; correlation with fd;
// every down-th sample kept. x [n, h, w, c], y [n, ho, wo, c].
template <class T>
struct FilteredLreluTask {
  int64_t n = 0, h = 0, w = 0, c = 0, ho = 0, wo = 0;
  const T* x = nullptr;
  const T* scale = nullptr;  // [n, c] or null
  const T* bias = nullptr;   // [c] or null
  T* y = nullptr;
  // Taps on the host, in correlation order. fu has `up_taps` and is separable; fd has `down_taps`,
  // in both directions where it is separable, else down_taps x down_taps of them, row-major.
  const float *fu = nullptr, *fd = nullptr;
  int up_taps = 1, down_taps = 1;
  bool radial = false;  // fd is 2-D
  int up = 1, down = 1;
  int64_t pad_x0 = 0, pad_y0 = 0;  // in upsampled samples; negative crops
  float gain = 1, slope = 1;
  float clamp = -1;  // < 0: none
};

// Whether there is a kernel for it: up 2 or 4 with at most 6 * up taps, down 2 with at most 12.
template <class T>
bool filtered_lrelu_cuda_supported(const FilteredLreluTask<T>& task) {
  return (task.up == 2 || task.up == 4) && task.down == 2 && task.up_taps <= 6 * task.up &&
         task.down_taps <= 12;
}

// Queues it on a CUDA stream. False, with nothing done, where there is no kernel or this GPU cannot
// hold it. Throws std::runtime_error when the launch fails.
template <class T>
bool launch_filtered_lrelu(const FilteredLreluTask<T>& task, void* stream);

}  // namespace sgan::kernels
