// A convolution with what follows it in networks without style.
#pragma once

#include "lib/ops/bias_act.hpp"
#include "lib/ops/linear.hpp"

namespace sgan::ops {

// bias_act(conv2d(x, weight), bias), x and weight as for conv2d, bias [Co] or undefined. Where
// nothing is differentiated in one pass on the fastest engine, which keeps what it packed beside
// the weight.
Var conv2d_act(const Var& x, const Var& weight, const Var& bias, const ConvOptions& conv,
               const ActOptions& act);

}  // namespace sgan::ops
