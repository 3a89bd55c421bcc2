// A network's named tensors. Files keep the official names and layouts; in memory convolution
// weights are [O, kh, kw, I] and pictures [.., H, W, C].
#pragma once

#include <map>
#include <string>

#include "lib/ag/var.hpp"
#include "lib/ops/filters.hpp"

namespace sgan::nets {

using TensorMap = std::map<std::string, rt::Tensor>;

// Official layout to ours and back: rank 4 [a, b, h, w] <-> [a, h, w, b], rank 3 [c, h, w] <-> [h,
// w, c]; everything else is the same in both.
rt::Tensor to_channels_last(const rt::Tensor& t);
rt::Tensor to_channels_first(const rt::Tensor& t);

// Whether training leaves the tensor of this official name to other means than the optimiser: a
// running mean, a noise buffer, a table that stays as it was drawn.
bool is_buffer(std::string_view name);

class Weights {
 public:
  // `prefix` is put before every name that is asked for. With `trainable`, floating tensors are
  // leaves.
  Weights(const TensorMap& tensors, rt::Device device, rt::DType type, std::string prefix = "",
          bool trainable = false);

  // Instead of tensors, writes down what a network asks for: official names and shapes.
  static Weights recording(std::map<std::string, rt::Shape>& shapes);

  // The tensor as a Var in our layout, converted once. `shape` is the official one; throws Error
  // that names the tensor when it is missing or has another shape.
  ag::Var get(const std::string& name, const rt::Shape& shape);
  bool has(const std::string& name) const;
  // A filter of the given shape, kept out of used(): nothing trains it.
  ops::Filter filter(const std::string& name, const rt::Shape& shape) const;
  // Every tensor that get() was asked for, by official name; for gradients and training.
  const std::map<std::string, ag::Var>& used() const { return used_; }

 private:
  const rt::Tensor& find(const std::string& full, const rt::Shape& shape) const;
  const TensorMap* tensors_;
  std::map<std::string, rt::Shape>* recorded_ = nullptr;
  rt::Device device_;
  rt::DType type_;
  std::string prefix_;
  bool trainable_;
  std::map<std::string, ag::Var> used_;
};

}  // namespace sgan::nets
