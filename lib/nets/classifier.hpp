// Classifiers of attributes with a discriminator's architecture, as the StyleGAN paper measures
// linear separability with (1812.04948, appendix C): StyleGAN1's discriminator without minibatch
// statistics. Their inner layers serve as a perceptual embedding as well.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "lib/nets/discriminator.hpp"

namespace sgan::nets {

struct Attribute {
  std::string name;
  std::vector<std::string> classes;  // two at least
  // Two classes share one output l, softmax([l, -l]): the first where l >= 0. K > 2 have K.
  int outputs() const { return classes.size() == 2 ? 1 : int(classes.size()); }
};

// Outputs [N, all] -> logits of one attribute's classes, [N, K], of a softmax.
ag::Var class_logits(const ag::Var& outputs, const std::vector<Attribute>& attributes,
                     size_t attribute);

nlohmann::json to_json(const std::vector<Attribute>& attributes);
// Throws Error for what is no list of attributes.
std::vector<Attribute> attributes_from(const nlohmann::json& list);

// Settings of StyleGAN1's discriminator for pictures [resolution, resolution, channels] and these
// attributes; feature maps at resolution R: min(2 fmap_base / R, fmap_max).
nlohmann::json classifier_args(int resolution, int channels,
                               const std::vector<Attribute>& attributes, double fmap_base,
                               int fmap_max);

class Classifier {
 public:
  // `features`: a feature file's description, {"network": "classifier", "family": "stylegan1",
  // "args": {...}, "attributes": [{"name": "tone", "classes": [...]}, ...]}. `tensors` under the
  // discriminator's official names; leaves when `trainable`. Throws Error when they do not fit.
  Classifier(const nlohmann::json& features, const TensorMap& tensors, rt::Device device = rt::cpu,
             rt::DType type = rt::DType::f32, bool trainable = false);

  int resolution() const { return resolution_; }
  int channels() const { return channels_; }
  const std::vector<Attribute>& attributes() const { return attributes_; }
  const std::map<std::string, ag::Var>& parameters() const { return net_->parameters(); }

  // images [N, R, R, C], -1..1; differentiable in them and in the weights.
  struct Judgement {
    ag::Var logits;  // [N, outputs of all attributes]
    ag::Var pool;    // [N, P]: the last hidden layer
  };
  Judgement judge(const ag::Var& images) const;
  ag::Var logits(const ag::Var& images) const { return judge(images).logits; }
  // [N, D]: squared distances of rows are perceptual distances. Of every block's result, and of the
  // last convolution's, the channels of each pixel are normalised and divided by
  // sqrt(height * width), as LPIPS does (1801.03924, section 3), without its learnt weights.
  ag::Var embed(const ag::Var& images) const;

 private:
  // Runs the network and hands over what it shows on the way.
  ag::Var run(const ag::Var& images,
              const std::function<void(const std::string&, const ag::Var&)>& probe) const;

  std::unique_ptr<Discriminator> net_;
  std::vector<Attribute> attributes_;
  int resolution_ = 0, channels_ = 0;
};

}  // namespace sgan::nets
