// Float32 convolution of channels-last images on x86 AMX tiles.
//
// Every float is split into two bfloat16 numbers, x = hi + lo (both rounded to nearest even), and
// y = Ahi Bhi + Ahi Blo + Alo Bhi is summed in float32 by TDPBF16PS: three bfloat16 products in
// place of one float32 product, about 3e-6 relative error in norm for random data (at worst, the
// dropped Alo Blo and the two rounded lo are 2^-16 of a product each), at a limit four times that
// of FMA. The method is Henry, Tang, Heinecke, "Leveraging the bfloat16 Artificial Intelligence
// Datatype For Higher-Precision Computations" (ARITH 2019). Infinite inputs give NaN (their lo is
// inf - inf), and magnitudes below 2^-126 count as zero.
//
// Use: fill a ConvShape, make a plan (cheap: the shapes are remembered), pack the weights once,
// call conv_amx with scratch memory as often as wanted. Nothing here allocates or throws.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/activation.hpp"

namespace sgan::kernels {

// True if the processor has AMX bfloat16 tiles and AVX-512 and the kernel grants their use to this
// process (asked for once, on the first call). Without it nothing else here may run.
bool conv_amx_available();

// Images are dense float32 [n, in_h, in_w, in_c] -> [n, out_h, out_w, out_c]; all sizes at least 1.
// Forward:    y[oy, ox] = sum_{ky, kx} W[ky, kx] x[oy*stride + ky - pad_top, ox*stride + kx -
// pad_left] Transposed: y[oy, ox] = sum of W[ky, kx] x[iy, ix] where oy = iy*stride + ky - pad_top
// (ox alike) Input pixels outside the image are zero, so any padding (also negative) and output
// size is allowed.
struct ConvShape {
  int64_t n = 1, in_h = 1, in_w = 1, in_c = 1, out_h = 1, out_w = 1, out_c = 1;
  int kh = 1, kw = 1, stride = 1, pad_top = 0, pad_left = 0;
};

inline constexpr int kConvMaxTaps = 64, kConvMaxPhases = 16;

// One term of the sum: output (oy, ox) of a phase reads input (oy*step + dy, ox*step + dx) with the
// weights of (ky, kx). `plane`, `row`, `col` say where the split image holds it.
struct ConvTap {
  int16_t dy, dx, ky, kx, plane, row, col;
};

// Outputs (oy*out_step + y0, ox*out_step + x0), oy < rows, ox < cols, share taps. A forward
// convolution has one phase, a transposed one stride^2 of them.
struct ConvPhase {
  int first_tap, taps, y0, x0;
  int64_t rows, cols;
};

// Which input pixels one plane of the split image holds: (row*step + dy, col*step + dx).
struct ConvPlane {
  int16_t dy, dx;
};

// What to compute, and how it is cut into blocks that fit the second-level cache. Made by the two
// functions below; treat as read-only.
struct ConvAmxPlan {
  int64_t n, in_h, in_w, in_c, out_h, out_w, out_c;
  int in_step, out_step, num_taps, num_phases, num_planes;
  ConvTap taps[kConvMaxTaps];
  ConvPhase phases[kConvMaxPhases];
  ConvPlane planes[kConvMaxTaps];
  // A block: `samples` images x `rows` x `cols` outputs of each phase, for one of `groups` shares
  // of the output channels.
  int64_t samples, rows, cols, groups;
  int64_t chunk;  // panels of 16 output channels that pass over a few pixels before the next pixels
  int64_t plane_rows, pitch, plane_bytes, sample_bytes;  // split image of one block
  int64_t max_tiles;
  int threads;
};

// False if the shape is beyond what a plan can express (more than kConvMaxTaps kernel positions,
// transposed stride above 4, sizes beyond 2^31). `threads` 0 means all that kernels/parallel.hpp
// has.
bool conv_amx_plan(const ConvShape& shape, ConvAmxPlan& plan, int threads = 0);
bool conv_amx_transpose_plan(const ConvShape& shape, ConvAmxPlan& plan, int threads = 0);

// Weights W[co, ci, ky, kx] at data[co*co_stride + ci*ci_stride + ky*ky_stride + kx*kx_stride]. Any
// layout fits; negative strides flip the kernel, exchanged co and ci strides transpose it, which is
// what the data gradient needs.
struct ConvWeights {
  const float* data;
  int64_t co_stride, ci_stride, ky_stride, kx_stride;
};

// Packed weights depend on the kernel, stride, padding and channels only, not on image or batch
// size.
size_t conv_amx_weight_bytes(const ConvAmxPlan& plan);
void conv_amx_pack_weights(const ConvAmxPlan& plan, const ConvWeights& w, void* packed);

// y = clamp(act(acc*out_scale + noise*noise_strength + bias) * gain), added to what y holds if
// `accumulate`. Null pointers mean absent; the order is that of StyleGAN2 (demodulation, noise,
// bias_act). Only activations with act(g v) = g act(v) are fused, and gains above 0
// (conv_amx_fuses).
struct ConvEpilogue {
  const float* out_scale = nullptr;  // [n, out_c]
  const float* bias = nullptr;       // [out_c]
  const float* noise = nullptr;      // [out_h, out_w], sample i at noise + i*noise_sample_stride
  int64_t noise_sample_stride = 0;
  float noise_strength = 1;
  Act act = Act::linear;
  float alpha = 0.2f;  // slope of lrelu below zero
  float gain = 1;
  float clamp = -1;  // limits to [-clamp, clamp] if >= 0
  bool accumulate = false;
};

inline bool conv_amx_fuses(Act act, float gain) {
  return (act == Act::linear || act == Act::relu || act == Act::lrelu) && gain > 0;
}

size_t conv_amx_scratch_bytes(const ConvAmxPlan& plan);

// x [n, in_h, in_w, in_c], in_scale [n, in_c] or null (multiplies x: StyleGAN2's modulation),
// y [n, out_h, out_w, out_c]; `packed` and `scratch` of the sizes above, aligned to 64 bytes.
void conv_amx(const ConvAmxPlan& plan, const float* x, const float* in_scale, const void* packed,
              float* y, const ConvEpilogue& epilogue, void* scratch);

}  // namespace sgan::kernels
