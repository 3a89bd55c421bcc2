// pickle, rosinality, torch_file: foreign files, read by the importer. Weights bit for bit, then
// what the networks make of them.
#include <cmath>
#include <cstdio>
#include <fstream>

#include "lib/io/import/import.hpp"
#include "lib/io/pickle/torch_file.hpp"
#include "lib/nets/discriminator.hpp"
#include "lib/nets/generator.hpp"
#include "lib/ops/arithmetic.hpp"
#include "lib/ops/bias_act.hpp"
#include "lib/ops/layout.hpp"
#include "lib/ops/linear.hpp"
#include "lib/ops/reduce.hpp"
#include "tests/parity/parity.hpp"

namespace sgan::parity {
namespace {

using ag::Var;
using Networks = std::map<std::string, std::unique_ptr<nets::Generator>>;

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  sgan::check(bool(in), path, ": cannot be read");
  return {std::istreambuf_iterator<char>(in), {}};
}

Var optional_input(const Golden& g, const std::string& name, const Report& r) {
  return g.has(name) ? input(g, name, r) : Var();
}

// Expectations looked at; what is left over at the end fails.
class Outputs {
 public:
  Outputs(const Golden& g, Report& r, double float32, double float64)
      : g_(g), r_(r), tolerance_(r.setting().is_double() ? float64 : float32) {}
  bool wanted(const std::string& name) const { return g_.has("out." + name); }
  void compare(const std::string& name, const Var& got) {
    if (!wanted(name)) return;
    seen_["out." + name] = seen_["out." + name + ".f64"] = true;
    const std::string best = "out." + name + (g_.has("out." + name + ".f64") ? ".f64" : "");
    const rt::Tensor& e = g_.tensor(best);
    // A float32 expectation is itself rounded, by another implementation.
    const bool rounded = e.dtype() == rt::DType::f32 && r_.setting().is_double();
    r_.compare("out." + name, official(got), e, rounded ? 1e-4 : tolerance_);
  }
  void finish() {
    for (const auto& [name, t] : g_.tensors) {
      if (name.starts_with("out.") && !seen_.count(name)) r_.check(name, false, "not computed");
    }
  }

