// train_phases and train_iters: loss phases with all gradients, and whole optimisation iterations.
#include <algorithm>
#include <cmath>
#include <filesystem>

#include "lib/ops/layout.hpp"
#include "lib/train/adam.hpp"
#include "lib/train/average.hpp"
#include "lib/train/blur.hpp"
#include "lib/train/phases.hpp"
#include "tests/parity/parity.hpp"

namespace sgan::parity {
namespace {

using ag::Var;
using ag::Vars;
using train::Parameters;

// The draws that the file recorded below a prefix ("in.Gmain."), in their order.
class Recorded : public train::RandomSource {
 public:
  Recorded(const Golden& golden, std::string prefix) : g_(golden), prefix_(std::move(prefix)) {}
  double uniform() override { return next("mix_u", uniforms_).item(); }
  int64_t integer(int64_t, int64_t) override {
    return int64_t(next("mix_cutoff", integers_).item());
  }
  rt::Tensor normal(const char* what, const rt::Shape& shape) override {
    if (what == std::string("mix_z")) return next("mix_z", mixes_);
    if (what == std::string("noise")) {
      char name[32];
      std::snprintf(name, sizeof name, "noise%03d", noises_++);
      return g_.tensor(prefix_ + name).reshape(shape);  // one channel: both layouts are the same
    }
    const auto found = g_.tensors.lower_bound(prefix_ + "pl_noise");
    sgan::check(found != g_.tensors.end() && found->first.starts_with(prefix_ + "pl_noise"),
                "no recorded pl_noise");
    return nets::to_channels_last(found->second);
  }

 private:
  const rt::Tensor& next(const char* name, int& counter) {
    return g_.tensor(cat(prefix_, name, counter++));
  }
  const Golden& g_;
  std::string prefix_;
  int uniforms_ = 0, integers_ = 0, mixes_ = 0, noises_ = 0;
};

// The networks of a file and what training makes of them.
struct Networks {
  nets::Family family;
  std::unique_ptr<nets::Generator> g;
  std::unique_ptr<nets::Discriminator> d;
  Parameters g_parameters, d_parameters;
  std::unique_ptr<train::Phases> phases;

