#include "lib/nets/progressive/synthesis.hpp"

#include <algorithm>
#include <cmath>

#include "lib/ops/dense.hpp"
#include "lib/ops/layout.hpp"
#include "lib/ops/linear.hpp"
#include "lib/ops/reduce.hpp"
#include "lib/rt/philox.hpp"

namespace sgan::nets::progressive {
namespace {

const double sqrt2 = std::sqrt(2.0);

// x - mean over the pixels, divided by the standard deviation (biased).
Var instance_norm(const Var& x) {
  const Var centred = ops::subtract(x, ops::mean(x, {1, 2}));
  const Var variance = ops::mean(ops::square(centred), {1, 2});
  return ops::multiply(centred, ops::rsqrt(ops::affine(variance, 1, 1e-8)));
}

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

Synthesis::Synthesis(const Settings& s, Weights& weights) : s_(s), blur_(blur_filter(s)) {
  const ShapeMap shapes = generator_shapes(s);
  const auto get = [&](const std::string& name) { return weights.get(name, shapes.at(name)); };
  if (weights.has("lod")) lod_ = get("lod").value().item();
  check(std::isfinite(lod_), "the model's level of detail is ", lod_);
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
    rgb_.push_back({get(name + "/weight"), get(name + "/bias")});
  }
}

Var Synthesis::run(const Var& ws, const SynthesisOptions& options) const {
  check(ws.rank() == 3 && ws.size(1) == s_.num_ws() && ws.size(2) == s_.w_dim, "w of shape ",
        ws.shape(), " where [N, ", s_.num_ws(), ", ", s_.w_dim, "] is wanted");
  const Detail shown = detail(s_, options.lod < 0 ? lod_ : options.lod);
  const int last = 2 * (s_.levels() - shown.level) - 1;  // the finest layer that shows
  Var x, coarser;
  for (int i = 0; i <= last; ++i) {
    const Var w = s_.styles || i == 0 ? row(ws, i) : Var();
    x = epilogue(i, i == 0 ? input(w, ws.size(0)) : convolve(layers_[size_t(i)], x), w, options);
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

Var Synthesis::convolve(const Layer& layer, const Var& x) const {
  if (!layer.up) {
    return ops::conv2d(x, ops::scale(layer.weight, layer.gain), ops::ConvOptions::same(1, 1));
  }
  const Var kernel = layer.kernel.defined() ? layer.kernel : up_kernel(layer.weight, layer.rotated);
  return blur(up_conv(x, ops::scale(kernel, layer.gain)), blur_);
}

Var Synthesis::add_noise(int index, const Var& x, const SynthesisOptions& options) const {
  const Layer& layer = layers_[size_t(index)];
  Var noise = layer.noise;
  if (options.noise == NoiseMode::random) {
    const int64_t pixels = int64_t{1} * layer.resolution * layer.resolution;
    rt::Tensor normal({x.size(0), layer.resolution, layer.resolution, 1}, rt::DType::f32,
                      x.device());
    rt::fill_normal(normal, options.noise_seed, uint64_t(index),
                    uint64_t(options.first_index * pixels));
    noise = Var(normal.to(x.dtype()));
  }
  return ops::add(x, ops::multiply(noise, layer.noise_strength));
}

Var Synthesis::epilogue(int index, Var x, const Var& w, const SynthesisOptions& options) const {
  const Layer& layer = layers_[size_t(index)];
  const auto show = [&](const char* what, const Var& v) {
    if (options.probe) options.probe(cat("layer", index, ".", what), v);
  };
  show("conv", x);
  if (s_.noise && options.noise != NoiseMode::none) {
    x = add_noise(index, x, options);
    show("noise", x);
  }
  x = ops::bias_act(x, layer.bias, {.act = s_.act});
  show("act", x);
  if (s_.pixel_norm) x = ops::normalize_2nd_moment(x, -1, s_.pixel_norm_epsilon);
  if (s_.instance_norm) {
    x = instance_norm(x);
    show("inorm", x);
  }
  if (s_.styles) {
    const int64_t c = x.size(3);
    const double gain = s_.weight_gain(1, s_.w_dim) * std::sqrt(double(s_.w_dim));
    const Var style = ops::dense(w, layer.style_weight, layer.style_bias, 1, {}, gain);
    show("style", style);
    const auto half = [&](int64_t begin) {
      return ops::reshape(ops::slice(style, 1, begin, begin + c), {-1, 1, 1, c});
    };
    x = ops::add(ops::multiply(x, ops::affine(half(0), 1, 1)), half(c));
  }
  show("out", x);
  return x;
}

Var Synthesis::to_rgb(int level, const Var& x, const SynthesisOptions& options) const {
  const Rgb& rgb = rgb_[size_t(level)];
  const Var weight = ops::scale(rgb.weight, s_.weight_gain(1, rgb.weight.size(3)));
  const Var image = ops::bias_act(ops::conv2d(x, weight), rgb.bias, {});
  if (options.probe) options.probe(cat("rgb_lod", level), image);
  return image;
}

}  // namespace sgan::nets::progressive
