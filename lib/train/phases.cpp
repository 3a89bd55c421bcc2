#include "lib/train/phases.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "lib/ag/ready.hpp"
#include "lib/ops/layout.hpp"
#include "lib/ops/reduce.hpp"
#include "lib/rt/error.hpp"

namespace sgan::train {
namespace {

constexpr std::array<std::string_view, 6> names{"Gmain", "Greg", "Gboth", "Dmain", "Dreg", "Dboth"};

Var first_rows(const Var& x, int64_t n) { return x.defined() ? ops::slice(x, 0, 0, n) : x; }

// Numbers of a random source on the device and of the type of `like`.
Var typed(const rt::Tensor& t, const Var& like) { return t.to(like.dtype()).to(like.device()); }

// Gradients of gain * mean(loss).
Vars backward(const Var& loss, const Vars& xs, double gain) {
  const double share = gain / double(loss.shape().numel());
  return ag::grad(loss, xs, ops::full_like(loss, share), ag::Graph::release);
}

// Sum of what is defined.
void accumulate(Var& sum, const Var& term) {
  if (term.defined()) sum = sum.defined() ? ops::add(sum, term) : term;
}

// Layers of the synthesis network that read w and show at a level of detail; w may have further
// rows.
int64_t layers_of(const nets::GeneratorInfo& info) {
  int64_t layers = 0;
  for (int side = info.resolution; side >= 4; side /= 2) layers += 2;
  return info.has_lod ? std::min<int64_t>(layers, info.num_ws) : info.num_ws;
}

// Adds the gradients of a phase's last pass, and tells of each sum when it is final.
template <class Pass>
void last_pass(const Round& round, Vars& sum, const Pass& pass) {
  if (!round.ready) return add_gradients(sum, pass());
  std::vector<bool> told(sum.size(), false);
  {
    const ag::OnReady scope([&](size_t i, const Var& gradient) {
      sum[i] = sum[i].defined() ? ops::add(sum[i], gradient) : gradient;
      told[i] = true;
      round.ready(i, sum[i]);
    });
    pass();
  }
  for (size_t i = 0; i < sum.size(); ++i) {
    if (sum[i].defined() && !told[i]) round.ready(i, sum[i]);
  }
}

}  // namespace

Phase parse_phase(std::string_view name) {
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return Phase(i);
  }
  fail("training phase '", name, "' is not one of Gmain, Greg, Gboth, Dmain, Dreg, Dboth");
}

std::string_view name_of(Phase phase) { return names[size_t(phase)]; }

void add_gradients(Vars& sum, const Vars& more) {
  if (sum.empty()) sum.resize(more.size());
  const ag::NoGrad quiet;
  for (size_t i = 0; i < more.size(); ++i) {
    if (!more[i].defined()) continue;
    sum[i] = sum[i].defined() ? ops::add(sum[i], more[i]) : more[i];
  }
}

int64_t mixing_cutoff(RandomSource& random, double probability, int64_t alive) {
  if (probability <= 0 || alive < 2) return alive;
  const int64_t drawn = random.integer(1, alive - 1);
  return random.uniform() < probability ? drawn : alive;
}

