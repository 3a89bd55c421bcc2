// Layers in 16 bits (lib/nets/precision.hpp).
#pragma once

#include "lib/nets/precision.hpp"
#include "lib/ops/modulated_conv2d.hpp"

namespace sgan::nets {

inline bool is_half(rt::DType type) { return type == rt::DType::f16 || type == rt::DType::bf16; }

// Which layers of one network that is. `stated`: the model's num_fp16_res, 0 when it has none.
// Throws Error when precision.type is neither float32 nor a 16-bit one.
class LayerTypes {
 public:
  LayerTypes(const Precision& precision, int stated, int resolution, rt::DType own);
  // For a layer whose result has `rate` samples over the picture's width; never below 8.
  rt::DType at(double rate) const;

 private:
  rt::DType half_, own_;
  double first_;  // the lowest rate in 16 bits
};

// The limit of a layer's activations, < 0 for none: float16 cannot do without.
double layer_clamp(rt::DType type, double own);

// ops::modulated_conv2d computed in `type`; x in any type, everything else in float32 (or float64).
// In 16 bits the styles are scaled to unit rms per sample and the weight to unit norm per result
// channel, and what follows the convolution undoes both, so that neither products nor sums leave
// the range of float16: |sum| <= 256 * sqrt(inputs of a pixel) for clamped activations.
ag::Var modulated_conv2d(rt::DType type, const ag::Var& x, const ag::Var& weight,
                         const ops::Modulation& modulation, const ops::Filter& filter,
                         const ops::ResampleOptions& resample, const ops::Epilogue& epilogue = {});

// gain * value, in `type`. Kept beside a value that nobody differentiates.
ag::Var scaled_as(rt::DType type, const ag::Var& value, double gain);

}  // namespace sgan::nets
