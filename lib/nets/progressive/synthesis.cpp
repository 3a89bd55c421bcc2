#include "lib/nets/progressive/synthesis.hpp"

#include <algorithm>
#include <cmath>

#include "lib/nets/noise.hpp"
#include "lib/ops/dense.hpp"
#include "lib/ops/layout.hpp"
#include "lib/ops/reduce.hpp"
#include "lib/ops/style_epilogue.hpp"

namespace sgan::nets::progressive {
namespace {

const double sqrt2 = std::sqrt(2.0);

Var row(const Var& ws, int index) {
  return ops::reshape(ops::slice(ws, 1, index, index + 1), {ws.size(0), ws.size(2)});
}

}  // namespace

GeneratorInfo common_info(const Settings& s) {
  GeneratorInfo info;
  info.family = s.family;
  info.z_dim = s.z_dim;
  info.c_dim = s.c_dim;
  info.w_dim = s.w_dim;
  info.num_ws = s.num_ws();
  info.resolution = s.resolution;
  info.channels = s.channels;
  info.has_noise = s.noise;
  info.has_lod = !s.fixed;
  // Coarse styles: 4 and 8 pixels; middle: 16 and 32 (1812.04948, figure 3).
  info.coarse_end_middle_end = {std::min(4, info.num_ws), std::min(8, info.num_ws)};
  return info;
}

void check_inputs(const Settings& s, const Var& z, const Var& labels) {
  check(z.rank() == 2 && z.size(1) == s.z_dim, "latents of shape ", z.shape(), " where [N, ",
        s.z_dim, "] is wanted");
  if (s.c_dim == 0) return;
  check(labels.defined(), "the model is conditional and needs labels of shape [N, ", s.c_dim, "]");
  check(labels.shape() == rt::Shape({z.size(0), s.c_dim}), "labels of shape ", labels.shape(),
        " where [", z.size(0), ", ", s.c_dim, "] is wanted");
}

Synthesis::Synthesis(const Settings& s, Weights& weights) : s_(s), blur_(normalized(s.blur)) {
  const ShapeMap shapes = generator_shapes(s);
  const auto get = [&](const std::string& name) { return weights.get(name, shapes.at(name)); };
  lod_ = model_lod(weights);
  for (int i = 0; i < s.num_layers(); ++i) {
    const std::string name = layer_scope(s, i);
    Layer layer;
    layer.resolution = 4 << (i / 2);
    layer.up = i > 1 && i % 2 == 0;
    layer.rotated = !s.fused(layer.resolution);
    layer.weight = get(name + (i == 0 && s.const_input ? "/const" : "/weight"));
    layer.bias = get(name + "/bias");
    if (i > 0) layer.gain = s.weight_gain(sqrt2, layer.weight.size(3) * 9);
    if (layer.up && !layer.weight.needs_grad()) {
      layer.kernel = up_kernel(layer.weight, layer.rotated);
    }
    if (s.noise) {
      layer.noise = get(s.prefix + "noise" + std::to_string(i));
      layer.noise_strength = get(name + "/Noise/weight");
    }
    if (s.styles) {
      layer.style_weight = get(name + "/StyleMod/weight");
      layer.style_bias = get(name + "/StyleMod/bias");
    }
    layers_.push_back(layer);
  }
  for (int level = 0; level < s.levels(); ++level) {
    const std::string name = s.prefix + "ToRGB_lod" + std::to_string(level);
    Rgb rgb{get(name + "/weight"), get(name + "/bias"), {}};
    if (!rgb.weight.needs_grad()) rgb.scaled = scaled_rgb(rgb.weight);
    rgb_.push_back(rgb);
  }
}

Var Synthesis::run(const Var& ws, const SynthesisOptions& options) const {
  check(ws.rank() == 3 && ws.size(1) == s_.num_ws() && ws.size(2) == s_.w_dim, "w of shape ",
        ws.shape(), " where [N, ", s_.num_ws(), ", ", s_.w_dim, "] is wanted");
  const Detail shown = detail(s_, options.lod < 0 ? lod_ : options.lod);
  const int last = 2 * (s_.levels() - shown.level) - 1;  // the finest layer that shows
  Var coarser;
  Var x = s_.z_input ? row(ws, s_.num_layers()) : Var();  // what the first layer reads instead of w
  for (int i = 0; i <= last; ++i) {
    const Var w = s_.styles || i == 0 ? row(ws, i) : Var();
    x = run_layer(i, x, w, ws.size(0), options);
    if (i + 2 == last && shown.blend > 0) coarser = to_rgb(shown.level + 1, x, options);
  }
  Var image = to_rgb(shown.level, x, options);
  if (coarser.defined()) image = ops::lerp(image, nearest_up(coarser, 2), shown.blend);
  return nearest_up(image, 1 << shown.level);
}

Var Synthesis::input(const Var& w, int64_t batch) const {
  const Layer& layer = layers_[0];
  if (s_.const_input) {
    rt::Shape shape = layer.weight.shape();
    shape[0] = batch;
    return ops::expand(layer.weight, shape);
  }
  // The gain is a quarter of the usual one, as in the original Theano implementation.
  const double in = s_.w_dim, gain = s_.weight_gain(sqrt2 / 4, s_.w_dim) * std::sqrt(in);
  const Var x = ops::dense(w, layer.weight, {}, 1, {}, gain);
  return ops::permute(ops::reshape(x, {batch, s_.features(2), 4, 4}), {0, 2, 3, 1});
}

Var Synthesis::convolve(const Layer& layer, const Var& x, bool scaled) const {
  const auto weight = [&](const Var& w) { return scaled ? ops::scale(w, layer.gain) : w; };
  if (!layer.up) return ops::style_conv(x, weight(layer.weight), 1, 1);
  const Var kernel = layer.kernel.defined() ? layer.kernel : up_kernel(layer.weight, layer.rotated);
  return ops::style_conv(x, weight(kernel), 2, 1);
}

Var Synthesis::noise(int index, int64_t batch, const SynthesisOptions& options) const {
  const Layer& layer = layers_[size_t(index)];
  if (!s_.noise || options.noise == NoiseMode::none) return {};
  if (options.noise == NoiseMode::constant) return layer.noise;
  const Var& like = layer.noise;
  return random_noise(options, index, batch, layer.resolution, like.dtype(), like.device());
}

Var Synthesis::run_layer(int index, const Var& x, const Var& w, int64_t batch,
                         const SynthesisOptions& options) const {
  const Layer& layer = layers_[size_t(index)];
  ops::StyleEpilogue e;
  Var y;
  if (index == 0) {
    y = input(x.defined() ? x : w, batch);
  } else {
    // Scaling the weight costs less, but where nothing is differentiated the epilogue scales for
    // free, and the weight keeps what was derived from it.
    const bool scaled = ag::recording() && (x.needs_grad() || layer.weight.needs_grad());
    y = convolve(layer, x, scaled);
    if (!scaled) e.gain = layer.gain;
    if (layer.up) e.blur = blur_;
  }
  e.noise = noise(index, batch, options);
  e.noise_strength = layer.noise_strength;
  e.bias = layer.bias;
  e.act = {.act = s_.act};
  e.pixel_norm = s_.pixel_norm;
  e.instance_norm = s_.instance_norm;
  e.pixel_norm_epsilon = s_.pixel_norm_epsilon;
  if (s_.styles) {
    const double gain = s_.weight_gain(1, s_.w_dim) * std::sqrt(double(s_.w_dim));
    e.style = ops::dense(w, layer.style_weight, layer.style_bias, 1, {}, gain);
  }
  if (options.probe) {
    e.probe = [&](const char* what, const Var& v) {
      options.probe(cat("layer", index, ".", what), v);
    };
    if (s_.styles) e.probe("style", e.style);
  }
  return ops::style_epilogue(y, e);
}

Var Synthesis::scaled_rgb(const Var& weight) const {
  return ops::scale(weight, s_.weight_gain(1, weight.size(3)));
}

Var Synthesis::to_rgb(int level, const Var& x, const SynthesisOptions& options) const {
  const Rgb& rgb = rgb_[size_t(level)];
  const Var weight = rgb.scaled.defined() ? rgb.scaled : scaled_rgb(rgb.weight);
  const Var image = ops::bias_act(ops::style_conv(x, weight, 1, 0), rgb.bias, {});
  if (options.probe) options.probe(cat("rgb_lod", level), image);
  return image;
}

}  // namespace sgan::nets::progressive
