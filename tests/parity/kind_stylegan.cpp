// stylegan2_g, stylegan2_d, stylegan3_g: whole networks in float32 and double.
#include <cmath>

#include "lib/nets/discriminator.hpp"
#include "lib/nets/generator.hpp"
#include "lib/ops/arithmetic.hpp"
#include "lib/ops/layout.hpp"
#include "lib/ops/reduce.hpp"
#include "tests/parity/parity.hpp"

namespace sgan::parity {
namespace {

using ag::Var;
using nets::NoiseMode;

double tolerance(const Report& report) { return report.setting().is_double() ? 1e-9 : 1e-4; }

// The double result where the file has one, so that only our own rounding counts.
const rt::Tensor& expected(const Golden& g, const std::string& name) {
  return g.tensor(g.has(name + ".f64") ? name + ".f64" : name);
}

void compare(const Golden& g, Report& report, const std::string& name, const Var& got) {
  const rt::Tensor& e = expected(g, name);
  // Where only a float32 copy is kept, double cannot be closer than its rounding.
  const bool rounded = e.dtype() == rt::DType::f32 && report.setting().is_double();
  report.compare(name, official(got), e, rounded ? 2e-5 : tolerance(report));
}

// "out.ws_psi0.7_cutoff" -> 0.7, cutoff; false when the name is not of that form.
bool parse_truncation(const std::string& name, const std::string& stem, const Golden& g,
                      double& psi, int& cutoff) {
  const std::string head = stem + "_psi";
  if (!name.starts_with(head) || name.ends_with(".f64")) return false;
  psi = std::stod(name.substr(head.size()));
  cutoff = name.ends_with("_cutoff") && g.states("truncation_cutoff")
               ? std::stoi(g.text("truncation_cutoff"))
               : -1;
  return true;
}

std::unique_ptr<nets::Generator> generator(const Golden& g, const Report& report,
                                           nets::Family family) {
  return nets::make_generator(family, g.data("args"), g.below("param."), report.setting().device,
                              report.setting().type);
}

std::array<double, 9> matrix(const rt::Tensor& t) {
  const auto v = t.to_doubles();
  std::array<double, 9> m{};
  std::copy(v.begin(), v.end(), m.begin());
  return m;
}

int first_equal_row(const rt::Tensor& a, const rt::Tensor& b) {
  const auto va = a.to_doubles(), vb = b.to_doubles();
  const size_t width = size_t(a.size(2));
  int row = 0;
  while (row < a.size(1) && !std::equal(va.begin() + long(size_t(row) * width),
                                        va.begin() + long(size_t(row + 1) * width),
                                        vb.begin() + long(size_t(row) * width))) {
    ++row;
  }
  return row;
}

Var probe_first(const Var& v) { return ops::slice(v, 0, 0, 1); }

}  // namespace

void run_stylegan2_g(const Golden& g, Report& report) {
  ag::NoGrad inference;
  const auto net = generator(g, report, nets::Family::stylegan2);
  const Var z = input(g, "in.z", report);
  const Var c = g.has("in.c") ? input(g, "in.c", report) : Var();
  const Var ws = net->map(z, c, 1, -1);
  compare(g, report, "out.ws", ws);
  std::map<std::string, Var> mapped;
  for (const auto& [name, t] : g.tensors) {
    double psi = 1;
    int cutoff = -1;
    if (!parse_truncation(name, "out.ws", g, psi, cutoff)) continue;
    mapped[name] = net->map(z, c, psi, cutoff);
    compare(g, report, name, mapped[name]);
  }
  nets::SynthesisOptions constant, none;
  none.noise = NoiseMode::none;
  std::map<std::string, Var> blocks;
  constant.probe = [&](const std::string& name, const Var& v) { blocks[name] = probe_first(v); };
  const Var image = net->synthesize(ws, constant);
  constant.probe = nullptr;
  compare(g, report, "out.img_const", image);
  if (g.has("out.img_const_unfused")) compare(g, report, "out.img_const_unfused", image);
  compare(g, report, "out.img_none", net->synthesize(ws, none));
  for (const auto& [name, v] : blocks) {
    if (g.has("out.block." + name)) compare(g, report, "out.block." + name, v);
  }
  for (const auto& [name, w] : mapped) {
    const std::string picture = "out.img_const" + name.substr(std::string("out.ws").size());
    if (g.has(picture)) compare(g, report, picture, net->synthesize(w, constant));
  }
  if (g.has("out.ws_mix")) {
    const int cutoff = std::stoi(g.text("truncation_cutoff"));
    const Var other = ops::flip(ws, {0});
    const Var mixed =
        ops::concat({ops::slice(ws, 1, 0, cutoff), ops::slice(other, 1, cutoff, ws.size(1))}, 1);
    compare(g, report, "out.ws_mix", mixed);
    compare(g, report, "out.img_const_mix", net->synthesize(mixed, constant));
  }
  if (g.has("out.w_avg_after_update.f64")) {
    const Var w = ops::reshape(ops::slice(ws, 1, 0, 1), {ws.size(0), ws.size(2)});
    const double beta =
        g.data("args").value("mapping_kwargs", json::object()).value("w_avg_beta", 0.998);
    const Var mean = ops::reshape(ops::mean(w, {0}), {ws.size(2)});
    compare(g, report, "out.w_avg_after_update", ops::lerp(mean, Var(net->mean_w()), beta));
  }
}

void run_stylegan3_g(const Golden& g, Report& report) {
  ag::NoGrad inference;
  const auto net = generator(g, report, nets::Family::stylegan3);
  const Var z = input(g, "in.z", report);
  const Var c = g.has("in.c") ? input(g, "in.c", report) : Var();
  const Var ws = net->map(z, c, 1, -1);
  compare(g, report, "out.ws", ws);
  nets::SynthesisOptions plain;
  std::map<std::string, Var> layers;
  plain.probe = [&](const std::string& name, const Var& v) { layers[name] = probe_first(v); };
  compare(g, report, "out.img", net->synthesize(ws, plain));
  plain.probe = nullptr;
  for (const auto& [name, v] : layers) {
    const std::string full = "out.layer." + name;
    if (g.has(full)) compare(g, report, full, v);
  }
  for (const auto& [name, t] : g.tensors) {
    double psi = 1;
    int cutoff = -1;
    if (!parse_truncation(name, "out.ws", g, psi, cutoff)) continue;
    // Files that do not say where the truncation ends show it: later rows are the untruncated ones.
    if (name.ends_with("_cutoff") && cutoff < 0) cutoff = first_equal_row(t, g.tensor("out.ws"));
    const Var w = net->map(z, c, psi, cutoff);
    compare(g, report, name, w);
    const std::string picture = "out.img" + name.substr(std::string("out.ws").size());
    if (g.has(picture)) compare(g, report, picture, net->synthesize(w, plain));
  }
  for (const std::string which : {"transform", "transform_strong"}) {
    if (!g.has("in." + which)) continue;
    nets::SynthesisOptions moved;
    moved.transform = matrix(g.tensor("in." + which));
    Var features;
    moved.probe = [&](const std::string& name, const Var& v) {
      if (name == "input") features = v;
    };
    const std::string suffix = which.substr(std::string("transform").size());
    const Var image = net->synthesize(probe_first(ws), moved);
    if (g.has("out.input_transformed" + suffix)) {
      compare(g, report, "out.input_transformed" + suffix, features);
    }
    compare(g, report, "out.img_transformed" + suffix, image);
  }
  if (g.has("out.img_update_emas.f64")) {
    const double beta = g.data("args").value("magnitude_ema_beta", 0.999);
    nets::SynthesisOptions training;
    training.update_magnitude = [&](const std::string& name, const Var& ema, const Var& x) {
      const Var now = ops::reshape(ops::mean(ops::square(x), {0, 1, 2, 3}), {});
      const Var updated = ops::lerp(now, ema, beta);
      compare(g, report, "out.after_update.synthesis." + name + ".magnitude_ema", updated);
      return updated;
    };
    compare(g, report, "out.img_update_emas", net->synthesize(ws, training));
    const Var w = ops::reshape(ops::slice(ws, 1, 0, 1), {ws.size(0), ws.size(2)});
    const double w_beta =
        g.data("args").value("mapping_kwargs", json::object()).value("w_avg_beta", 0.998);
    const Var mean = ops::reshape(ops::mean(w, {0}), {ws.size(2)});
    compare(g, report, "out.after_update.mapping.w_avg",
            ops::lerp(mean, Var(net->mean_w()), w_beta));
  }
}

void run_stylegan2_d(const Golden& g, Report& report) {
  const auto net =
      nets::make_discriminator(nets::Family::stylegan2, g.data("args"), g.below("param."),
                               report.setting().device, report.setting().type, true);
  const Var image = input(g, "in.img", report, true);
  const Var c = g.has("in.c") ? input(g, "in.c", report) : Var();
  nets::DiscriminatorOptions options;
  std::map<std::string, Var> blocks;
  options.probe = [&](const std::string& name, const Var& v) { blocks[name] = probe_first(v); };
  const Var logits = net->score(channels_last(image), c, options);
  compare(g, report, "out.logits", logits);
  for (const auto& [name, v] : blocks) {
    if (g.has("out.block." + name + ".x")) compare(g, report, "out.block." + name + ".x", v);
  }
  // R1: the gradient of a gradient's square with respect to every weight.
  const Var gradient = ag::grad(logits, std::span(&image, 1), {}, true)[0];
  const bool f64 = report.setting().is_double();
  report.compare("grad.img", gradient.value(), g.tensor("grad.img.f64"), f64 ? 1e-8 : 1e-2);
  const Var squares = ops::reshape(ops::sum(ops::square(gradient), {1, 2, 3}), {image.size(0)});
  report.compare("out.sum_sq_grad", squares.value(), g.tensor("out.sum_sq_grad.f64"),
                 f64 ? 1e-8 : 1e-2);
  std::vector<std::string> names;
  ag::Vars weights;
  for (const auto& [name, v] : net->parameters()) {
    if (!g.has("grad.r1." + name)) continue;
    names.push_back(name);
    weights.push_back(v);
  }
  const ag::Vars second = ag::grad(ops::mean(squares, {0}), weights);
  for (size_t i = 0; i < names.size(); ++i) {
    const rt::Tensor got =
        second[i].defined() ? second[i].value() : rt::Tensor::zeros(weights[i].shape());
    report.compare("grad.r1." + names[i], nets::to_channels_first(got),
                   g.tensor("grad.r1." + names[i]), f64 ? 1e-8 : 1e-2);
  }
}

}  // namespace sgan::parity
