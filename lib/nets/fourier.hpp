// StyleGAN3's input (2106.12423, section 3.2 and appendix F): sinusoids on a plane that the first w
// row turns and shifts.
#pragma once

#include <array>

#include "lib/ag/var.hpp"

namespace sgan::nets {

struct FourierInput {
  int size = 36;                             // pixels a side
  double sampling_rate = 16, bandwidth = 2;  // per unit of the plane
  ag::Var weight;                            // [C, C], trainable mixing of the sinusoids
  ag::Var affine_weight, affine_bias;  // [4, w_dim], [4]: cosine, sine, x and y of the transform
  ag::Var freqs, phases;               // [C, 2], [C]
};

// w [N, w_dim]; transform: the user's 3x3 matrix, output to input coordinates. -> [N, size, size,
// C].
ag::Var fourier_features(const FourierInput& input, const ag::Var& w,
                         const std::array<double, 9>& transform);

}  // namespace sgan::nets
