// How exactly a network computes. With 16-bit numbers it does in the layers of the highest
// resolutions, where nearly all the work is (StyleGAN2 with ADA, 2006.06676; StyleGAN3, 2106.12423,
// appendix). Weights, styles, demodulation and the picture stay in the network's own type; casts
// are differentiable, so gradients of parameters come in that type.
#pragma once

#include "lib/rt/dtype.hpp"

namespace sgan::nets {

struct Precision {
  rt::DType type = rt::DType::f32;  // f16 or bf16 for those layers; f32: no layer is treated so
  int resolutions = -1;  // how many of the highest; -1: as the model says, 4 when it says none
  bool operator==(const Precision&) const = default;
};

}  // namespace sgan::nets
