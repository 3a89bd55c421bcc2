// The discriminators of the line.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>

#include "lib/nets/generator.hpp"
#include "lib/nets/precision.hpp"
#include "lib/nets/weights.hpp"

namespace sgan::nets {

struct DiscriminatorOptions {
  double lod = -1;      // ProGAN, StyleGAN1: level of detail; < 0: the model's own
  bool raw = false;     // StyleGAN1 with labels: every output, [N, c_dim]; no label chooses
  Precision precision;  // StyleGAN2 and 3; the last block, of 4x4, stays in its own type
  std::function<void(const std::string&, const ag::Var&)> probe;  // intermediate results, for tests
};

class Discriminator {
 public:
  virtual ~Discriminator() = default;

  // images [N, R, R, C], labels [N, c_dim] or undefined. Returns scores: [N, 1]; ProGAN with labels
  // appends its label logits as further columns.
  virtual ag::Var score(const ag::Var& images, const ag::Var& labels,
                        const DiscriminatorOptions& options = {}) const = 0;

  // All tensors by official name, in our layout; for gradients.
  virtual const std::map<std::string, ag::Var>& parameters() const = 0;
};

// `tensors` under official names; leaves when `trainable`.
std::unique_ptr<Discriminator> make_discriminator(Family family, const nlohmann::json& args,
                                                  const TensorMap& tensors,
                                                  rt::Device device = rt::cpu,
                                                  rt::DType type = rt::DType::f32,
                                                  bool trainable = false);

// Official names and shapes of all its tensors.
std::map<std::string, rt::Shape> discriminator_shapes(Family family, const nlohmann::json& args);

// Weights as at the start of training.
TensorMap random_discriminator_weights(Family family, const nlohmann::json& args, uint64_t seed);

}  // namespace sgan::nets
