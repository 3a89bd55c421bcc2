// progan_g, progan_d, stylegan1_g, stylegan1_d: pictures and scores at every level of detail,
// intermediate results, w, truncation, mixing, and all gradients.
#include <set>

#include "lib/nets/families.hpp"
#include "lib/ops/layout.hpp"
#include "lib/ops/reduce.hpp"
#include "tests/parity/parity.hpp"

namespace sgan::parity {
namespace {

using ag::Var;
using ag::Vars;

// The file's metadata as the settings of the official network functions.
json settings(const Golden& golden) {
  json args = json::object();
  for (const auto& [key, value] : golden.metadata) {
    args[key] = json::accept(value) ? json::parse(value) : json(value);
  }
  if (args.contains("blur") && !args["blur"].get<bool>()) args["blur_filter"] = nullptr;
  return args;
}

// Compares results with the file's and remembers which, so that none is forgotten.
class Check {
 public:
  Check(const Golden& golden, Report& report, double float32_tolerance)
      : golden_(golden), report_(report), args_(settings(golden)) {
    const bool exact = report.setting().is_double();
    result_tolerance_ = exact ? 1e-10 : float32_tolerance;
    gradient_tolerance_ = exact ? 1e-9 : 2e-3;
  }
  // Everything that the file expects has been looked at.
  void finish() {
    for (const auto& [name, t] : golden_.tensors) {
      const bool expected = name.starts_with("out.") || name.starts_with("grad.");
      if (expected && !seen_.count(name)) report_.check(name, false, "not computed");
    }
  }

  const json& args() const { return args_; }
  nets::TensorMap weights() const {
    nets::TensorMap weights = golden_.below("param.");
    for (const auto& [name, t] : golden_.below("in.noise")) weights["synthesis/noise" + name] = t;
    return weights;
  }
  Var in(const std::string& name, bool leaf = false) const {
    if (!golden_.has("in." + name)) return {};
    return channels_last(input(golden_, "in." + name, report_, leaf));
  }
  bool has(const std::string& name) const { return golden_.has(name); }
  Report& report() const { return report_; }
  double result_tolerance() const { return result_tolerance_; }

  void result(const std::string& name, const Var& got) {
    seen_.insert("out." + name);
    const rt::Tensor value = got.rank() == 3 ? got.value() : official(got);  // w or a picture
    report_.compare("out." + name, value, golden_.tensor("out." + name), result_tolerance_);
  }
  void results(const std::map<std::string, Var>& got) {
    for (const auto& [name, v] : got) {
      if (has("out." + name)) result(name, v);
    }
  }
  // Gradients of sum(y * dy) in the named leaves; none counts as zero.
  void gradients(const Var& y, const Var& dy, const std::map<std::string, Var>& leaves) {
    Vars xs;
    std::vector<std::string> names;
    for (const auto& [name, leaf] : leaves) {
      const std::string at = "synthesis/noise";
      const std::string golden =
          "grad." + (name.starts_with(at) ? name.substr(at.size() - 5) : name);
      if (!has(golden)) continue;
      xs.push_back(leaf);
      names.push_back(golden);
    }
    const Vars got = ag::grad(y, xs, dy);
    for (size_t i = 0; i < xs.size(); ++i) {
      seen_.insert(names[i]);
      const Var g = got[i].defined() ? got[i] : ops::full_like(xs[i], 0);
      report_.compare(names[i], official(g), golden_.tensor(names[i]), gradient_tolerance_);
    }
  }

