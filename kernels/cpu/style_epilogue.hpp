// What follows a convolution in ProGAN and StyleGAN1, in two passes over memory instead of ten:
// gain, 1-2-1 blur, noise, bias, leaky ReLU, then pixel norm, or instance norm and style
// (1812.04948, figure 1b). Channels last, float32; AVX-512, AVX2 or SSE chosen at run time.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sgan::kernels {

enum class FeatureNorm : int { none, pixel, instance };

// x, y [n, h, w, c], not overlapping. Null pointers mean absent.
struct StyleEpilogue {
  int64_t n = 1, h = 1, w = 1, c = 1;
  float gain = 1;                // multiplies x
  const float* taps = nullptr;   // [3], correlated with x along both axes, zeros outside
  const float* noise = nullptr;  // [h, w], sample i at noise + i * noise_sample_stride
  int64_t noise_sample_stride = 0;
  const float* noise_strength = nullptr;  // [c]
  const float* bias = nullptr;            // [c]
  float slope = 1;                        // of the activation below zero, 0 .. 1
  FeatureNorm norm = FeatureNorm::none;
  float epsilon = 1e-8f;         // added to the mean square or the variance
  const float* style = nullptr;  // [n, 2c]: y = x * (1 + first half) + second half
};

// The result does not depend on the number of threads. `scratch` is aligned to 64 bytes.
size_t style_epilogue_scratch_bytes(const StyleEpilogue& e);
void style_epilogue(const StyleEpilogue& e, const float* x, float* y, void* scratch);

}  // namespace sgan::kernels