  Networks(const Golden& golden, const Golden& weights, const Report& report) {
    const json config = golden.data("config");
    family = nets::parse_family(golden.text("network"));
    const rt::Device device = report.setting().device;
    const rt::DType type = report.setting().type;
    g = nets::make_generator(family, config.at("G"), weights.below("param.G."), device, type, true);
    d = nets::make_discriminator(family, config.at("D"), weights.below("param.D."), device, type,
                                 true);
    g_parameters = Parameters::of(g->parameters());
    d_parameters = Parameters::of(d->parameters());
    const json& loss = config.at("loss");
    train::LossSettings s;
    s.r1_gamma = loss.value("r1_gamma", 10.0);
    s.style_mixing_prob = loss.value("style_mixing_prob", 0.0);
    s.pl_weight = loss.value("pl_weight", 0.0);
    s.pl_batch_shrink = loss.value("pl_batch_shrink", 2);
    s.pl_decay = loss.value("pl_decay", 0.01);
    s.magnitude_ema_beta = config.at("G").value("magnitude_ema_beta", 0.999);
    s.w_avg_beta =
        config.at("G").value("mapping_kwargs", json::object()).value("w_avg_beta", 0.998);
    phases = std::make_unique<train::Phases>(*g, *d, g_parameters, d_parameters, s);
    phases->pl_mean().copy_from(rt::Tensor::full({}, config.value("pl_mean0", 0.0), type, device));
  }
};

// In the official layout, whatever the rank.
rt::Tensor official_value(const Var& v) { return nets::to_channels_first(v.value().to(rt::cpu)); }

Var blurred(const Var& images, double sigma) { return train::blur(images, sigma); }

Var typed(const rt::Tensor& t, const Report& report) {
  return Var(t.to(report.setting().type).to(report.setting().device));
}

// Bytes [N, C, H, W] to -1..1 [N, H, W, C].
Var pictures(const rt::Tensor& bytes, const Report& report) {
  std::vector<double> values = bytes.to_doubles();
  for (double& v : values) v = v / 127.5 - 1;
  return typed(nets::to_channels_last(rt::Tensor::from(values, bytes.shape())), report);
}

Var rows(const Golden& g, const std::string& name, int64_t begin, int64_t end,
         const Report& report) {
  if (!g.has(name)) return {};
  return typed(g.tensor(name).rows(begin, end), report);
}

struct Tolerance {
  double value, gradient;
  explicit Tolerance(const Report& report)
      : value(report.setting().is_double() ? 1e-9 : 1e-3),
        gradient(report.setting().is_double() ? 1e-8 : 1e-2) {}
};

// Gradients below `prefix` against ours; none of ours counts as zeros, none of theirs as well.
void compare_gradients(const Golden& g, Report& report, const std::string& prefix,
                       const Parameters& parameters, const Vars& gradients) {
  for (size_t i = 0; i < gradients.size(); ++i) {
    const std::string name = prefix + parameters.names[i];
    if (!g.has(name)) {
      bool zero = true;
      if (gradients[i].defined()) {
        for (const double v : gradients[i].value().to_doubles()) zero &= v == 0;
      }
      report.check(name, zero, "a gradient where the reference has none");
      continue;
    }
    const rt::Tensor got = gradients[i].defined()
                               ? official_value(gradients[i])
                               : rt::Tensor::zeros(g.tensor(name).shape(), rt::DType::f64);
    report.compare(name, got, g.tensor(name), Tolerance(report).gradient);
  }
}

void compare_buffers(const Golden& g, Report& report, const std::string& prefix,
                     const std::map<std::string, Var>& buffers) {
  for (const auto& [name, v] : buffers) {
    const bool mean = name.ends_with("w_avg") || name.ends_with("magnitude_ema");
    if (mean && g.has(prefix + name)) {
      report.compare(prefix + name, official(v), g.tensor(prefix + name), Tolerance(report).value);
    }
  }
}

}  // namespace

void run_train_phases(const Golden& g, Report& report) {
  const json runs = g.data("runs");
  const Var real = pictures(g.tensor("in.real_u8"), report);
  const int64_t n = real.size(0);
  if (g.states("blurred_real")) {
    const double sigma = g.data("blurred_real").at("sigma");
    report.compare("out.blurred_real", official(blurred(real, sigma)), g.tensor("out.blurred_real"),
                   report.setting().is_double() ? 1e-10 : 1e-5);
  }
  for (const auto& [run, settings] : runs.items()) {
    Networks nets(g, g, report);  // each run starts from the initial weights
    Recorded random(g, cat("in.", run, "."));
    std::map<std::string, Var> told;
    nets.phases->report = [&](const std::string& name, const Var& v) { told[name] = v; };
    const double sigma = settings.at("blur_sigma");
    train::Round round;
    round.real = real;
    round.real_labels = rows(g, "in.real_c", 0, n, report);
    round.z = rows(g, "in.z", 0, n, report);
    round.labels = rows(g, "in.gen_c", 0, n, report);
    round.gain = settings.at("gain");
    round.random = &random;
    if (sigma > 0) round.view = [&](const Var& images) { return blurred(images, sigma); };
    const train::Phase phase = train::parse_phase(settings.at("phase").get<std::string>());
    const Vars gradients = nets.phases->run(phase, round);
    const bool generator = train::trains_generator(phase);
    compare_gradients(g, report, cat("grad.", run, generator ? ".G." : ".D."),
                      generator ? nets.g_parameters : nets.d_parameters, gradients);
    const std::string out = cat("out.", run, ".");
    for (const auto& [name, t] : g.below(out)) {
      if (name == "pl_mean") {
        report.compare(out + name, nets.phases->pl_mean(), t, Tolerance(report).value);
      } else if (name.starts_with("Loss/")) {
        report.check(out + name + " told", told.count(name) > 0, "not reported");
        if (told.count(name)) {
          report.compare(out + name, official(ops::reshape(told[name], t.shape())), t,
                         Tolerance(report).value);
        }
      } else if (name == "blur_kernel") {
        const auto kernel = train::blur_kernel(sigma);
        report.compare(out + name, kernel, t.to_doubles(), 1e-12);
      }
    }
    compare_buffers(g, report, out + "G.", nets.g_parameters.buffers);
  }
}

namespace {

// Parameters after a step. In float32 a gradient near zero may change its sign, which costs up to
// two steps on single numbers; all others follow to a small part of a step.
void compare_parameters(const Golden& g, Report& report, const std::string& prefix,
                        const std::map<std::string, rt::Tensor>& official, double lr, int steps) {
  for (const auto& [name, t] : official) {
    if (!g.has(prefix + name)) continue;
    const rt::Tensor& e = g.tensor(prefix + name);
    if (report.setting().is_double()) {
      report.compare(prefix + name, t, e, 1e-8);
      continue;
    }
    const auto got = t.to_doubles(), expected = e.to_doubles();
    size_t far = 0;
    bool bounded = got.size() == expected.size();
    for (size_t i = 0; bounded && i < got.size(); ++i) {
      const double d = std::fabs(got[i] - expected[i]);
      bounded = std::isfinite(got[i]) && d <= 2.1 * lr * steps + 1e-5 * std::fabs(expected[i]);
      far += d > 2e-2 * lr * steps + 2e-6 * std::fabs(expected[i]);
    }
    report.check(prefix + name, bounded && double(far) <= std::max(1.0, 0.03 * double(got.size())),
                 cat(far, " of ", got.size(), " numbers differ"));
  }
}

std::map<std::string, rt::Tensor> official_of(const std::map<std::string, rt::Tensor>& ours) {
  std::map<std::string, Var> vars;
  for (const auto& [name, t] : ours) vars[name] = t;
  return train::official_tensors(vars);
}

train::AdamSettings adam_settings(const json& a, bool step_zeros) {
  train::AdamSettings s;
  s.lr = a.at("lr");
  s.beta1 = a.at("betas")[0];
  s.beta2 = a.at("betas")[1];
  s.epsilon = a.at("eps");
  s.step_zeros = step_zeros;
  return s;
}

void compare_adam(const Golden& g, Report& report, const std::string& prefix,
                  const train::Adam& adam) {
  for (const auto& [name, t] : adam.state()) {
    if (!g.has(prefix + name)) continue;
    const rt::Tensor ours = t.rank() == 3 || t.rank() == 4 ? nets::to_channels_first(t) : t;
    const double tolerance = report.setting().is_double() ? 1e-8 : 3e-2;
    report.compare(prefix + name, ours.reshape(g.tensor(prefix + name).shape()),
                   g.tensor(prefix + name), tolerance);
  }
}

// Where the reference has a gradient of zeros and ours has none: zeros.
void fill_zeros(Vars& gradients, const Parameters& parameters, const json& absent) {
  for (size_t i = 0; i < gradients.size(); ++i) {
    const bool none = std::find(absent.begin(), absent.end(), parameters.names[i]) != absent.end();
    if (!none && !gradients[i].defined()) {
      const Var& p = parameters.vars[i];
      gradients[i] = rt::Tensor::zeros(p.shape(), p.dtype(), p.device());
    }
  }
}

}  // namespace

void run_train_iters(const Golden& g, Report& report) {
  // The second file of a pair shares the first one's inputs; it differs in what a gradient of
  // zeros means to Adam, and ours can do either.
  Golden shared;
  const bool alternative = g.states("inputs");
  if (alternative)
    shared = open_golden((std::filesystem::path(g.directory) / g.text("inputs")).string());
  const Golden& in = alternative ? shared : g;
  Networks nets(g, in, report);
  const json config = g.data("config"), iter = g.data("iter_config");
  const json iterations = g.data("iterations");
  const auto g_adam_settings = adam_settings(g.data("adam_G"), !alternative);
  const auto d_adam_settings = adam_settings(g.data("adam_D"), !alternative);
  train::Adam g_adam(nets.g_parameters, g_adam_settings);
  train::Adam d_adam(nets.d_parameters, d_adam_settings);
  train::Average average(nets.g->parameters());
  average.restore([&] {
    auto start = train::official_tensors(nets.g->parameters());
    for (const auto& [name, t] : in.below("param.G_ema.")) start[name] = t;
    return start;
  }());
  const int64_t batch_gpu = config.at("batch_gpu");
  int g_steps = 0, d_steps = 0;
  for (const json& iteration : iterations) {
    const int k = iteration.at("iteration");
    const std::string it = cat("it", k);
    const Var real = pictures(in.tensor(cat("in.", it, ".real_u8")), report);
    const double nimg = iteration.at("cur_nimg");
    for (const json& described : iteration.at("phases")) {
      const std::string name = described.at("phase");
      const train::Phase phase = train::parse_phase(name);
      const std::string at = cat("in.", it, ".", name, ".");
      Vars gradients;
      for (int r = 0; r < described.at("rounds").get<int>(); ++r) {
        Recorded random(in, cat(at, "r", r, "."));
        const int64_t begin = r * batch_gpu, end = begin + batch_gpu;
        train::Round round;
        round.real = ops::slice(real, 0, begin, end);
        round.real_labels = rows(in, cat("in.", it, ".real_c"), begin, end, report);
        round.z = rows(in, at + "z", begin, end, report);
        round.labels = rows(in, at + "gen_c", begin, end, report);
        round.gain = described.at("gain");
        round.random = &random;
        const json loss = iter.value("loss", json::object());
        const double sigma = train::blur_sigma(loss.value("blur_init_sigma", 0.0),
                                               loss.value("blur_fade_kimg", 0.0), nimg);
        if (sigma > 0) round.view = [=](const Var& images) { return blurred(images, sigma); };
        std::map<std::string, Var> told;
        nets.phases->report = [&](const std::string& what, const Var& v) { told[what] = v; };
        train::add_gradients(gradients, nets.phases->run(phase, round));
        const std::string out = cat("out.", it, ".", name, ".r", r, ".");
        for (const auto& [what, t] : g.below(out)) {
          if (what.starts_with("Loss/") && told.count(what)) {
            report.compare(out + what, official(ops::reshape(told[what], t.shape())), t,
                           Tolerance(report).value * 10);
          }
        }
      }
      const bool generator = train::trains_generator(phase);
      const Parameters& parameters = generator ? nets.g_parameters : nets.d_parameters;
      const bool has_gradients = !g.below(cat("grad.", it, ".", name, ".")).empty();
      // After the first iteration float32 weights have drifted, and so have their gradients.
      if (has_gradients && (k == 0 || report.setting().is_double())) {
        compare_gradients(g, report, cat("grad.", it, ".", name, "."), parameters, gradients);
      }
      if (!alternative) fill_zeros(gradients, parameters, described.at("params_without_grad"));
      (generator ? g_adam : d_adam).step(gradients);
      (generator ? g_steps : d_steps)++;
    }
    const double kimg_nimg = iter.at("ema_kimg").get<double>() * 1000;
    average.update(nets.g->parameters(),
                   train::ema_beta(
                       iter.at("batch_size"), kimg_nimg, nimg,
                       iter.at("ema_rampup").is_null() ? -1 : iter.at("ema_rampup").get<double>()));
    const std::string out = cat("out.", it, ".");
    compare_parameters(g, report, out + "G.", train::official_tensors(nets.g->parameters()),
                       g_adam_settings.lr, g_steps);
    compare_parameters(g, report, out + "D.", train::official_tensors(nets.d->parameters()),
                       d_adam_settings.lr, d_steps);
    compare_parameters(g, report, out + "G_ema.", official_of(average.tensors()),
                       g_adam_settings.lr, g_steps);
    report.compare(out + "pl_mean", nets.phases->pl_mean(), g.tensor(out + "pl_mean"),
                   Tolerance(report).value * 10);
    compare_adam(g, report, out + "adam.G.", g_adam);
    compare_adam(g, report, out + "adam.D.", d_adam);
  }
}

}  // namespace sgan::parity
