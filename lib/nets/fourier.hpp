// StyleGAN3's input (2106.12423, section 3.1 and appendix F): sinusoids on a plane that the first w
// row turns and shifts, or, before its row H, that stands still.
#pragma once

#include <array>
#include <map>
#include <string>

#include "lib/ag/var.hpp"
#include "lib/nets/weights.hpp"

namespace sgan::nets {

struct FourierSettings {
  int channels = 512, size = 36;             // of the feature map
  double sampling_rate = 16, bandwidth = 2;  // per width of the picture
  int w_dim = 0;                             // of the learned transform; 0: there is none
};

// Names and official shapes, each after "synthesis.input.".
std::map<std::string, rt::Shape> fourier_shapes(const FourierSettings& settings);

class FourierInput {
 public:
  FourierInput() = default;
  FourierInput(const FourierSettings& settings, Weights& weights);
  FourierInput(const FourierSettings& settings, ag::Var weight, ag::Var affine_weight,
               ag::Var affine_bias, ag::Var freqs, ag::Var phases)
      : s_(settings),
        weight_(std::move(weight)),
        affine_weight_(std::move(affine_weight)),
        affine_bias_(std::move(affine_bias)),
        freqs_(std::move(freqs)),
        phases_(std::move(phases)) {}

  // w [N, w_dim], read where there is a learned transform; transform: the user's 3x3 matrix, output
  // to input coordinates. -> [N, size, size, channels].
  ag::Var operator()(const ag::Var& w, const std::array<double, 9>& transform) const;

 private:
  std::array<double, 9> combined(const std::array<double, 9>& user) const;

  FourierSettings s_;
  ag::Var weight_;                       // [C, C], trainable mixing of the sinusoids
  ag::Var affine_weight_, affine_bias_;  // [4, w_dim], [4]: cosine, sine, x and y of the transform
  ag::Var freqs_, phases_;               // [C, 2], [C]
  std::array<double, 9> own_transform_{1, 0, 0, 0, 1, 0, 0, 0, 1};  // stored in the model
};

}  // namespace sgan::nets