 private:
  const Golden& g_;
  Report& r_;
  double tolerance_;
  std::map<std::string, bool> seen_;
};

void compare_weights(const Golden& g, Report& r, const io::ImportedModel& m) {
  for (const auto& [name, expected] : g.below("param.")) {
    const size_t dot = name.find('.');
    const auto network = m.networks.find(name.substr(0, dot));
    const std::string own = name.substr(dot + 1);
    if (network == m.networks.end() || !network->second.count(own)) {
      r.check(name, false, "was not imported");
      continue;
    }
    r.exact(name, network->second.at(own), expected);
  }
}

struct Imported {
  io::ImportedModel model;
  Networks generators;
  std::unique_ptr<nets::Discriminator> discriminator;
};

Imported import(const Golden& g, Report& r, const std::string& file) {
  Imported i;
  i.model = io::import_network(read_file(g.directory + "/" + file), file);
  const Setting s = r.setting();
  const auto family = nets::parse_family(i.model.family);
  for (const char* role : {"G", "G_ema"}) {
    if (!i.model.networks.count(role)) continue;
    i.generators[role] = nets::make_generator(family, i.model.generator_args,
                                              i.model.networks.at(role), s.device, s.type);
  }
  if (i.model.networks.count("D")) {
    i.discriminator = nets::make_discriminator(family, i.model.discriminator_args,
                                               i.model.networks.at("D"), s.device, s.type);
  }
  return i;
}

Var first_row(const Var& ws) {
  return ops::reshape(ops::slice(ws, 1, 0, 1), {ws.size(0), ws.size(2)});
}

Var mixed(const Var& a, const Var& b, int64_t cut) {
  return ops::concat({ops::slice(a, 1, 0, cut), ops::slice(b, 1, cut, b.size(1))}, 1);
}

// ProGAN and StyleGAN1, whose level of detail is part of the weights.
void run_progressive(const Golden& g, Report& r, const Imported& i) {
  Outputs out(g, r, 2e-4, 1e-10);
  const auto& net = *i.generators.at("G_ema");
  const Var z = input(g, "in.z", r), labels = optional_input(g, "in.labels", r);
  const Var images = channels_last(input(g, "in.images", r));
  const Var ws = net.map(z, labels, 1, -1);
  const bool has_w = net.info().has_mapping;
  if (has_w) out.compare("w", first_row(ws));
  out.compare("images", net.synthesize(ws, {}));
  if (i.generators.count("G")) {
    const auto& other = *i.generators.at("G");
    const Var ws_g = other.map(z, labels, 1, -1);
    if (has_w) out.compare("w_G", first_row(ws_g));
    out.compare("images_G", other.synthesize(ws_g, {}));
  }
  const auto truncated = [&](const std::string& suffix, double psi, int cutoff) {
    const Var w = net.map(z, labels, psi, cutoff);
    out.compare("truncated_w" + suffix, w);
    out.compare("images_" + (suffix.empty() ? "truncated" : suffix.substr(1)),
                net.synthesize(w, {}));
  };
  if (out.wanted("truncated_w")) {
    truncated("", net.info().default_psi, net.info().default_cutoff);
  }
  const auto score = [&](const nets::DiscriminatorOptions& options, const std::string& prefix) {
    if (!i.discriminator) return;
    const Var s = i.discriminator->score(images, labels, options);
    out.compare(prefix + "scores", ops::slice(s, 1, 0, 1));
    if (s.size(1) > 1) out.compare(prefix + "labels", ops::slice(s, 1, 1, s.size(1)));
  };
  score({}, "");
  for (const auto& [name, t] : g.below("out.")) {
    double psi = 0, lod = 0;
    int cut = 0;
    char kind[16] = {};
    if (std::sscanf(name.c_str(), "truncated_w_psi%lf_cut%d", &psi, &cut) == 2) {
      truncated(name.substr(std::string("truncated_w").size()), psi, cut);
    } else if (std::sscanf(name.c_str(), "images_mix_cut%d", &cut) == 1) {
      const Var other = net.map(input(g, "in.z2", r), labels, 1, -1);
      out.compare(name, net.synthesize(mixed(ws, other, cut), {}));
    } else if (std::sscanf(name.c_str(), "lod_%lf.%15s", &lod, kind) == 2) {
      const std::string prefix = name.substr(0, name.rfind('.') + 1);
      nets::SynthesisOptions options;
      options.lod = lod;
      if (std::string(kind) == "images") out.compare(name, net.synthesize(ws, options));
      nets::DiscriminatorOptions d_options;
      d_options.lod = lod;
      if (std::string(kind) == "scores") score(d_options, prefix);
    }
  }
  out.finish();
}

void run_stylegan23(const Golden& g, Report& r, const Imported& i) {
  Outputs out(g, r, 1e-4, 1e-9);
  const Var z = input(g, "in.z", r), c = optional_input(g, "in.c", r);
  const auto& net = *i.generators.at("G_ema");
  const Var ws = net.map(z, c, 1, -1);
  out.compare("ws", ws);
  out.compare("img", net.synthesize(ws, {}));
  for (const auto& [name, t] : g.below("out.")) {
    double psi = 0;
    if (std::sscanf(name.c_str(), "img_psi%lf", &psi) == 1) {
      out.compare(name, net.synthesize(net.map(z, c, psi, -1), {}));
    }
  }
  if (out.wanted("img_G")) {
    const auto& other = *i.generators.at("G");
    out.compare("img_G", other.synthesize(other.map(z, c, 1, -1), {}));
  }
  if (out.wanted("logits")) {
    const Var images = channels_last(input(g, "in.img", r));
    out.compare("logits", i.discriminator->score(images, optional_input(g, "in.img_c", r)));
  }
  out.finish();
}

// The official name of a tensor in that checkpoint's own terms; empty where there is none.
std::string rosinality_name(const std::string& role, const std::string& name, int resolution) {
  int i = 0, used = 0;
  char rest[64] = {};
  const auto level = [](int size) { return int(std::log2(size) + 0.5); };
  const auto layer = [](const std::string& head, const std::string& tail) -> std::string {
    if (tail == "weight") return head + ".conv.weight";
    if (tail == "affine.weight") return head + ".conv.modulation.weight";
    if (tail == "affine.bias") return head + ".conv.modulation.bias";
    if (tail == "noise_strength") return head + ".noise.weight";
    return tail == "bias" ? head + ".activate.bias" : "";
  };
  if (role == "D") {
    if (name == "b4.conv.weight") return "final_conv.0.weight";
    if (name == "b4.conv.bias") return "final_conv.1.bias";
    if (name.starts_with("b4.fc.")) return "final_linear.0." + name.substr(6);
    if (name.starts_with("b4.out.")) return "final_linear.1." + name.substr(7);
    if (std::sscanf(name.c_str(), "b%d.%n%63s", &i, &used, rest) < 2) return "";
    const std::string tail = rest, head = cat("convs.", level(resolution) - level(i) + 1, ".");
    if (tail == "fromrgb.weight") return "convs.0.0.weight";
    if (tail == "fromrgb.bias") return "convs.0.1.bias";
    if (tail == "conv0.weight") return head + "conv1.0.weight";
    if (tail == "conv0.bias") return head + "conv1.1.bias";
    if (tail == "conv1.weight") return head + "conv2.1.weight";
    if (tail == "conv1.bias") return head + "conv2.2.bias";
    return tail == "skip.weight" ? head + "skip.1.weight" : "";
  }
  if (std::sscanf(name.c_str(), "mapping.fc%d.%63s", &i, rest) == 2) {
    return cat("style.", i + 1, ".", rest);
  }
  if (name == "synthesis.b4.const") return "input.input";
  if (std::sscanf(name.c_str(), "synthesis.b%d.%63s", &i, rest) != 2) return "";
  const std::string tail = rest;
  const int l = level(i);
  if (tail.starts_with("torgb.")) {
    const std::string head = l == 2 ? "to_rgb1" : cat("to_rgbs.", l - 3);
    return tail == "torgb.bias" ? head + ".bias" : layer(head, tail.substr(6));
  }
  const bool second = tail.starts_with("conv1.");
  if (tail.ends_with("noise_const")) {
    return l == 2 ? "noises.noise_0" : cat("noises.noise_", 2 * l - (second ? 4 : 5));
  }
  return layer(l == 2 ? "conv1" : cat("convs.", 2 * (l - 3) + second), tail.substr(6));
}

}  // namespace

