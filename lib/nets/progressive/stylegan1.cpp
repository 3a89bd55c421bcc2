// StyleGAN1's generator (1812.04948): a mapping network in front of the synthesis network.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "lib/nets/progressive/synthesis.hpp"
#include "lib/ops/dense.hpp"
#include "lib/ops/layout.hpp"
#include "lib/ops/linear.hpp"
#include "lib/ops/reduce.hpp"

namespace sgan::nets {
namespace {

using ag::Var;
using progressive::Settings;

class StyleGan1 final : public Generator {
 public:
  StyleGan1(const nlohmann::json& args, Weights weights)
      : s_(progressive::generator_settings(Family::stylegan1, args)), synthesis_(s_, weights) {
    info_ = stylegan1_info(args);
    const ShapeMap shapes = progressive::generator_shapes(s_);
    const auto get = [&](const std::string& name) { return weights.get(name, shapes.at(name)); };
    if (s_.c_dim) label_weight_ = get("mapping/LabelConcat/weight");
    for (int i = 0; i < s_.mapping_layers; ++i) {
      const std::string name = "mapping/Dense" + std::to_string(i);
      layers_.push_back({get(name + "/weight"), get(name + "/bias")});
    }
    mean_w_ = get("dlatent_avg");
    parameters_ = weights.used();
  }

  Var map(const Var& z, const Var& labels, double psi, int cutoff) const override {
    progressive::check_inputs(s_, z, labels);
    Var x = z;
    if (s_.c_dim) x = ops::concat({z, ops::matmul(labels, label_weight_)}, 1);
    if (s_.normalize_latents) x = ops::normalize_2nd_moment(x);
    for (const auto& [weight, bias] : layers_) {
      const double in = double(weight.size(1));
      const double gain = s_.weight_gain(std::sqrt(2.0), weight.size(1)) * std::sqrt(in);
      x = ops::dense(x, weight, bias, s_.mapping_lrmul, {.act = s_.mapping_act}, gain);
    }
    const Var ws = truncate(x, psi, cutoff);
    if (!s_.z_input) return ws;
    const Var latent = s_.normalize_latents ? ops::normalize_2nd_moment(z) : z;
    return ops::concat({ws, ops::reshape(latent, {z.size(0), 1, s_.z_dim})}, 1);
  }

  Var synthesize(const Var& ws, const SynthesisOptions& options) const override {
    return synthesis_.run(ws, options);
  }
  rt::Tensor mean_w() const override { return mean_w_.value(); }
  const std::map<std::string, Var>& parameters() const override { return parameters_; }

 private:
  struct Dense {
    Var weight, bias;
  };

  // One w for all layers; those below the cutoff are pulled towards the mean.
  Var truncate(const Var& w, double psi, int cutoff) const {
    const int64_t n = w.size(0), count = info_.num_ws - s_.z_input, dim = s_.w_dim;
    const int64_t cut = psi == 1 ? 0 : cutoff < 0 ? count : std::min<int64_t>(cutoff, count);
    const auto repeat = [&](const Var& v, int64_t times) {
      return ops::expand(ops::reshape(v, {n, 1, dim}), {n, times, dim});
    };
    if (cut == 0) return repeat(w, count);
    const Var pulled = ops::add(mean_w_, ops::scale(ops::subtract(w, mean_w_), psi));
    if (cut == count) return repeat(pulled, count);
    return ops::concat({repeat(pulled, cut), repeat(w, count - cut)}, 1);
  }

  Settings s_;
  progressive::Synthesis synthesis_;
  Var label_weight_, mean_w_;
  std::vector<Dense> layers_;
  std::map<std::string, Var> parameters_;
};

}  // namespace

GeneratorInfo stylegan1_info(const nlohmann::json& args) {
  const Settings s = progressive::generator_settings(Family::stylegan1, args);
  GeneratorInfo info = progressive::common_info(s);
  info.has_average = true;
  info.default_psi = s.psi;
  info.default_cutoff = s.cutoff;
  return info;
}

ShapeMap stylegan1_shapes(const nlohmann::json& args) {
  return progressive::generator_shapes(progressive::generator_settings(Family::stylegan1, args));
}

std::unique_ptr<Generator> make_stylegan1(const nlohmann::json& args, Weights weights) {
  return std::make_unique<StyleGan1>(args, std::move(weights));
}

}  // namespace sgan::nets
