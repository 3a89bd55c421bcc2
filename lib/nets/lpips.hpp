// LPIPS v0.1: a perceptual distance of pictures (Zhang et al., "The Unreasonable Effectiveness of
// Deep Features as a Perceptual Metric", 1801.03924), as the squared distance of normalised VGG16
// features.
#pragma once

#include "lib/nets/vgg16.hpp"

namespace sgan::nets {

struct LpipsOptions {
  bool heads = true;        // weights of channels from `lin<k>.model.1.weight`; else all 1
  bool unit_range = false;  // pictures in 0..1 instead of -1..1
};

// Pictures are [N, H, W, 3]. Everything is differentiable in them.
class Lpips {
 public:
  // Tensors of vgg16_shapes(widths, options.heads); throws Error that names a wrong one.
  Lpips(const TensorMap& tensors, rt::Device device, rt::DType type = rt::DType::f32,
        const LpipsOptions& options = {});

  const Vgg16& vgg16() const { return vgg_; }

  // [N, D]: the squared distance of two rows is the distance of the pictures.
  ag::Var embed(const ag::Var& x) const;
  int64_t embedding_size(int64_t height, int64_t width) const;  // D

  ag::Var distance(const ag::Var& x0, const ag::Var& x1) const;   // [N]
  ag::Var per_layer(const ag::Var& x0, const ag::Var& x1) const;  // [N, 5], whose sum it is
  // [N, H, W, 1]: each layer's map resized to the pictures', summed.
  ag::Var spatial(const ag::Var& x0, const ag::Var& x1) const;

 private:
  ag::Var ranged(const ag::Var& x) const;
  // Weighted squared differences of every tap, [N, h, w, 1].
  std::vector<ag::Var> maps(const ag::Var& x0, const ag::Var& x1) const;

  Vgg16 vgg_;
  LpipsOptions options_;
  std::vector<ag::Var> weights_, roots_;  // [C] of each tap, and their square roots
};

}  // namespace sgan::nets
