// What surrounds a modulated convolution, each in one pass over memory.
#pragma once

#include "lib/ops/bias_act.hpp"

namespace sgan::ops {

// x [N, H, W, C] times scale [N, C].
Var scale_channels(const Var& x, const Var& scale);
// Sum over the pixels of a * b, both [N, H, W, C]: [N, C]. The gradient of the above in scale.
Var channel_dot(const Var& a, const Var& b);

// clamp(gain * act(x * scale + noise * strength + bias)), act as in bias_act. x [N, H, W, C]; each
// of these may be undefined: scale [N, C], noise [1 or N, H, W, 1], strength (one number; without
// it 1), bias [C].
Var modulation_epilogue(const Var& x, const Var& scale, const Var& noise, const Var& strength,
                        const Var& bias, const ActOptions& act);

}  // namespace sgan::ops
