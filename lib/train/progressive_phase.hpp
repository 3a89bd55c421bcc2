// The steps of adversarial training with any loss and any penalty, on networks that grow and on
// those that do not: ProGAN (1710.10196), StyleGAN1 (1812.04948), StyleGAN2's rows A to D.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "lib/train/losses.hpp"
#include "lib/train/phases.hpp"

namespace sgan::train {

struct ProgressiveLoss {
  Loss loss = Loss::logistic;
  double r1_gamma = 0, r2_gamma = 0;    // 0: none
  double gp_lambda = 0, gp_target = 1;  // WGAN-GP; 0: none
  double drift = 0;
  double label_weight = 0;  // of the label terms where D appends label logits to its scores
  double style_mixing_prob = 0;
  double pl_weight = 0, pl_decay = 0.01;  // path length regularisation; 0: none
  int pl_batch_shrink = 2;
  double w_avg_beta = 0.995, magnitude_ema_beta = 0.999;

  // The settings of these names in a recipe (lib/train/recipes.hpp).
  static ProgressiveLoss from(const nlohmann::json& recipe);
};

// First row of the second latent's w, 1 .. alive - 1, or `alive` for no mixing, where `alive`
// layers show at this level of detail (1812.04948, section 3.1, and the official rule:
// `probability` that styles are mixed, all cuts alike). With fewer than two layers nothing is
// drawn.
int64_t mixing_cutoff(RandomSource& random, double probability, int64_t alive);

class ProgressivePhases {
 public:
  ProgressivePhases(const nets::Generator& g, const nets::Discriminator& d,
                    const Parameters& g_parameters, const Parameters& d_parameters,
                    const ProgressiveLoss& settings);

  // Gradients for the phase's network, in the order of its parameters; undefined where there is
  // none, as for layers that do not show at the level of detail `lod` (0: full resolution; < 0: the
  // networks' own). round.real comes from process_reals() with the same lod. Main phases hold the
  // loss, regularisation phases the penalties, "both" phases their sum.
  Vars run(Phase phase, const Round& round, double lod = -1);

  rt::Tensor pl_mean() const { return pl_mean_; }  // a scalar; changed in place by run()
  // Called with a name of the official log and values a sample: "Loss/scores/fake", "Loss/G/loss",
  // "Loss/D/loss" (without penalties), "Loss/D/reg" (the penalties' sum), ...
  Phases::Report report;

 private:
  // What a discriminator says of pictures: scores [N, 1], and the label terms' loss or nothing.
  struct Verdict {
    Var scores, label_loss;
  };
  Var map(const Round& round, const Var& z, const Var& labels, bool update_mean) const;
  Var draw(const Round& round, const Var& ws, bool update_means) const;
  Verdict judge(const Round& round, const Var& images, const Var& labels) const;
  Score score(const Round& round, const Var& labels) const;
  Vars g_main(const Round& round);
  Vars g_reg(const Round& round);
  Vars d_phase(const Round& round, bool main, bool reg);
  Var interpolation_penalty(const Round& round, const Var& fakes) const;
  void tell(const char* name, const Var& values) const;
  void tell_scores(const char* which, const Var& scores) const;

  const nets::Generator& g_;
  const nets::Discriminator& d_;
  const Parameters &g_parameters_, &d_parameters_;
  ProgressiveLoss s_;
  double lod_ = -1;  // of the run in progress
  rt::Tensor pl_mean_;
};

}  // namespace sgan::train