 private:
  const Golden& golden_;
  Report& report_;
  json args_;
  double result_tolerance_, gradient_tolerance_;
  std::set<std::string> seen_;
};

std::string lod_name(double lod) {
  char text[32];
  std::snprintf(text, sizeof text, "lod_%.2f", lod);
  return text;
}

// ProGAN's activations are named after the layer.
std::string progan_layer(int index) {
  if (index == 0) return "4x4.Dense";
  if (index == 1) return "4x4.Conv";
  const std::string side = std::to_string(4 << (index / 2));
  return side + "x" + side + ".Conv" + std::to_string(index % 2);
}

// Intermediate results and colours of every level.
void activations(Check& check, const nets::Generator& g, const Var& ws) {
  const ag::NoGrad no_grad;
  std::map<std::string, Var> seen;
  nets::SynthesisOptions options;
  options.probe = [&](const std::string& name, const Var& v) { seen["act." + name] = v; };
  for (int lod = 0; 4 << lod <= g.info().resolution; ++lod) {
    options.lod = lod;
    g.synthesize(ws, options);
  }
  if (g.info().family == nets::Family::progan) {
    for (int i = 0; seen.count(cat("act.layer", i, ".out")); ++i) {
      seen["act." + progan_layer(i)] = seen.at(cat("act.layer", i, ".out"));
    }
    seen["act.latents_normalized"] = ops::reshape(ws, {ws.size(0), ws.size(2)});
  }
  check.results(seen);
}

void pictures_and_gradients(Check& check, const nets::Generator& g) {
  const Var z = check.in("z", true), labels = check.in("labels");
  const Var ws = g.map(z, labels, 1, -1);
  nets::SynthesisOptions options;
  {
    const ag::NoGrad no_grad;
    for (const double lod : check.args().at("lods")) {
      options.lod = lod;
      check.result(lod_name(lod) + ".images", g.synthesize(ws, options));
    }
  }
  activations(check, g, ws);
  options.lod = check.args().at("grad_lod");
  auto leaves = g.parameters();
  leaves["z"] = z;
  const Var images = g.synthesize(ws, options);
  check.gradients(images, check.in("grad_images"), leaves);
  // What is computed to be differentiated and what is not may take other paths.
  const ag::NoGrad no_grad;
  check.report().compare("differentiable images", g.synthesize(ws, options).value(), images.value(),
                         check.result_tolerance());
}

void mapping(Check& check, const nets::Generator& g) {
  const ag::NoGrad no_grad;
  const Var labels = check.in("labels");
  const Var ws = g.map(check.in("z"), labels, 1, -1), ws2 = g.map(check.in("z2"), labels, 1, -1);
  const auto first = [](const Var& v) {
    return ops::reshape(ops::slice(v, 1, 0, 1), {v.size(0), v.size(2)});
  };
  check.result("w", first(ws));
  check.result("w2", first(ws2));
  const Var batch = ops::mean(first(ws), {0});
  const Var average = ops::reshape(Var(g.mean_w()), batch.shape());
  check.result("dlatent_avg_after_update", ops::reshape(ops::lerp(batch, average, 0.995), {-1}));

  nets::SynthesisOptions options;
  options.lod = 0;
  for (const json& t : check.args().at("truncations")) {
    char name[64];
    std::snprintf(name, sizeof name, "trunc_psi%.2f_cut%d", t[0].get<double>(), t[1].get<int>());
    const Var truncated = g.map(check.in("z"), labels, t[0], t[1]);
    check.result(cat(name, ".ws"), truncated);
    check.result(cat(name, ".images"), g.synthesize(truncated, options));
  }
  const json& mix = check.args().at("mix");
  options.lod = mix[0];
  const int64_t rows = ws.size(1), cut = std::min(mix[1].get<int64_t>(), rows);
  const Var mixed = ops::concat({ops::slice(ws, 1, 0, cut), ops::slice(ws2, 1, cut, rows)}, 1);
  check.result("mix.images", g.synthesize(mixed, options));
}

std::unique_ptr<nets::Generator> generator(const Check& check, nets::Family family) {
  const Setting setting = check.report().setting();
  return nets::make_generator(family, check.args(), check.weights(), setting.device, setting.type,
                              true);
}

void run_discriminator(Check& check, nets::Family family) {
  const Setting setting = check.report().setting();
  const auto d = nets::make_discriminator(family, check.args(), check.weights(), setting.device,
                                          setting.type, true);
  const Var images = check.in("images", true), labels = check.in("labels");
  // ProGAN's scores come first, then the logits of the labels.
  const auto result = [&](const std::string& name, const Var& outputs) {
    check.result(name + ".scores", ops::slice(outputs, 1, 0, 1));
    if (outputs.size(1) > 1) {
      check.result(name + ".labels", ops::slice(outputs, 1, 1, outputs.size(1)));
    }
  };
  nets::DiscriminatorOptions options;
  {
    const ag::NoGrad no_grad;
    for (const double lod : check.args().at("lods")) {
      options.lod = lod;
      result(lod_name(lod), d->score(images, labels, options));
    }
    std::map<std::string, Var> seen;
    options.lod = check.args().at("grad_lod");
    options.probe = [&](const std::string& name, const Var& v) { seen["act." + name] = v; };
    d->score(images, labels, options);
    check.results(seen);
    options.probe = nullptr;
  }
  auto leaves = d->parameters();
  // `images` came from a leaf in the official layout; the gradient is asked for in ours.
  leaves["images"] = images;
  options.lod = check.args().at("grad_lod");
  const Var scores = d->score(images, labels, options);
  check.gradients(scores,
                  check.has("in.grad_combo") ? check.in("grad_combo") : check.in("grad_scores"),
                  leaves);
  check.finish();
}

}  // namespace

void run_progan_g(const Golden& golden, Report& report) {
  Check check(golden, report, 1e-3);
  pictures_and_gradients(check, *generator(check, nets::Family::progan));
  check.finish();
}

void run_stylegan1_g(const Golden& golden, Report& report) {
  Check check(golden, report, 2e-4);
  const auto g = generator(check, nets::Family::stylegan1);
  mapping(check, *g);
  pictures_and_gradients(check, *g);
  check.finish();
}

void run_progan_d(const Golden& golden, Report& report) {
  Check check(golden, report, 2e-4);
  run_discriminator(check, nets::Family::progan);
}

void run_stylegan1_d(const Golden& golden, Report& report) {
  Check check(golden, report, 2e-4);
  run_discriminator(check, nets::Family::stylegan1);
}

}  // namespace sgan::parity
