// Which feature network the tensors of a foreign file are, and under which official names: by the
// names that files of PyTorch's libraries have, else by the shapes of its layers in their order.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lib/nets/weights.hpp"

namespace sgan::nets {

// Under a file's own names, in order of appearance.
using NamedTensors = std::vector<std::pair<std::string, rt::Tensor>>;

struct FeatureNetwork {
  std::string network;     // "vgg16-lpips", "inception-v3"
  TensorMap tensors;       // those it needs; LPIPS's heads where the file has them
  bool by_shapes = false;  // the names told nothing
};

// Throws Error: no such network, another one of the same kind, or a tensor that is missing or
// has another shape.
FeatureNetwork recognize_features(const NamedTensors& tensors);

// LPIPS's linear heads as `lin<k>.model.1.weight` [1, C, 1, 1]; none when there are none. Throws
// Error when there are only some of the five.
TensorMap recognize_heads(const NamedTensors& tensors);

namespace recognize {

// The parts of the above.
bool is_convolution(const rt::Tensor& t);  // [O, I, kh, kw] of more than a channel
FeatureNetwork vgg16_by_shapes(const NamedTensors& tensors);
FeatureNetwork inception_by_shapes(const NamedTensors& tensors);
// Inception's convolutions first and in its order where they have the names of its graph; else as
// they are.
NamedTensors in_graph_order(const NamedTensors& tensors);
// "conv10" behind "conv9".
NamedTensors in_natural_order(NamedTensors tensors);
std::string parent_of(const std::string& path);  // up to the last dot; "" of a name alone

}  // namespace recognize
}  // namespace sgan::nets
