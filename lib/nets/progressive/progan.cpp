// ProGAN's generator (1710.10196). It has no mapping network: what stands for w is the latent with
// its label, normalised together.
#include <nlohmann/json.hpp>

#include "lib/nets/progressive/synthesis.hpp"
#include "lib/ops/dense.hpp"
#include "lib/ops/layout.hpp"

namespace sgan::nets {
namespace {

using ag::Var;
using progressive::Settings;

class ProGan final : public Generator {
 public:
  ProGan(const nlohmann::json& args, Weights weights)
      : s_(progressive::generator_settings(Family::progan, args)), synthesis_(s_, weights) {
    info_ = progan_info(args);
    parameters_ = weights.used();
  }

  Var map(const Var& z, const Var& labels, double psi, int) const override {
    check(psi == 1, "ProGAN has no mean w that a truncation could pull towards");
    Var x = z;
    progressive::check_inputs(s_, z, labels);
    if (s_.c_dim) x = ops::concat({z, labels}, 1);
    if (s_.normalize_latents) x = ops::normalize_2nd_moment(x, -1, s_.pixel_norm_epsilon);
    return ops::reshape(x, {x.size(0), 1, x.size(1)});
  }

  Var synthesize(const Var& ws, const SynthesisOptions& options) const override {
    return synthesis_.run(ws, options);
  }
  rt::Tensor mean_w() const override { return {}; }
  const std::map<std::string, Var>& parameters() const override { return parameters_; }

 private:
  Settings s_;
  progressive::Synthesis synthesis_;
  std::map<std::string, Var> parameters_;
};

}  // namespace

GeneratorInfo progan_info(const nlohmann::json& args) {
  const Settings s = progressive::generator_settings(Family::progan, args);
  GeneratorInfo info = progressive::common_info(s);
  info.has_mapping = false;
  return info;
}

ShapeMap progan_shapes(const nlohmann::json& args) {
  return progressive::generator_shapes(progressive::generator_settings(Family::progan, args));
}

std::unique_ptr<Generator> make_progan(const nlohmann::json& args, Weights weights) {
  return std::make_unique<ProGan>(args, std::move(weights));
}

}  // namespace sgan::nets
