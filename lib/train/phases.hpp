// The training phases of all networks of the line: main and regularisation phase of generator and
// discriminator, with any loss and penalty, each one call a round of accumulation (1710.10196;
// 1812.04948; 1912.04958, sections 3.1, 3.2 and appendix B; golden notes "Losses", "Averages").
#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "lib/nets/discriminator.hpp"
#include "lib/nets/generator.hpp"
#include "lib/train/losses.hpp"
#include "lib/train/parameters.hpp"
#include "lib/train/random.hpp"

namespace sgan::train {

using ag::Vars;

enum class Phase { g_main, g_reg, g_both, d_main, d_reg, d_both };
Phase parse_phase(std::string_view name);  // "Gmain", ...; throws Error
std::string_view name_of(Phase phase);
inline bool trains_generator(Phase p) { return p <= Phase::g_both; }

struct LossSettings {
  Loss loss = Loss::logistic;
  double r1_gamma = 0, r2_gamma = 0;    // 0: none
  double gp_lambda = 0, gp_target = 1;  // WGAN-GP; 0: none
  double drift = 0;
  double label_weight = 0;  // of the label terms where D appends label logits to its scores
  double style_mixing_prob = 0;
  double pl_weight = 0;     // path length regularisation; 0: none
  int pl_batch_shrink = 2;  // of the batch for path length regularisation
  double pl_decay = 0.01;   // of the running mean of path lengths
  double w_avg_beta = 0.998, magnitude_ema_beta = 0.999;
  nets::Precision precision;  // of both networks; gradients come in float32 all the same

  // The settings of these names in a recipe (lib/train/recipes.hpp); throws Error.
  static LossSettings from(const nlohmann::json& recipe);
};

// First row of the second latent's w, 1 .. alive - 1, or `alive` for no mixing, where `alive`
// layers show at this level of detail (1812.04948, section 3.1, and the official rule:
// `probability` that styles are mixed, all cuts alike). With fewer than two layers nothing is
// drawn.
int64_t mixing_cutoff(RandomSource& random, double probability, int64_t alive);

// What one round of a phase works on; all on the networks' device, in their element type.
struct Round {
  Var real, real_labels;  // [N, R, R, C], -1..1; [N, c_dim] or undefined. For discriminator phases
  Var z, labels;          // of the generated pictures
  double gain = 1;        // the interval in regularisation phases
  double lod = -1;        // level of detail; `real` comes from process_reals() with the same
  RandomSource* random = nullptr;
  // What the discriminator gets to see of a picture: blurred, augmented; null: the picture.
  std::function<Var(const Var&)> view;
  // Told the parameter's place and its gradient when that is final, while others are computed; it
  // must not be written before run() returns. Each defined gradient is told once. May be null.
  std::function<void(size_t, const Var&)> ready;
};

class Phases {
 public:
  // Called with a name of the official log ("Loss/G/loss") and values a sample.
  using Report = std::function<void(const std::string&, const Var&)>;

  Phases(const nets::Generator& g, const nets::Discriminator& d, const Parameters& g_parameters,
         const Parameters& d_parameters, const LossSettings& settings);

  // Gradients for the phase's network, in the order of its parameters; undefined where there is
  // none, as for layers that do not show at the level of detail. Main phases hold the loss,
  // regularisation phases the penalties, "both" phases their sum. Running means (w, path length,
  // magnitudes) move as the official code moves them: the mean w and the magnitudes in the
  // generator pass of the discriminator's main phase.
  Vars run(Phase phase, const Round& round);

  rt::Tensor pl_mean() const { return pl_mean_; }  // a scalar; changed in place by run()
  Report report;

 private:
  // What a discriminator says of pictures: scores [N, 1], and the label terms' loss or nothing.
  struct Verdict {
    Var scores, label_loss;
  };
  using Pass = std::function<Vars()>;  // the gradients of one graph

  Var map(const Round& round, const Var& z, const Var& labels, bool update_means) const;
  Var draw(const Round& round, const Var& ws, bool update_means) const;
  Verdict judge(const Round& round, const Var& images, const Var& labels) const;
  Vars g_main(const Round& round) const;
  Vars g_reg(const Round& round);
  std::vector<Pass> d_passes(const Round& round, bool main, bool reg) const;
  void tell(const char* name, const Var& values) const;
  void tell_scores(const char* which, const Var& scores) const;

  const nets::Generator& g_;
  const nets::Discriminator& d_;
  const Parameters &g_parameters_, &d_parameters_;
  LossSettings s_;
  rt::Tensor pl_mean_;
};

// a + b, in place where a is defined; undefined counts as nothing.
void add_gradients(Vars& sum, const Vars& more);

}  // namespace sgan::train
