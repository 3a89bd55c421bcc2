// Our own float32 convolutions on the CPU, for the shapes where they are faster than oneDNN's.
// Each returns false, and does nothing, where they are not.
#pragma once

#include "kernels/cpu/conv_amx.hpp"
#include "lib/engine/engine.hpp"

namespace sgan::engine::cpu {

// SGAN_CPU_CONV=auto|amx|vectors|onednn: auto where AMX tiles serve inference takes them; vectors
// leaves them out; onednn uses nothing of ours.
enum class Wish { automatic, amx, vectors, onednn };
Wish wish();

bool forward(const ConvGeometry& g, const float* x, const float* weight, float* y);
bool data_gradient(const ConvGeometry& g, const float* dy, const float* weight, float* dx);
bool weight_gradient(const ConvGeometry& g, const float* x, const float* dy, float* dweight);

// For inference: y = epilogue(conv(x * in_scale)) with the weight [Co, kh, kw, Ci], turned by half
// a turn with `flip`; what is made from the weight is kept beside it. in_scale may be null.
struct Inference {
  kernels::ConvShape shape;
  bool transposed = false, flip = false;
};
void convolve(const Inference& c, const float* x, const float* in_scale, const rt::Tensor& weight,
              float* y, const kernels::ConvEpilogue& epilogue);
// Whether it takes a method of Winograd's.
bool winograd_pays(const Inference& c);
// Bytes that it takes for the time of the call, for planning.
size_t convolve_workspace(const Inference& c);

}  // namespace sgan::engine::cpu
