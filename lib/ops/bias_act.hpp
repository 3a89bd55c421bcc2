// Bias, activation, gain and clamp as one op: y = clamp(gain * act(x + b), -clamp, clamp), where
// the gradient is zero where clamped.
#pragma once

#include <optional>

#include "kernels/activation.hpp"
#include "lib/ops/arithmetic.hpp"

namespace sgan::ops {

using kernels::Act;

Act parse_act(std::string_view name);  // "lrelu", ...; throws Error
double default_gain(Act act);          // sqrt(2) for relu, lrelu and swish, else 1

struct ActOptions {
  Act act = Act::linear;
  double alpha = 0.2;  // slope of lrelu
  double gain = 1;
  double clamp = -1;  // < 0: none
  static ActOptions of(Act act) { return {act, 0.2, default_gain(act), -1}; }
};

// b: one value a channel (the last axis), or undefined.
Var bias_act(const Var& x, const Var& b, const ActOptions& options);

// Whether the gradient of such an activation can be read off its result: piecewise linear, rising.
bool readable_from_result(const ActOptions& options);
// For these, dy times the slope at the result y; y counts as a constant.
Var act_gradient(const Var& dy, const Var& y, const ActOptions& options);

}  // namespace sgan::ops
