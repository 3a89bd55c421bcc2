#include "lib/train/progressive_phase.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "lib/ops/layout.hpp"
#include "lib/ops/reduce.hpp"
#include "lib/rt/error.hpp"

namespace sgan::train {
namespace {

// Gradients of gain * mean(loss).
Vars backward(const Var& loss, const Vars& xs, double gain) {
  const double share = gain / double(loss.shape().numel());
  return ag::grad(loss, xs, ops::full_like(loss, share));
}

// Sum of what is defined.
void accumulate(Var& sum, const Var& term) {
  if (term.defined()) sum = sum.defined() ? ops::add(sum, term) : term;
}

// Numbers of a random source on the device and of the type of `like`.
Var typed(const rt::Tensor& t, const Var& like) { return t.to(like.dtype()).to(like.device()); }

// Layers of the synthesis network that read w and show at this level of detail; w may have further
// rows.
int64_t layers_of(const nets::GeneratorInfo& info) {
  int64_t layers = 0;
  for (int side = info.resolution; side >= 4; side /= 2) layers += 2;
  return info.has_lod ? std::min<int64_t>(layers, info.num_ws) : info.num_ws;
}

}  // namespace

ProgressiveLoss ProgressiveLoss::from(const nlohmann::json& recipe) {
  ProgressiveLoss s;
  try {
    s.loss = parse_loss(recipe.at("loss").get<std::string>());
    s.r1_gamma = recipe.at("r1_gamma");
    s.r2_gamma = recipe.at("r2_gamma");
    s.gp_lambda = recipe.at("gp_lambda");
    s.gp_target = recipe.at("gp_target");
    s.drift = recipe.at("drift");
    s.label_weight = recipe.at("label_weight");
    s.style_mixing_prob = recipe.at("style_mixing_prob");
    s.pl_weight = recipe.at("pl_weight");
    s.pl_decay = recipe.at("pl_decay");
    s.pl_batch_shrink = recipe.at("pl_batch_shrink");
    s.w_avg_beta = recipe.at("w_avg_beta");
    const double nimg = recipe.at("magnitude_ema_kimg").get<double>() * 1000;
    s.magnitude_ema_beta = std::exp2(-recipe.at("batch").get<double>() / nimg);
  } catch (const nlohmann::json::exception& e) {
    fail("the training settings: ", e.what());
  }
  check(s.pl_batch_shrink >= 1, "pl_batch_shrink is ", s.pl_batch_shrink, ", not 1 or more");
  return s;
}

int64_t mixing_cutoff(RandomSource& random, double probability, int64_t alive) {
  if (probability <= 0 || alive < 2) return alive;
  const int64_t drawn = random.integer(1, alive - 1);
  return random.uniform() < probability ? drawn : alive;
}

ProgressivePhases::ProgressivePhases(const nets::Generator& g, const nets::Discriminator& d,
                                     const Parameters& g_parameters, const Parameters& d_parameters,
                                     const ProgressiveLoss& settings)
    : g_(g), d_(d), g_parameters_(g_parameters), d_parameters_(d_parameters), s_(settings) {
  const Var& any = g_parameters.vars.at(0);
  pl_mean_ = rt::Tensor::zeros({}, any.dtype(), any.device());
}

Vars ProgressivePhases::run(Phase phase, const Round& round, double lod) {
  check(round.random != nullptr, "a training phase needs random numbers");
  lod_ = lod;
  const bool main = phase == Phase::g_main || phase == Phase::g_both || phase == Phase::d_main ||
                    phase == Phase::d_both;
  const bool reg = phase == Phase::g_reg || phase == Phase::g_both || phase == Phase::d_reg ||
                   phase == Phase::d_both;
  Vars sum;
  if (trains_generator(phase)) {
    if (main) add_gradients(sum, g_main(round));
    if (reg && s_.pl_weight != 0) add_gradients(sum, g_reg(round));
    sum.resize(g_parameters_.vars.size());
  } else {
    sum = d_phase(round, main, reg);
    sum.resize(d_parameters_.vars.size());
  }
  return sum;
}

Var ProgressivePhases::map(const Round& round, const Var& z, const Var& labels,
                           bool update_mean) const {
  const Var ws = g_.map(z, labels, 1, -1);
  const nets::GeneratorInfo& info = g_.info();
  if (update_mean && info.has_average) {  // of the first latents, before they are mixed
    const ag::NoGrad quiet;
    rt::Tensor average = g_.mean_w();
    const Var now = ops::reshape(ops::mean(ops::slice(ws.detach(), 1, 0, 1), {0, 1}), {-1});
    average.copy_from(ops::lerp(now, Var(average), s_.w_avg_beta).value());
  }
  const int64_t rows = ws.size(1), layers = layers_of(info);
  const int64_t alive = info.has_lod && lod_ > 0 ? layers - 2 * int64_t(lod_) : layers;
  if (s_.style_mixing_prob <= 0 || alive < 2) return ws;
  const int64_t cutoff = mixing_cutoff(*round.random, s_.style_mixing_prob, alive);
  // Drawn whether or not it is used.
  const Var z2 = typed(round.random->normal("mix_z", z.shape()), z);
  if (cutoff == alive) return ws;
  const Var other = g_.map(z2, labels, 1, -1);
  Vars parts{ops::slice(ws, 1, 0, cutoff), ops::slice(other, 1, cutoff, layers)};
  if (layers < rows) parts.push_back(ops::slice(ws, 1, layers, rows));
  return ops::concat(parts, 1);
}

Var ProgressivePhases::draw(const Round& round, const Var& ws, bool update_means) const {
  nets::SynthesisOptions options;
  options.lod = lod_;
  options.noise = nets::NoiseMode::random;
  options.noise_input = [&](int, const rt::Shape& shape) {
    return typed(round.random->normal("noise", shape), ws);
  };
  if (update_means) {
    options.update_magnitude = [&](const std::string&, const Var& ema, const Var& x) {
      const ag::NoGrad quiet;
      const Var flat = ops::reshape(x.detach(), {-1});
      const Var now = ops::reshape(ops::mean(ops::square(flat), {0}), ema.shape());
      rt::Tensor kept = ema.value();
      kept.copy_from(ops::lerp(now, ema.detach(), s_.magnitude_ema_beta).value());
      return ema;
    };
  }
  return g_.synthesize(ws, options);
}

ProgressivePhases::Verdict ProgressivePhases::judge(const Round& round, const Var& images,
                                                    const Var& labels) const {
  nets::DiscriminatorOptions options;
  options.lod = lod_;
  const Var outputs = d_.score(round.view ? round.view(images) : images, labels, options);
  if (outputs.size(1) == 1) return {outputs, {}};
  Verdict verdict{ops::slice(outputs, 1, 0, 1), {}};
  if (s_.label_weight != 0 && labels.defined()) {
    const Var logits = ops::slice(outputs, 1, 1, outputs.size(1));
    verdict.label_loss = ops::scale(label_loss(logits, labels), s_.label_weight);
  }
  return verdict;
}

Score ProgressivePhases::score(const Round& round, const Var& labels) const {
  return [this, &round, labels](const Var& images) { return judge(round, images, labels).scores; };
}

Vars ProgressivePhases::g_main(const Round& round) {
  // The TensorFlow-era programs moved the mean w in every training pass, later ones in D's alone.
  const Var ws = map(round, round.z, round.labels, g_.info().has_lod);
  const Verdict verdict = judge(round, draw(round, ws, false), round.labels);
  tell_scores("fake", verdict.scores);
  Var loss = generator_loss(s_.loss, verdict.scores);
  accumulate(loss, verdict.label_loss);
  tell("Loss/G/loss", loss);
  return backward(loss, g_parameters_.vars, round.gain);
}

// Path length regularisation (1912.04958, section 3.2).
Vars ProgressivePhases::g_reg(const Round& round) {
  const int64_t n = std::max<int64_t>(1, round.z.size(0) / s_.pl_batch_shrink);
  const Var labels = round.labels.defined() ? ops::slice(round.labels, 0, 0, n) : round.labels;
  const Var ws = map(round, ops::slice(round.z, 0, 0, n), labels, false);
  const Var images = draw(round, ws, false);
  const double pixels = double(images.size(1) * images.size(2));
  const Var noise = ops::scale(typed(round.random->normal("pl_noise", images.shape()), images),
                               1 / std::sqrt(pixels));
  const Var gradient = ag::grad(images, std::span(&ws, 1), noise, true)[0];
  // Length of the gradient, averaged over the layers in the square.
  const Var lengths = ops::sqrt(ops::mean(ops::sum(ops::square(gradient), {2}), {1}));
  // The running mean takes part in the graph; what is kept of it does not.
  const Var now = ops::reshape(ops::mean(lengths, {0, 1, 2}), {});
  const Var mean = ops::lerp(Var(pl_mean_.clone()), now, s_.pl_decay);
  const Var penalty = ops::reshape(ops::square(ops::subtract(lengths, mean)), {n, 1});
  pl_mean_.copy_from(mean.value());
  tell("Loss/pl_penalty", penalty);
  const Var loss = ops::scale(penalty, s_.pl_weight);
  tell("Loss/G/reg", loss);
  return backward(loss, g_parameters_.vars, round.gain);
}

Var ProgressivePhases::interpolation_penalty(const Round& round, const Var& fakes) const {
  check(fakes.shape() == round.real.shape(), "WGAN-GP pairs real pictures ", round.real.shape(),
        " with generated ones ", fakes.shape());
  std::vector<double> u(size_t(fakes.size(0)));
  for (double& v : u) v = round.random->uniform();
  const auto mixed = mix_images(
      round.real, fakes, typed(rt::Tensor::from(u, rt::Shape({fakes.size(0), 1, 1, 1})), fakes));
  return norm_penalty(score(round, round.real_labels), mixed, s_.gp_lambda, s_.gp_target);
}

// Each kind of pictures is judged and differentiated before the next, so that one graph is in
// memory at a time.
Vars ProgressivePhases::d_phase(const Round& round, bool main, bool reg) {
  const bool r1 = reg && s_.r1_gamma != 0, r2 = reg && s_.r2_gamma != 0,
             gp = reg && s_.gp_lambda != 0;
  Vars sum;
  Var fakes, d_loss, penalties;
  const auto descend = [&](const Var& loss) {
    if (loss.defined()) add_gradients(sum, backward(loss, d_parameters_.vars, round.gain));
  };
  const auto judged = [&](const char* which, const Var& pictures, const Var& labels, double gamma) {
    const bool real = which[0] == 'r';
    const Var x = gamma != 0 ? Var::leaf(pictures.value()) : pictures.detach();
    const Verdict verdict = judge(round, x, labels);
    tell_scores(which, verdict.scores);
    Var loss;
    if (main) {
      loss = real ? discriminator_loss_real(s_.loss, verdict.scores, s_.drift)
                  : discriminator_loss_fake(s_.loss, verdict.scores);
      accumulate(loss, verdict.label_loss);
      accumulate(d_loss, loss.detach());
    }
    if (gamma != 0) {
      const Var penalty = gradient_penalty(verdict.scores, x, gamma);
      tell(real ? "Loss/r1_penalty" : "Loss/r2_penalty", ops::scale(penalty, 2 / gamma));
      accumulate(penalties, penalty.detach());
      accumulate(loss, penalty);
    }
    descend(loss);
  };
  if (main || r2 || gp) {
    const ag::NoGrad quiet;
    fakes = draw(round, map(round, round.z, round.labels, main), main).detach();
  }
  if (main || r2) judged("fake", fakes, round.labels, r2 ? s_.r2_gamma : 0);
  if (main || r1) judged("real", round.real, round.real_labels, r1 ? s_.r1_gamma : 0);
  if (gp) {
    const Var penalty = interpolation_penalty(round, fakes);
    tell("Loss/gradient_penalty", penalty);
    accumulate(penalties, penalty.detach());
    descend(penalty);
  }
  if (d_loss.defined()) tell("Loss/D/loss", d_loss);
  if (penalties.defined()) tell("Loss/D/reg", penalties);
  return sum;
}

void ProgressivePhases::tell(const char* name, const Var& values) const {
  if (report) report(name, values);
}

void ProgressivePhases::tell_scores(const char* which, const Var& scores) const {
  if (!report) return;
  report(cat("Loss/scores/", which), scores);
  std::vector<double> signs = scores.value().to_doubles();
  for (double& v : signs) v = double((v > 0) - (v < 0));
  report(cat("Loss/signs/", which), Var(rt::Tensor::from(signs, scores.shape())));
}

}  // namespace sgan::train