void run_pickle(const Golden& g, Report& r) {
  ag::NoGrad inference;
  const Imported i = import(g, r, g.text("pickle"));
  compare_weights(g, r, i.model);
  if (g.states("family"))
    run_progressive(g, r, i);
  else
    run_stylegan23(g, r, i);
}

void run_rosinality(const Golden& g, Report& r) {
  ag::NoGrad inference;
  const Imported i = import(g, r, g.text("file"));
  const auto expected = g.below("param.");
  for (const auto& [role, tensors] : i.model.networks) {
    for (const auto& [name, t] : tensors) {
      const std::string own = rosinality_name(role, name, std::stoi(g.text("size")));
      const auto found = expected.find(role + "." + own);
      if (own.empty() || found == expected.end()) continue;
      const rt::Tensor& e = found->second;  // the same numbers with axes of size 1 more
      r.exact(role + "." + name, t.numel() == e.numel() ? t.reshape(e.shape()) : t, e);
    }
  }
  Outputs out(g, r, 1e-4, 1e-7);
  const auto& net = *i.generators.at("G_ema");
  const Var z = input(g, "in.z", r), average = input(g, "in.truncation_latent", r);
  const Var ws = net.map(z, {}, 1, -1);
  const double psi = std::stod(g.text("truncation"));
  const Var w = first_row(ws), pulled = ops::lerp(average, w, psi);
  out.compare("w", w);
  out.compare("truncated_w", pulled);
  out.compare("images", net.synthesize(ws, {}));
  const int64_t n = w.size(0), dim = w.size(1), rows = ws.size(1);
  out.compare("images_truncated",
              net.synthesize(ops::expand(ops::reshape(pulled, {n, 1, dim}), {n, rows, dim}), {}));
  const Var other = net.map(input(g, "in.z2", r), {}, 1, -1);
  out.compare("images_mix",
              net.synthesize(mixed(ws, other, std::stoi(g.text("inject_index"))), {}));
  const auto& training = *i.generators.at("G");
  // The noise of G_ema serves both.
  out.compare("images_G", training.synthesize(training.map(z, {}, 1, -1), {}));
  out.compare("scores", i.discriminator->score(channels_last(input(g, "in.images", r)), {}));
  out.finish();
}

