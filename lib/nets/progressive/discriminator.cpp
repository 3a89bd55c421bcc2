// The discriminators of ProGAN (1710.10196, table 2) and StyleGAN1, which differ in blur, in where
// the activation stands and in what labels do.
#include <cmath>
#include <nlohmann/json.hpp>

#include "lib/nets/progressive/layers.hpp"
#include "lib/ops/dense.hpp"
#include "lib/ops/layout.hpp"
#include "lib/ops/linear.hpp"
#include "lib/ops/reduce.hpp"

namespace sgan::nets {
namespace progressive {
namespace {

const double sqrt2 = std::sqrt(2.0);

struct Layer {
  Var weight, bias;
};

class ProgressiveDiscriminator final : public Discriminator {
 public:
  ProgressiveDiscriminator(const Settings& s, Weights weights) : s_(s), blur_(blur_filter(s)) {
    const ShapeMap shapes = discriminator_shapes(s);
    const auto get = [&](const std::string& scope) {
      const std::string weight = scope + "/weight", bias = scope + "/bias";
      return Layer{weights.get(weight, shapes.at(weight)), weights.get(bias, shapes.at(bias))};
    };
    lod_ = model_lod(weights);
    for (int level = 0; level < s.levels(); ++level) {
      const int log2 = s.log2_resolution() - level;
      from_rgb_.push_back(get("FromRGB_lod" + std::to_string(level)));
      if (log2 == 2) break;
      blocks_.push_back({get(scope(log2) + "Conv0"), get(down_scope(s, log2))});
    }
    conv_ = get("4x4/Conv");
    dense0_ = get("4x4/Dense0");
    dense1_ = get("4x4/Dense1");
    parameters_ = weights.used();
  }

  Var score(const Var& images, const Var& labels,
            const DiscriminatorOptions& options) const override {
    check(images.rank() == 4 && images.size(1) == s_.resolution &&
              images.size(2) == s_.resolution && images.size(3) == s_.channels,
          "pictures of shape ", images.shape(), " where [N, ", s_.resolution, ", ", s_.resolution,
          ", ", s_.channels, "] is wanted");
    const Detail shown = detail(s_, options.lod < 0 ? lod_ : options.lod);
    const Var image = box_down(images, 1 << shown.level);
    Var x = from_rgb(shown.level, image);
    for (int level = shown.level; level + 1 < s_.levels(); ++level) {
      x = block(level, x);
      if (level == shown.level && shown.blend > 0) {
        x = ops::lerp(x, from_rgb(level + 1, box_down(image, 2)), shown.blend);
      }
      const int side = s_.resolution >> level;
      if (options.probe) options.probe(cat(side, "x", side, ".out"), x);
    }
    const Var outputs = head(x, options.probe);
    return options.raw ? outputs : labelled(outputs, labels);
  }

  const std::map<std::string, Var>& parameters() const override { return parameters_; }

 private:
  struct Block {
    Layer conv, down;
  };

  Var activate(const Var& x, const Layer& layer) const {
    return ops::bias_act(x, layer.bias, {.act = s_.act});
  }

  // A stride-1 convolution that keeps the size, without bias.
  Var convolve(const Var& x, const Layer& layer) const {
    const Var& w = layer.weight;
    const double gain = s_.weight_gain(sqrt2, w.size(1) * w.size(2) * w.size(3));
    return ops::conv2d(x, ops::scale(w, gain), ops::ConvOptions::same(1, w.size(1) / 2));
  }

  Var dense(const Var& x, const Layer& layer, double gain, const ops::ActOptions& act) const {
    const double in = double(layer.weight.size(1));
    return ops::dense(x, layer.weight, layer.bias, 1, act,
                      s_.weight_gain(gain, layer.weight.size(1)) * std::sqrt(in));
  }

  Var from_rgb(int level, const Var& image) const {
    const Layer& layer = from_rgb_[size_t(level)];
    return activate(convolve(image, layer), layer);
  }

  Var block(int level, Var x) const {
    const auto& [conv, down] = blocks_[size_t(level)];
    const int log2 = s_.log2_resolution() - level;
    x = activate(convolve(x, conv), conv);
    if (s_.family == Family::progan && !s_.fused(1 << log2)) {
      return box_down(activate(convolve(x, down), down), 2);  // the activation comes first
    }
    const double gain = s_.weight_gain(sqrt2, down.weight.size(3) * 9);
    x = down_conv(blur(x, blur_), ops::scale(down_kernel(down.weight), gain));
    return activate(x, down);
  }

  // From the 4x4 map to the outputs.
  Var head(Var x, const Probe& probe) const {
    const int64_t n = x.size(0), c = x.size(3);
    if (s_.mbstd_group > 1) {
      x = ops::minibatch_stddev(x, s_.mbstd_group, s_.mbstd_features);
      if (probe) {
        const Var corner = ops::slice(ops::slice(ops::slice(x, 1, 0, 1), 2, 0, 1), 3, c, x.size(3));
        probe("4x4.mbstd_feature", ops::reshape(corner, {n, s_.mbstd_features}));
      }
    }
    x = activate(convolve(x, conv_), conv_);
    if (probe) probe("4x4.Conv", x);
    const Var flat = ops::reshape(ops::permute(x, {0, 3, 1, 2}), {n, c * 16});
    x = dense(flat, dense0_, sqrt2, {.act = s_.act});
    if (probe) probe("4x4.Dense0", x);
    return dense(x, dense1_, 1, {});
  }

  // StyleGAN1 scores a picture against its label; ProGAN recognises the label (AC-GAN).
  Var labelled(const Var& outputs, const Var& labels) const {
    if (s_.family == Family::progan || s_.c_dim == 0) return outputs;
    check(labels.defined() && labels.shape() == outputs.shape(),
          "the model is conditional and needs labels of shape ", outputs.shape());
    return ops::sum(ops::multiply(outputs, labels), {1});
  }

  Settings s_;
  ops::Filter blur_;
  std::vector<Layer> from_rgb_;  // by level
  std::vector<Block> blocks_;    // by level, down to 8x8
  Layer conv_, dense0_, dense1_;
  double lod_ = 0;
  std::map<std::string, Var> parameters_;
};

}  // namespace
}  // namespace progressive

std::unique_ptr<Discriminator> make_progressive_discriminator(Family family,
                                                              const nlohmann::json& args,
                                                              Weights weights) {
  return std::make_unique<progressive::ProgressiveDiscriminator>(
      progressive::discriminator_settings(family, args), std::move(weights));
}

}  // namespace sgan::nets
