#include "lib/train/phases.hpp"

#include <array>
#include <cmath>

#include "lib/ag/ready.hpp"
#include "lib/ops/bias_act.hpp"
#include "lib/ops/layout.hpp"
#include "lib/ops/reduce.hpp"

namespace sgan::train {
namespace {

constexpr std::array<std::string_view, 6> names{"Gmain", "Greg", "Gboth", "Dmain", "Dreg", "Dboth"};

Var softplus(const Var& x) { return ops::bias_act(x, {}, {.act = ops::Act::softplus}); }
Var negative(const Var& x) { return ops::scale(x, -1); }

Var first_rows(const Var& x, int64_t n) { return x.defined() ? ops::slice(x, 0, 0, n) : x; }

// Gradients of gain * mean(loss).
Vars backward(const Var& loss, const Vars& xs, double gain) {
  const double share = gain / double(loss.shape().numel());
  return ag::grad(loss, xs, ops::full_like(loss, share), ag::Graph::release);
}

// Sum of the squares of each sample, [N].
Var square_sums(const Var& x) {
  return ops::reshape(ops::sum(ops::square(x), {1, 2, 3}), {x.size(0)});
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
  const bool g_regularises = (phase == Phase::g_reg || g_both) && s_.pl_weight != 0;
  const bool d_main = phase == Phase::d_main || d_both;
  const bool d_regularises = (phase == Phase::d_reg || d_both) && s_.r1_gamma != 0;
  Vars sum((trains_generator(phase) ? g_parameters_ : d_parameters_).vars.size());

  if ((phase == Phase::g_main || g_both)) {
    const auto pass = [&] { return g_main(round); };
    g_regularises ? add_gradients(sum, pass()) : last_pass(round, sum, pass);
  }
  if (g_regularises) last_pass(round, sum, [&] { return g_reg(round); });
  Var fake_loss;
  if (d_main) add_gradients(sum, d_fake(round, &fake_loss));
  if (d_main || d_regularises) {
    last_pass(round, sum, [&] { return d_real(round, d_main, d_regularises, fake_loss); });
  }
  return sum;
}

Var Phases::map(const Round& round, const Var& z, const Var& labels, bool update_means) const {
  Var ws = g_.map(z, labels, 1, -1);
  const int64_t rows = ws.size(1);
  if (update_means && g_.info().has_average) {
    const ag::NoGrad quiet;
    rt::Tensor average = g_.mean_w();
    const Var w = ops::reshape(ops::slice(ws.detach(), 1, 0, 1), {ws.size(0), ws.size(2)});
    const Var mean = ops::reshape(ops::mean(w, {0}), {ws.size(2)});
    average.copy_from(ops::lerp(mean, Var(average), s_.w_avg_beta).value());
  }
  if (s_.style_mixing_prob > 0) {
    // All three are drawn whether or not they are used.
    const int64_t drawn = round.random->integer(1, rows - 1);
    const int64_t cutoff = round.random->uniform() < s_.style_mixing_prob ? drawn : rows;
    const Var z2 = round.random->normal("mix_z", z.shape()).to(z.dtype()).to(z.device());
    if (cutoff < rows) {
      const Var other = g_.map(z2, labels, 1, -1);
      ws = ops::concat({ops::slice(ws, 1, 0, cutoff), ops::slice(other, 1, cutoff, rows)}, 1);
    }
  }
  return ws;
}

Var Phases::draw(const Round& round, const Var& ws, bool update_means) const {
  nets::SynthesisOptions options;
  options.noise = nets::NoiseMode::random;
  options.precision = s_.precision;
  options.noise_input = [&](int, const rt::Shape& shape) {
    return Var(round.random->normal("noise", shape).to(ws.dtype()).to(ws.device()));
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

Var Phases::score(const Round& round, const Var& images, const Var& labels) const {
  nets::DiscriminatorOptions options;
  options.precision = s_.precision;
  return d_.score(round.view ? round.view(images) : images, labels, options);
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

Vars Phases::g_main(const Round& round) {
  const Var images = draw(round, map(round, round.z, round.labels, false), false);
  const Var scores = score(round, images, round.labels);
  tell_scores("fake", scores);
  const Var loss = softplus(negative(scores));
  tell("Loss/G/loss", loss);
  return backward(loss, g_parameters_.vars, round.gain);
}

Vars Phases::g_reg(const Round& round) {
  const int64_t n = std::max<int64_t>(1, round.z.size(0) / s_.pl_batch_shrink);
  const Var ws = map(round, first_rows(round.z, n), first_rows(round.labels, n), false);
  const Var images = draw(round, ws, false);
  const double pixels = double(images.size(1) * images.size(2));
  const Var noise = ops::scale(
      Var(round.random->normal("pl_noise", images.shape()).to(ws.dtype()).to(ws.device())),
      1 / std::sqrt(pixels));
  const Var gradient = ag::grad(images, std::span(&ws, 1), noise, true)[0];
  // Length of the gradient, averaged over the layers in the square.
  const Var squares = ops::mean(ops::sum(ops::square(gradient), {2}), {1});
  const Var lengths = ops::sqrt(ops::reshape(squares, {n}));
  // The running mean takes part in the graph; what is kept of it does not.
  const Var mean = ops::lerp(Var(pl_mean_), ops::reshape(ops::mean(lengths, {0}), {}), s_.pl_decay);
  const Var penalty = ops::square(ops::subtract(lengths, mean));
  pl_mean_.copy_from(mean.value());
  tell("Loss/pl_penalty", penalty);
  const Var loss = ops::scale(penalty, s_.pl_weight);
  tell("Loss/G/reg", loss);
  return backward(loss, g_parameters_.vars, round.gain);
}

Vars Phases::d_fake(const Round& round, Var* loss) {
  Var images;
  {
    const ag::NoGrad quiet;
    images = draw(round, map(round, round.z, round.labels, true), true);
  }
  const Var scores = score(round, images.detach(), round.labels);
  tell_scores("fake", scores);
  *loss = softplus(scores);
  Vars gradients = backward(*loss, d_parameters_.vars, round.gain);
  *loss = loss->detach();
  return gradients;
}

Vars Phases::d_real(const Round& round, bool main, bool reg, const Var& fake_loss) {
  const Var real = reg ? Var::leaf(round.real.value()) : round.real;
  const Var scores = score(round, real, round.real_labels);
  tell_scores("real", scores);
  Var loss;
  if (main) {
    loss = softplus(negative(scores));
    tell("Loss/D/loss", ops::add(fake_loss, loss.detach()));
    loss = ops::reshape(loss, {real.size(0)});
  }
  if (reg) {
    const Var gradient = ag::grad(scores, std::span(&real, 1), {}, true)[0];
    const Var penalty = square_sums(gradient);
    tell("Loss/r1_penalty", penalty);
    const Var r1 = ops::scale(penalty, s_.r1_gamma / 2);
    tell("Loss/D/reg", r1);
    loss = loss.defined() ? ops::add(loss, r1) : r1;
  }
  return backward(loss, d_parameters_.vars, round.gain);
}

}  // namespace sgan::train
