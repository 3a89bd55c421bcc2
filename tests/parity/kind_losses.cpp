// gan_losses: every loss and penalty on a small network that the file describes, with gradients in
// its weights and in the pictures.
#include "lib/ops/bias_act.hpp"
#include "lib/ops/layout.hpp"
#include "lib/ops/linear.hpp"
#include "lib/ops/reduce.hpp"
#include "lib/train/losses.hpp"
#include "tests/parity/parity.hpp"

namespace sgan::parity {
namespace {

using ag::Var;
using ag::Vars;
using train::Loss;

class Losses {
 public:
  Losses(const Golden& golden, Report& report) : golden_(golden), report_(report) {
    const bool exact = report.setting().is_double();
    value_tolerance_ = exact ? 1e-10 : 2e-4;
    gradient_tolerance_ = exact ? 1e-9 : 2e-3;
    act_ = ops::parse_act(golden.text("act"));
    for (const auto& [name, t] : golden.below("param.")) {
      leaves_[name] = input(golden, "param." + name, report, true);
    }
    for (const char* name : {"reals", "fakes"}) {
      leaves_[name] = input(golden, std::string("in.") + name, report, true);
    }
    if (golden.has("in.labels")) labels_ = input(golden, "in.labels", report);
  }

  void run() {
    real_ = network(leaves_["reals"]);
    fake_ = network(leaves_["fakes"]);
    value("out.scores_real", score_of(real_));
    value("out.scores_fake", score_of(fake_));
    mixed_ = train::mix_images(leaves_["reals"], leaves_["fakes"],
                               input(golden_, "in.mixing_factors", report_));
    value("out.mixed_images", mixed_);
    logits();
    std::map<std::string, std::map<std::string, rt::Tensor>> cases;
    for (const auto& [name, t] : golden_.below("out.")) {
      const auto dot = name.find('.');
      if (dot != std::string::npos && !name.starts_with("logits.")) {
        cases[name.substr(0, dot)][name.substr(dot + 1)] = t;
      }
    }
    for (const auto& [name, expected] : cases) run_case(name, expected);
  }

 private:
  double number(const char* key) const { return golden_.data(key).get<double>(); }

  // [N, 1 + labels] of pictures in the official layout.
  Var network(const Var& x) const {
    Var y = channels_last(x);
    for (const auto& [layer, stride] : {std::pair{"conv0", 1}, std::pair{"conv1", 2}}) {
      const Var weight = channels_last(leaves_.at(cat(layer, ".weight")));
      y = ops::bias_act(ops::conv2d(y, weight, ops::ConvOptions::same(stride, 1)),
                        leaves_.at(cat(layer, ".bias")), {.act = act_});
    }
    const Var flat = ops::reshape(channels_first(y), {x.size(0), -1});
    return ops::add(ops::matmul(flat, leaves_.at("fc.weight"), false, true), leaves_.at("fc.bias"));
  }
  static Var score_of(const Var& outputs) { return ops::slice(outputs, 1, 0, 1); }
  Var labels_of(const Var& outputs) const {
    const Var logits = ops::slice(outputs, 1, 1, outputs.size(1));
    return ops::scale(train::label_loss(logits, labels_), number("cond_weight"));
  }

  void value(const std::string& name, const Var& got) {
    const rt::Tensor& expected = golden_.tensor(name);
    report_.compare(name, got.value().reshape(expected.shape()), expected, value_tolerance_);
  }

  // The functions by themselves, far tails and the hinge's corner included.
  void logits() {
    const Var x = input(golden_, "in.logits", report_, true);
    const auto column = [&](const Var& v) { return ops::reshape(v, {-1, 1}); };
    const std::pair<const char*, Var> rows[] = {
        {"softplus_pos", train::discriminator_loss_fake(Loss::logistic, column(x))},
        {"softplus_neg", train::generator_loss(Loss::logistic, column(x))},
        {"hinge_fake", train::discriminator_loss_fake(Loss::hinge, column(x))},
        {"hinge_real", train::discriminator_loss_real(Loss::hinge, column(x))}};
    for (const auto& [name, y] : rows) {
      value(cat("out.logits.", name), y);
      report_.compare(cat("grad.logits.", name), ag::grad(y, std::array{x})[0].value(),
                      golden_.tensor(cat("grad.logits.", name)), gradient_tolerance_);
    }
  }