// The little network that the archive's weights belong to (metadata `network`).
static Var archive_network(const Golden& g, const Report& r, const io::pickle::Contents& c) {
  const auto tensor = [&](const std::string& name) {
    return channels_last(Var(c.tensors.at(name).to(r.setting().type).to(r.setting().device)));
  };
  Var x = channels_last(input(g, "in.x", r));
  x = ops::multiply(ops::subtract(x, tensor("mean")), tensor("scale"));
  for (int i = 0; i < 2; ++i) {
    const std::string layer = cat("layers.", i, ".");
    x = ops::conv2d(x, tensor(layer + "weight"),
                    ops::ConvOptions::same(c.values.at(layer + "stride"), 1));
    x = ops::bias_act(x, tensor(layer + "bias"), {.act = ops::Act::relu});
  }
  const Var features = ops::reshape(ops::mean(x, {1, 2}), {x.size(0), x.size(3)});
  const Var y = ops::matmul(features, tensor("head"), false, true);
  return ops::add(ops::scale(y, c.values.at("gain").get<double>()), tensor("table"));
}

void run_torch_file(const Golden& g, Report& r) {
  const std::string data = read_file(g.directory + "/" + g.text("file"));
  const auto contents = io::pickle::read_torch_file(data, g.text("file"));
  for (const auto& [name, expected] : g.below("out.")) {
    if (name.starts_with("result.")) continue;
    const auto found = contents.tensors.find(name);
    if (found == contents.tensors.end()) {
      r.check(name, false, "was not read");
      continue;
    }
    const rt::Tensor& got = found->second;
    // bfloat16 is stored as float32, exactly.
    r.exact(name, got.dtype() == rt::DType::bf16 ? got.to(rt::DType::f32) : got, expected);
  }
  if (g.has("out.result.y.f64")) {
    ag::NoGrad inference;
    r.compare("out.result.y", archive_network(g, r, contents).value(), g.tensor("out.result.y.f64"),
              r.setting().is_double() ? 1e-10 : 1e-5);
  }
  const json values = g.data("values");
  for (const auto& [name, value] : values.items()) {
    const auto found = contents.values.find(name);
    json got = found == contents.values.end() ? json() : found->second;
    if (name == "strides" && got.is_null()) {  // attributes of the layers, not of the network
      got = json::array();
      for (int i = 0; contents.values.count(cat("layers.", i, ".stride")); ++i) {
        got.push_back(contents.values.at(cat("layers.", i, ".stride")));
      }
    }
    r.check(name, got == value, "got " + got.dump() + ", expected " + value.dump());
  }
}

}  // namespace sgan::parity
