// What follows a convolution in ProGAN and StyleGAN1 (1812.04948, figure 1b).
#pragma once

#include <functional>
#include <vector>

#include "lib/ops/bias_act.hpp"

namespace sgan::ops {

// The convolution in front of it. weight [O, kh, kw, I]; up 2: transposed, stride 2. `pad` zeros on
// each side for up 1, so many pixels taken off each side for up 2. Where nothing is differentiated
// on the fastest engine, which keeps what it packed beside the weight.
Var style_conv(const Var& x, const Var& weight, int up, int64_t pad);

struct StyleEpilogue {
  double gain = 1;            // multiplies x first
  std::vector<double> blur;   // taps of a separable FIR filter, zeros outside; empty: none
  Var noise, noise_strength;  // [1 or N, H, W, 1] times [C]; undefined: none
  Var bias;                   // [C]
  ActOptions act;
  bool pixel_norm = false;     // over the channels of a pixel
  bool instance_norm = false;  // over the pixels of a channel, mean and (biased) variance
  double pixel_norm_epsilon = 1e-8;
  Var style;  // [N, 2C]: x * (1 + first half) + second half; undefined: none
  // Called with "conv", "noise", "act", "inorm", "out" and the values; for tests.
  std::function<void(const char*, const Var&)> probe;
};

// x [N, H, W, C]. Two passes over memory where nothing is differentiated or probed.
Var style_epilogue(const Var& x, const StyleEpilogue& e);

}  // namespace sgan::ops
