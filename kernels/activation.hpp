// The activations of the official bias_act operator, in its order.
#pragma once

namespace sgan::kernels {

enum class Act : int { linear, relu, lrelu, tanh, sigmoid, elu, selu, softplus, swish };

}  // namespace sgan::kernels