  Var loss_of(const std::string& name) {
    const train::Score score = [this](const Var& x) { return score_of(network(x)); };
    const auto d = [&](Loss loss, double drift = 0) {
      return train::discriminator_loss(loss, score_of(fake_), score_of(real_), drift);
    };
    const auto g = [&](Loss loss) { return train::generator_loss(loss, score_of(fake_)); };
    const auto r1 = [&] {
      return train::gradient_penalty(score, leaves_["reals"], number("r1_gamma"));
    };
    const auto r2 = [&] {
      return train::gradient_penalty(score, leaves_["fakes"], number("r2_gamma"));
    };
    const auto gp = [&] {
      return train::norm_penalty(score, mixed_, number("wgan_lambda"), number("wgan_target"));
    };
    const auto wgan = [&] { return d(Loss::wgan, number("wgan_epsilon")); };
    if (name == "G_logistic_saturating") return g(Loss::logistic_saturating);
    if (name == "G_logistic_nonsaturating") return g(Loss::logistic);
    if (name == "G_wgan") return g(Loss::wgan);
    if (name == "G_wgan_acgan") return ops::add(g(Loss::wgan), labels_of(fake_));
    if (name == "D_logistic") return d(Loss::logistic);
    if (name == "D_hinge") return d(Loss::hinge);
    if (name == "D_wgan") return wgan();
    if (name == "D_wgan_gp") return ops::add(wgan(), gp());
    if (name == "D_hinge_gp") return ops::add(d(Loss::hinge), gp());
    if (name == "D_logistic_simplegp") return ops::add(d(Loss::logistic), ops::add(r1(), r2()));
    if (name == "D_wgangp_acgan") {
      return ops::add(ops::add(wgan(), gp()), ops::add(labels_of(real_), labels_of(fake_)));
    }
    if (name == "gradient_penalty_only") return gp();
    if (name == "r1_only") return r1();
    if (name == "r2_only") return r2();
    return {};
  }

  // What else the file says of a loss.
  Var part_of(const std::string& loss, const std::string& part) {
    const train::Score score = [this](const Var& x) { return score_of(network(x)); };
    if (part == "mixed_norms") return train::gradient_norms(score, mixed_);
    if (part == "label_penalty") return labels_of(fake_);
    if (part == "penalty") {
      return train::gradient_penalty(score, leaves_[loss == "r2_only" ? "fakes" : "reals"], 2);
    }
    return {};
  }

  void run_case(const std::string& name, const std::map<std::string, rt::Tensor>& expected) {
    const Var loss = loss_of(name);
    if (!loss.defined()) return report_.check(name, false, "no such loss");
    for (const auto& [part, t] : expected) {
      const Var got = part == "loss" ? loss : part_of(name, part);
      if (!got.defined()) {
        report_.check(name + "." + part, false, "not computed");
      } else {
        value("out." + name + "." + part, got);
      }
    }
    Vars xs;
    std::vector<std::string> of;
    for (const auto& [leaf, t] : golden_.below("grad." + name + ".")) {
      if (!leaves_.count(leaf)) report_.check("grad." + name + "." + leaf, false, "no such leaf");
      xs.push_back(leaves_[leaf]);
      of.push_back(leaf);
    }
    const Vars got = ag::grad(ops::scale(ops::sum_all(loss), 1.0 / double(loss.size(0))), xs);
    for (size_t i = 0; i < xs.size(); ++i) {
      const rt::Tensor g = got[i].defined() ? got[i].value() : ops::full_like(xs[i], 0).value();
      report_.compare("grad." + name + "." + of[i], g, golden_.tensor("grad." + name + "." + of[i]),
                      gradient_tolerance_);
    }
  }

  const Golden& golden_;
  Report& report_;
  double value_tolerance_, gradient_tolerance_;
  ops::Act act_ = ops::Act::lrelu;
  std::map<std::string, Var> leaves_;
  Var labels_, real_, fake_, mixed_;
};

}  // namespace

void run_gan_losses(const Golden& golden, Report& report) { Losses(golden, report).run(); }

}  // namespace sgan::parity
