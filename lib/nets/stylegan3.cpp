// StyleGAN3's generator (2106.12423): Fourier features under a learned transform, modulated
// convolutions, filtered nonlinearities; configurations T and R and what their settings span, rows
// E to H of its Table 3 among it. Rows A to D are StyleGAN2's networks.
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "lib/nets/families.hpp"
#include "lib/nets/fourier.hpp"
#include "lib/nets/half.hpp"
#include "lib/nets/mapping.hpp"
#include "lib/nets/settings.hpp"
#include "lib/nets/stylegan3_layers.hpp"
#include "lib/ops/cast.hpp"
#include "lib/ops/dense.hpp"
#include "lib/ops/filtered_lrelu.hpp"
#include "lib/ops/layout.hpp"
#include "lib/ops/modulated_conv2d.hpp"
#include "lib/ops/reduce.hpp"

namespace sgan::nets {
namespace {

using ag::Var;
using nlohmann::json;

struct Settings {
  int z_dim, c_dim, w_dim, resolution, channels;
  double conv_clamp, output_scale;
  int half_resolutions;
  MappingSettings mapping;
  Stylegan3Table table;
  bool doubling;     // layers at StyleGAN2's sampling rates
  bool transformed;  // the first w row turns and shifts the input (from row H on)
  int num_ws;

  static Settings from(const json& nested) {
    const json args = flattened(nested);
    Settings s{};
    s.z_dim = setting(args, "z_dim", 512, 1, 1 << 16);
    s.c_dim = setting(args, "c_dim", 0, 0, 1 << 20);
    s.w_dim = setting(args, "w_dim", 512, 1, 1 << 16);
    s.resolution = resolution_setting(args, "img_resolution", 256);
    s.channels = setting(args, "img_channels", 3, 1, 1024);
    s.conv_clamp = clamp_setting(args, "conv_clamp", 256);
    s.output_scale = setting(args, "output_scale", 0.25);
    s.half_resolutions = setting(args, "num_fp16_res", 0, 0, 64);
    s.mapping = MappingSettings::from(setting(args, "mapping_kwargs", json::object()), s.z_dim,
                                      s.c_dim, s.w_dim, 2, true);
    s.table = stylegan3_table(args);
    const std::string input = setting(args, "input", std::string("transformed"));
    check(input == "transformed" || input == "fourier", "setting 'input' is '", input,
          "', not one of transformed, fourier");
    s.transformed = input == "transformed";
    s.doubling = setting(args, "layers", std::string()) == "doubling";
    s.num_ws = int(s.table.layers.size()) + s.transformed;
    return s;
  }
  FourierSettings input() const {
    const auto& in = table.input;
    return {in.channels, in.size, in.sampling_rate, in.bandwidth, transformed ? w_dim : 0};
  }
};

ShapeMap shapes_of(const Settings& s) {
  ShapeMap shapes;
  for (const auto& [name, shape] : s.mapping.shapes()) shapes["mapping." + name] = shape;
  for (const auto& [name, shape] : fourier_shapes(s.input())) {
    shapes["synthesis.input." + name] = shape;
  }
  for (const Stylegan3Layer& l : s.table.layers) {
    const std::string name = "synthesis." + l.name;
    shapes[name + ".weight"] = {l.out_channels, l.in_channels, l.conv_kernel, l.conv_kernel};
    shapes[name + ".bias"] = {l.out_channels};
    shapes[name + ".affine.weight"] = {l.in_channels, s.w_dim};
    shapes[name + ".affine.bias"] = {l.in_channels};
    shapes[name + ".magnitude_ema"] = {};
  }
  return shapes;
}

struct Layer {
  Stylegan3Layer spec;
  Var weight, bias, affine_weight, affine_bias, magnitude_ema;
  ops::Filter up, down;
};

class StyleGan3 : public Generator {
 public:
  StyleGan3(const Settings& s, Weights weights)
      : s_(s),
        weights_(std::move(weights)),
        mapping_(s.mapping, weights_),
        input_(s.input(), weights_) {
    const ShapeMap shapes = shapes_of(s);
    const auto get = [&](const std::string& name) { return weights_.get(name, shapes.at(name)); };
    for (const Stylegan3Layer& spec : s.table.layers) {
      const std::string name = "synthesis." + spec.name;
      layers_.push_back({spec, get(name + ".weight"), get(name + ".bias"),
                         get(name + ".affine.weight"), get(name + ".affine.bias"),
                         get(name + ".magnitude_ema"),
                         filter(name + ".up_filter", spec.up_taps, false),
                         filter(name + ".down_filter", spec.down_taps, spec.down_radial)});
      // The file's filters are the design rounded to float32; without them the design itself is
      // used.
      if (!layers_.back().up.defined()) layers_.back().up = spec.up_filter();
      if (!layers_.back().down.defined()) layers_.back().down = spec.down_filter();
    }
    info_ = info_of(s);
    info_.has_average = mapping_.average().defined();
  }

