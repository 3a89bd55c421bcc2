// Weight modulation and demodulation. Scaling a weight per input and output channel is scaling the
// convolution's input and output, so one weight serves the whole batch (StyleGAN2, 1912.04958,
// section 2.2; StyleGAN3, 2106.12423, section 3.2 and appendix).
#pragma once

#include "lib/ops/bias_act.hpp"
#include "lib/ops/conv2d_resample.hpp"

namespace sgan::ops {

// The scales that turn a plain convolution into a modulated one.
struct Modulation {
  Var in;   // [N, Ci], multiplies the input's channels
  Var out;  // [N, Co], multiplies the result's channels; undefined: none
};

// StyleGAN2: weight [Co, kh, kw, Ci] times styles [N, Ci]; with demodulation divided by the root of
// the sum of squares plus 1e-8 of what is left of it per output channel.
Modulation modulate_v2(const Var& weight, const Var& styles, bool demodulate);
// StyleGAN3: with demodulation the weight is first normalised per output channel and the styles
// over the whole [N, Ci]. input_gain (a scalar, [Ci] or [N, Ci], or undefined) multiplies after
// demodulation.
Modulation modulate_v3(const Var& weight, const Var& styles, bool demodulate,
                       const Var& input_gain);

// What follows a convolution: noise, bias, activation.
struct Epilogue {
  Var noise;           // [1 or N, H, W, 1], times noise_strength
  Var noise_strength;  // a scalar; undefined: 1
  Var bias;            // [Co]
  ActOptions act;
};

// conv2d_resample with a modulation around it and an epilogue behind it. One fused pass where
// nothing has to be differentiated. Nothing but x, the convolution's result and what comes out is
// kept for gradients.
Var modulated_conv2d(const Var& x, const Var& weight, const Modulation& modulation,
                     const Filter& filter, const ResampleOptions& resample,
                     const Epilogue& epilogue = {});

}  // namespace sgan::ops