LossSettings LossSettings::from(const nlohmann::json& recipe) {
  LossSettings s;
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

Phases::Phases(const nets::Generator& g, const nets::Discriminator& d,
               const Parameters& g_parameters, const Parameters& d_parameters,
               const LossSettings& settings)
    : g_(g), d_(d), g_parameters_(g_parameters), d_parameters_(d_parameters), s_(settings) {
  const Var& any = g_parameters.vars.at(0);
  pl_mean_ = rt::Tensor::zeros({}, any.dtype(), any.device());
}

Vars Phases::run(Phase phase, const Round& round) {
  check(round.random != nullptr, "a training phase needs random numbers");
  const bool g_both = phase == Phase::g_both, d_both = phase == Phase::d_both;
  std::vector<Pass> passes;
  if (trains_generator(phase)) {
    if (phase != Phase::g_reg) passes.push_back([&] { return g_main(round); });
    if ((phase == Phase::g_reg || g_both) && s_.pl_weight != 0) {
      passes.push_back([&] { return g_reg(round); });
    }
  } else {
    passes = d_passes(round, phase == Phase::d_main || d_both, phase == Phase::d_reg || d_both);
  }
  Vars sum((trains_generator(phase) ? g_parameters_ : d_parameters_).vars.size());
  for (size_t i = 0; i < passes.size(); ++i) {
    i + 1 < passes.size() ? add_gradients(sum, passes[i]()) : last_pass(round, sum, passes[i]);
  }
  return sum;
}

Var Phases::map(const Round& round, const Var& z, const Var& labels, bool update_means) const {
  const Var ws = g_.map(z, labels, 1, -1);
  const nets::GeneratorInfo& info = g_.info();
  if (update_means && info.has_average) {  // of the first latents, before they are mixed
    const ag::NoGrad quiet;
    rt::Tensor average = g_.mean_w();
    const Var w = ops::reshape(ops::slice(ws.detach(), 1, 0, 1), {ws.size(0), ws.size(2)});
    const Var mean = ops::reshape(ops::mean(w, {0}), {ws.size(2)});
    average.copy_from(ops::lerp(mean, Var(average), s_.w_avg_beta).value());
  }
  const int64_t rows = ws.size(1), layers = layers_of(info);
  const int64_t alive = info.has_lod && round.lod > 0 ? layers - 2 * int64_t(round.lod) : layers;
  if (s_.style_mixing_prob <= 0 || alive < 2) return ws;
  // All three are drawn whether or not they are used.
  const int64_t cutoff = mixing_cutoff(*round.random, s_.style_mixing_prob, alive);
  const Var z2 = typed(round.random->normal("mix_z", z.shape()), z);
  if (cutoff == alive) return ws;
  const Var other = g_.map(z2, labels, 1, -1);
  Vars parts{ops::slice(ws, 1, 0, cutoff), ops::slice(other, 1, cutoff, layers)};
  if (layers < rows) parts.push_back(ops::slice(ws, 1, layers, rows));
  return ops::concat(parts, 1);
}

Var Phases::draw(const Round& round, const Var& ws, bool update_means) const {
  nets::SynthesisOptions options;
  options.lod = round.lod;
  options.noise = nets::NoiseMode::random;
  options.precision = s_.precision;
  options.noise_input = [&](int, const rt::Shape& shape) {
    return typed(round.random->normal("noise", shape), ws);
  };
  if (update_means) {
    options.update_magnitude = [&](const std::string&, const Var& ema, const Var& x) {
      const ag::NoGrad quiet;
      std::vector<int> axes;
      for (int axis = 0; axis < x.rank(); ++axis) axes.push_back(axis);
      const Var now = ops::reshape(ops::mean(ops::square(x.detach()), axes), ema.shape());
      rt::Tensor kept = ema.value();
      kept.copy_from(ops::lerp(now, ema.detach(), s_.magnitude_ema_beta).value());
      return ema;
    };
  }
  return g_.synthesize(ws, options);
}

Phases::Verdict Phases::judge(const Round& round, const Var& images, const Var& labels) const {
  nets::DiscriminatorOptions options;
  options.lod = round.lod;
  options.precision = s_.precision;
  const Var outputs = d_.score(round.view ? round.view(images) : images, labels, options);
  if (outputs.size(1) == 1) return {outputs, {}};
  Verdict verdict{ops::slice(outputs, 1, 0, 1), {}};
  if (s_.label_weight != 0 && labels.defined()) {
    const Var logits = ops::slice(outputs, 1, 1, outputs.size(1));
    verdict.label_loss = ops::scale(label_loss(logits, labels), s_.label_weight);
  }
  return verdict;
}

void Phases::tell(const char* name, const Var& values) const {
  if (report) report(name, values);
}

void Phases::tell_scores(const char* which, const Var& scores) const {
  if (!report) return;
  report(cat("Loss/scores/", which), scores);
  std::vector<double> signs = scores.value().to_doubles();
  for (double& v : signs) v = double((v > 0) - (v < 0));
  report(cat("Loss/signs/", which), Var(rt::Tensor::from(signs, scores.shape())));
}

Vars Phases::g_main(const Round& round) const {
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
Vars Phases::g_reg(const Round& round) {
  const int64_t n = std::max<int64_t>(1, round.z.size(0) / s_.pl_batch_shrink);
  Var ws = map(round, first_rows(round.z, n), first_rows(round.labels, n), false);
  if (!ws.needs_grad()) ws = Var::leaf(ws.value());  // no mapping network
  const Var images = draw(round, ws, false);
  const double pixels = double(images.size(1) * images.size(2));
  const Var noise = ops::scale(typed(round.random->normal("pl_noise", images.shape()), ws),
                               1 / std::sqrt(pixels));
  const Var gradient = ag::grad(images, std::span(&ws, 1), noise, true)[0];
  // Length of the gradient, averaged over the layers in the square.
  const Var squares = ops::mean(ops::sum(ops::square(gradient), {2}), {1});
  const Var lengths = ops::sqrt(ops::reshape(squares, {n}));
  // The running mean takes part in the graph; what is kept of it does not.
  const Var mean =
      ops::lerp(Var(pl_mean_.clone()), ops::reshape(ops::mean(lengths, {0}), {}), s_.pl_decay);
  const Var penalty = ops::square(ops::subtract(lengths, mean));
  pl_mean_.copy_from(mean.value());
  tell("Loss/pl_penalty", penalty);
  const Var loss = ops::scale(penalty, s_.pl_weight);
  tell("Loss/G/reg", loss);
  return backward(loss, g_parameters_.vars, round.gain);
}

// Each kind of pictures is judged and differentiated before the next, so that one graph is in
// memory at a time.
std::vector<Phases::Pass> Phases::d_passes(const Round& round, bool main, bool reg) const {
  const bool r1 = reg && s_.r1_gamma != 0, r2 = reg && s_.r2_gamma != 0,
             gp = reg && s_.gp_lambda != 0;
  struct Shared {
    Var fakes, loss, penalties;
  };
  const auto shared = std::make_shared<Shared>();
  const auto descend = [this, &round](const Var& loss) {
    return backward(loss, d_parameters_.vars, round.gain);
  };
  const auto judged = [=, this, &round](bool real, const Var& pictures, const Var& labels,
                                        double gamma) {
    const Var x = gamma != 0 ? Var::leaf(pictures.value()) : pictures.detach();
    const Verdict verdict = judge(round, x, labels);
    tell_scores(real ? "real" : "fake", verdict.scores);
    Var loss;
    if (main) {
      loss = real ? discriminator_loss_real(s_.loss, verdict.scores, s_.drift)
                  : discriminator_loss_fake(s_.loss, verdict.scores);
      accumulate(loss, verdict.label_loss);
      accumulate(shared->loss, loss.detach());
    }
    if (gamma != 0) {
      const Var penalty = gradient_penalty(verdict.scores, x, gamma);
      tell(real ? "Loss/r1_penalty" : "Loss/r2_penalty", ops::scale(penalty, 2 / gamma));
      accumulate(shared->penalties, penalty.detach());
      accumulate(loss, penalty);
    }
    return loss;
  };
  const auto finished = [this, shared](bool last) {
    if (!last) return;
    if (shared->loss.defined()) tell("Loss/D/loss", shared->loss);
    if (shared->penalties.defined()) tell("Loss/D/reg", shared->penalties);
  };
  if (main || r2 || gp) {
    const ag::NoGrad quiet;
    shared->fakes = draw(round, map(round, round.z, round.labels, main), main).detach();
  }
  std::vector<Pass> passes;
  const bool real_pass = main || r1;
  if (main || r2) {
    passes.push_back([=, this, &round] {
      const Var loss = judged(false, shared->fakes, round.labels, r2 ? s_.r2_gamma : 0);
      finished(!real_pass && !gp);
      return descend(loss);
    });
  }
  if (real_pass) {
    passes.push_back([=, this, &round] {
      const Var loss = judged(true, round.real, round.real_labels, r1 ? s_.r1_gamma : 0);
      finished(!gp);
      return descend(loss);
    });
  }
  if (gp) {
    passes.push_back([=, this, &round] {
      const Var& fakes = shared->fakes;
      check(fakes.shape() == round.real.shape(), "WGAN-GP pairs real pictures ", round.real.shape(),
            " with generated ones ", fakes.shape());
      const rt::Tensor share = rt::Tensor::from(round.random->uniforms(fakes.size(0)),
                                                rt::Shape({fakes.size(0), 1, 1, 1}));
      const Score score = [this, &round](const Var& images) {
        return judge(round, images, round.real_labels).scores;
      };
      const Var penalty = norm_penalty(score, mix_images(round.real, fakes, typed(share, fakes)),
                                       s_.gp_lambda, s_.gp_target);
      tell("Loss/gradient_penalty", penalty);
      accumulate(shared->penalties, penalty.detach());
      finished(true);
      return descend(penalty);
    });
  }
  return passes;
}

}  // namespace sgan::train