  static GeneratorInfo info_of(const Settings& s) {
    GeneratorInfo info;
    info.family = Family::stylegan3;
    info.z_dim = s.z_dim;
    info.c_dim = s.c_dim;
    info.w_dim = s.w_dim;
    info.num_ws = s.num_ws;
    info.resolution = s.resolution;
    info.channels = s.channels;
    info.has_transform = true;
    info.has_half = true;
    info.half_resolutions = s.half_resolutions;
    info.has_average = true;
    info.bandwidth = s.table.input.bandwidth;
    // At StyleGAN2's sampling rates its division: up to 8 pixels, up to 32.
    const int coarse = s.doubling ? 3 + s.transformed : 6;
    const int middle = s.doubling ? 7 + s.transformed : 11;
    info.coarse_end_middle_end = {std::min(coarse, s.num_ws), std::min(middle, s.num_ws)};
    return info;
  }

  Var map(const Var& z, const Var& labels, double psi, int cutoff) const override {
    return truncate(mapping_(z, labels), mapping_.average(), s_.num_ws, psi, cutoff);
  }

  Var synthesize(const Var& ws, const SynthesisOptions& options) const override {
    check(ws.rank() == 3 && ws.size(1) == s_.num_ws && ws.size(2) == s_.w_dim, "w of shape ",
          ws.shape(), ", the model wants [N, ", s_.num_ws, ", ", s_.w_dim, "]");
    const auto row = [&](size_t i) {
      return ops::reshape(ops::slice(ws, 1, int64_t(i), int64_t(i) + 1), {ws.size(0), s_.w_dim});
    };
    const auto probe = [&](const std::string& name, const Var& v) {
      if (options.probe) options.probe(name, v);
    };
    const LayerTypes types(options.precision, s_.half_resolutions, s_.resolution, ws.dtype());
    Var x = input_(row(0), options.transform);
    probe("input", x);
    for (size_t i = 0; i < layers_.size(); ++i) {
      const rt::DType type = types.at(layers_[i].spec.out_sampling_rate);
      x = layer(type, x, layers_[i], row(i + s_.transformed), options);
      probe(layers_[i].spec.name, x);
    }
    x = ops::cast(x, ws.dtype());
    return s_.output_scale == 1 ? x : ops::scale(x, s_.output_scale);
  }

  rt::Tensor mean_w() const override {
    return mapping_.average().defined() ? mapping_.average().value() : rt::Tensor();
  }
  const std::map<std::string, Var>& parameters() const override { return weights_.used(); }

 private:
  Var layer(rt::DType type, const Var& x, const Layer& l, const Var& w,
            const SynthesisOptions& options) const {
    const Stylegan3Layer& spec = l.spec;
    Var ema = l.magnitude_ema;
    if (options.update_magnitude) {
      ema = options.update_magnitude(spec.name, ema, ops::cast(x, ema.dtype()));
    }
    Var styles = ops::dense(w, l.affine_weight, l.affine_bias);
    if (spec.is_torgb) {
      styles = ops::scale(
          styles, 1 / std::sqrt(double(spec.in_channels) * spec.conv_kernel * spec.conv_kernel));
    }
    const auto modulation = ops::modulate_v3(l.weight, styles, !spec.is_torgb, ops::rsqrt(ema));
    if (spec.upsample_first) return enlarge_first(type, x, l, modulation);
    const Var y = modulated_conv2d(type, x, l.weight, modulation, {},
                                   {.padding = ops::Padding::all(spec.conv_kernel - 1)});
    return ops::filtered_lrelu(
        y, scaled_as(type, l.bias, 1), l.up, l.down,
        {.up = spec.up_factor,
         .down = spec.down_factor,
         .padding = {spec.padding[0], spec.padding[1], spec.padding[2], spec.padding[3]},
         .gain = spec.is_torgb ? 1 : std::numbers::sqrt2,
         .slope = spec.is_torgb ? 1 : 0.2,
         .clamp = layer_clamp(type, s_.conv_clamp)});
  }

  // Row E. What is left of the margin after enlarging is cropped.
  Var enlarge_first(rt::DType type, Var x, const Layer& l,
                    const ops::Modulation& modulation) const {
    const Stylegan3Layer& spec = l.spec;
    int64_t pad = spec.conv_kernel / 2 - (spec.in_size * spec.up_factor - spec.out_size) / 2;
    if (spec.up_factor == 1 && pad < 0) {
      x = ops::pad(x, {0, pad, pad, 0}, {0, pad, pad, 0});
      pad = 0;
    }
    const ops::Epilogue epilogue{.bias = l.bias,
                                 .act = {.act = ops::Act::lrelu,
                                         .gain = std::numbers::sqrt2,
                                         .clamp = layer_clamp(type, s_.conv_clamp)}};
    return modulated_conv2d(type, x, l.weight, modulation, l.up,
                            {.up = spec.up_factor, .padding = ops::Padding::all(pad)}, epilogue);
  }

  ops::Filter filter(const std::string& name, int taps, bool radial) {
    if (taps == 1 || !weights_.has(name)) return {};
    return weights_.filter(name, radial ? rt::Shape{taps, taps} : rt::Shape{taps});
  }

  Settings s_;
  Weights weights_;
  Mapping mapping_;
  FourierInput input_;
  std::vector<Layer> layers_;
};

}  // namespace

GeneratorInfo stylegan3_info(const json& args) { return StyleGan3::info_of(Settings::from(args)); }

std::unique_ptr<Generator> make_stylegan3(const json& args, Weights weights) {
  return std::make_unique<StyleGan3>(Settings::from(args), std::move(weights));
}

ShapeMap stylegan3_shapes(const json& args) { return shapes_of(Settings::from(args)); }

}  // namespace sgan::nets
