// Inference on the CPU in float32: a modulated convolution with its resampling and epilogue, and
// the filtered nonlinearity, as few passes over memory as the machine allows. AMX tiles where there
// are any, else vector units (Winograd for 3x3).
#pragma once

#include "kernels/activation.hpp"
#include "lib/rt/tensor.hpp"

namespace sgan::engine {

// y = act(resample(conv(x * in_scale)) * out_scale + noise * noise_strength + bias) * gain,
// clamped.
struct FusedConv {
  rt::Tensor x;                    // [N, H, W, Ci]
  rt::Tensor weight;               // [Co, kh, kw, Ci]
  rt::Tensor in_scale, out_scale;  // [N, Ci], [N, Co]; undefined: ones
  rt::Tensor noise;                // [1 or N, Ho, Wo, 1] or undefined
  float noise_strength = 1;
  rt::Tensor bias;  // [Co] or undefined
  kernels::Act act = kernels::Act::linear;
  float alpha = 0.2f, gain = 1, clamp = -1;
  // up 1: correlation (or, with flip, convolution) padded by pad0 before. up 2: transposed
  // convolution with stride 2 and the weight as it is (flip: turned by half a turn), then the FIR
  // filter, padded by fir_pad0 (negative crops).
  int up = 1;
  bool flip = false;
  int stride = 1;  // with up 1
  int64_t pad_y = 0, pad_x = 0;
  rt::Tensor fir;  // [fh, fw] float32, in correlation order, gain included; with up 2
  int64_t fir_pad_y = 0, fir_pad_x = 0;
};

// Whether fused_conv serves this activation and factor.
bool fused_conv_supports(kernels::Act act, float gain, int up);
// Whether the filter [fh, fw] is one that the fused pass takes (an outer product).
bool fused_fir_supports(const rt::Tensor& fir);
// Scratch that fused_conv takes from the arena for the result's shape, for planning; in bytes.
size_t fused_conv_workspace(const rt::Shape& x, const rt::Shape& weight, const rt::Shape& y, int up,
                            int stride = 1);
// y [N, Ho, Wo, Co], allocated; its size says the padding after.
void fused_conv(const FusedConv& c, const rt::Tensor& y);

// The convolution alone, for inference: what was packed is kept beside the weight [Co, kh, kw, Ci].
// up 1: correlation; up 2: transposed convolution with stride 2; `pad` is taken off both ends.
void bare_conv(const rt::Tensor& x, const rt::Tensor& weight, int up, int64_t pad, rt::Tensor& y);
size_t bare_conv_workspace(const rt::Shape& x, const rt::Shape& weight, const rt::Shape& y, int up);

}  // namespace sgan::engine
