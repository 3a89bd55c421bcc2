#include "lib/nets/mapping.hpp"

#include <nlohmann/json.hpp>

#include "lib/nets/settings.hpp"
#include "lib/ops/dense.hpp"
#include "lib/ops/layout.hpp"
#include "lib/ops/reduce.hpp"

namespace sgan::nets {

using ag::Var;
using nlohmann::json;

MappingSettings MappingSettings::from(const json& kwargs, int z_dim, int c_dim, int w_dim,
                                      int default_layers, bool has_average) {
  MappingSettings s;
  s.z_dim = z_dim;
  s.c_dim = c_dim;
  s.w_dim = w_dim;
  s.num_layers = setting(kwargs, "num_layers", default_layers, 0, 64);
  s.embed_features = c_dim ? setting(kwargs, "embed_features", w_dim, 1, 1 << 16) : 0;
  s.layer_features = setting(kwargs, "layer_features", w_dim, 1, 1 << 16);
  s.act = ops::ActOptions::of(ops::parse_act(setting(kwargs, "activation", std::string("lrelu"))));
  s.lr_multiplier = setting(kwargs, "lr_multiplier", 0.01);
  s.w_avg_beta = setting(kwargs, "w_avg_beta", 0.998);
  s.has_average = has_average;
  check(z_dim + c_dim > 0, "the mapping network has neither latent nor label");
  return s;
}

std::map<std::string, rt::Shape> MappingSettings::shapes() const {
  std::map<std::string, rt::Shape> shapes;
  if (c_dim) {
    shapes["embed.weight"] = {embed_features, c_dim};
    shapes["embed.bias"] = {embed_features};
  }
  int in = z_dim + embed_features;
  for (int i = 0; i < num_layers; ++i) {
    const int out = i + 1 == num_layers ? w_dim : layer_features;
    shapes[cat("fc", i, ".weight")] = {out, in};
    shapes[cat("fc", i, ".bias")] = {out};
    in = out;
  }
  if (has_average) shapes["w_avg"] = {w_dim};
  return shapes;
}

Mapping::Mapping(const MappingSettings& settings, Weights& weights) : settings_(settings) {
  const auto shapes = settings.shapes();
  const auto get = [&](const std::string& name) {
    return weights.get("mapping." + name, shapes.at(name));
  };
  if (settings.c_dim) embed_ = {get("embed.weight"), get("embed.bias")};
  for (int i = 0; i < settings.num_layers; ++i) {
    layers_.push_back({get(cat("fc", i, ".weight")), get(cat("fc", i, ".bias"))});
  }
  // Some foreign files carry no average; truncation then says so.
  if (settings.has_average && weights.has("mapping.w_avg")) average_ = get("w_avg");
}

Var Mapping::operator()(const Var& z, const Var& labels) const {
  Var x;
  if (settings_.z_dim) {
    check(z.defined() && z.rank() == 2 && z.size(1) == settings_.z_dim, "latents of shape ",
          z.defined() ? z.shape() : rt::Shape{}, ", the model wants [N, ", settings_.z_dim, "]");
    x = ops::normalize_2nd_moment(z);
  }
  if (settings_.c_dim) {
    check(labels.defined() && labels.rank() == 2 && labels.size(1) == settings_.c_dim,
          "the model needs class labels of shape [N, ", settings_.c_dim, "]");
    const Var y = ops::normalize_2nd_moment(ops::dense(labels, embed_.weight, embed_.bias));
    x = x.defined() ? ops::concat({x, y}, 1) : y;
  }
  for (const Layer& layer : layers_) {
    x = ops::dense(x, layer.weight, layer.bias, settings_.lr_multiplier, settings_.act);
  }
  return x;
}

Var truncate(const Var& w, const Var& average, int num_ws, double psi, int cutoff) {
  const int64_t n = w.size(0), dim = w.size(1);
  const Var row = ops::reshape(w, {n, 1, dim});
  if (psi == 1 || cutoff == 0) return ops::expand(row, {n, num_ws, dim});
  check(average.defined(), "the model has no mean w, so that truncation means nothing; use psi 1");
  const Var pulled = ops::lerp(average, row, psi);
  const int64_t count = cutoff < 0 || cutoff > num_ws ? num_ws : cutoff;
  const Var truncated = ops::expand(pulled, {n, count, dim});
  if (count == num_ws) return truncated;
  return ops::concat({truncated, ops::expand(row, {n, num_ws - count, dim})}, 1);
}

}  // namespace sgan::nets
