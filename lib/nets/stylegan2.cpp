// StyleGAN2's generator (1912.04958): weight demodulation; orig, skip and resnet architectures, and
// the growing one of its Table 1, rows B to D. StyleGAN3's Table 3 (2106.12423) starts here: row B
// has "input": "fourier", C no noise, D "magnitude_ema".
#include <cmath>
#include <nlohmann/json.hpp>

#include "lib/nets/families.hpp"
#include "lib/nets/fourier.hpp"
#include "lib/nets/half.hpp"
#include "lib/nets/mapping.hpp"
#include "lib/nets/noise.hpp"
#include "lib/nets/progressive/layers.hpp"
#include "lib/nets/settings.hpp"
#include "lib/ops/cast.hpp"
#include "lib/ops/dense.hpp"
#include "lib/ops/layout.hpp"
#include "lib/ops/modulated_conv2d.hpp"
#include "lib/ops/reduce.hpp"

namespace sgan::nets {
namespace {

using ag::Var;
using nlohmann::json;

enum class Architecture { orig, skip, resnet, grow };

struct Settings {
  int z_dim, c_dim, w_dim, resolution, channels;
  Widths widths;
  Architecture architecture;
  double conv_clamp;
  double output_scale;
  int half_resolutions;
  bool use_noise;
  bool fourier;        // the input is fixed sinusoids, not a learned constant
  bool magnitude_ema;  // every convolution divides by the root of a running mean of its input's
                       // square, in the way and under the names of StyleGAN3
  ops::ActOptions act;
  std::vector<double> filter;
  MappingSettings mapping;
  int num_ws;

  static Settings from(const json& nested) {
    const json args = flattened(nested);
    Settings s{};
    s.z_dim = setting(args, "z_dim", 512, 1, 1 << 16);
    s.c_dim = setting(args, "c_dim", 0, 0, 1 << 20);
    s.w_dim = setting(args, "w_dim", 512, 1, 1 << 16);
    s.resolution = resolution_setting(args, "img_resolution", 1024);
    s.channels = setting(args, "img_channels", 3, 1, 1024);
    s.widths = Widths::from(args);
    const std::string architecture = setting(args, "architecture", std::string("skip"));
    if (architecture == "orig")
      s.architecture = Architecture::orig;
    else if (architecture == "skip")
      s.architecture = Architecture::skip;
    else if (architecture == "resnet")
      s.architecture = Architecture::resnet;
    else if (architecture == "grow")
      s.architecture = Architecture::grow;
    else
      fail("architecture '", architecture, "' is not one of orig, skip, resnet, grow");
    s.conv_clamp = clamp_setting(args, "conv_clamp", 256);
    s.output_scale = setting(args, "output_scale", 1.0);
    s.half_resolutions = setting(args, "num_fp16_res", 0, 0, 64);
    s.use_noise = setting(args, "use_noise", true);
    const std::string input = setting(args, "input", std::string("const"));
    check(input == "const" || input == "fourier", "setting 'input' is '", input,
          "', not one of const, fourier");
    s.fourier = input == "fourier";
    s.magnitude_ema = setting(args, "magnitude_ema", false);
    s.act = ops::ActOptions::of(ops::parse_act(setting(args, "activation", std::string("lrelu"))));
    s.filter = setting(args, "resample_filter", std::vector<double>{1, 3, 3, 1});
    check(!s.filter.empty(), "setting 'resample_filter' is empty");
    s.mapping = MappingSettings::from(setting(args, "mapping_kwargs", json::object()), s.z_dim,
                                      s.c_dim, s.w_dim, 8, true);
    s.num_ws = 2 * int(std::log2(s.resolution)) - 2;
    check(s.resolution >= 4, "resolution below 4");
    return s;
  }
  int width(int resolution) const { return widths.at(resolution); }
  // Row B: the frequencies fill a disc of cutoff 2, the band of the 4x4 map, and nothing but the
  // user moves them. The paper does not say whether their trainable mixing comes with row B or H;
  // it is here from the start, so that H adds the learned transform alone.
  FourierSettings input() const { return {width(4), 4, 4, 2, 0}; }
  bool has_torgb(int res) const {
    return res == resolution || architecture == Architecture::skip ||
           architecture == Architecture::grow;
  }
};

void layer_shapes(ShapeMap& shapes, const Settings& s, const std::string& name, int in, int out,
                  int res) {
  shapes[name + ".weight"] = {out, in, 3, 3};
  shapes[name + ".bias"] = {out};
  shapes[name + ".affine.weight"] = {in, s.w_dim};
  shapes[name + ".affine.bias"] = {in};
  if (s.magnitude_ema) shapes[name + ".magnitude_ema"] = {};
  if (s.use_noise) {
    shapes[name + ".noise_const"] = {res, res};
    shapes[name + ".noise_strength"] = {};
  }
}

ShapeMap shapes_of(const Settings& s) {
  ShapeMap shapes;
  for (const auto& [name, shape] : s.mapping.shapes()) shapes["mapping." + name] = shape;
  if (s.fourier) {
    for (const auto& [name, shape] : fourier_shapes(s.input())) {
      shapes["synthesis.input." + name] = shape;
    }
  }
  for (int res = 4; res <= s.resolution; res *= 2) {
    const std::string block = cat("synthesis.b", res, ".");
    const int in = s.width(res / 2), out = s.width(res);
    if (res == 4) {
      if (!s.fourier) shapes[block + "const"] = {out, 4, 4};
    } else {
      layer_shapes(shapes, s, block + "conv0", in, out, res);
      if (s.architecture == Architecture::resnet) shapes[block + "skip.weight"] = {out, in, 1, 1};
    }
    layer_shapes(shapes, s, block + "conv1", out, out, res);
    if (s.has_torgb(res)) {
      shapes[block + "torgb.weight"] = {s.channels, out, 1, 1};
      shapes[block + "torgb.bias"] = {s.channels};
      shapes[block + "torgb.affine.weight"] = {out, s.w_dim};
      shapes[block + "torgb.affine.bias"] = {out};
      if (s.magnitude_ema) shapes[block + "torgb.magnitude_ema"] = {};
    }
  }
  return shapes;
}

struct Layer {
  std::string name;  // "b8.conv0"
  Var weight, bias, affine_weight, affine_bias, magnitude_ema, noise, noise_strength;
  int resolution = 0, index = 0;  // index counts the layers with noise
};

struct Block {
  int resolution = 0;
  Var constant, skip;
  Layer conv0, conv1, torgb;
  bool has_conv0 = false, has_torgb = false;
};

class StyleGan2 : public Generator {
 public:
  StyleGan2(const Settings& s, Weights weights)
      : s_(s),
        weights_(std::move(weights)),
        mapping_(s.mapping, weights_),
        filter_(ops::setup_filter(s.filter)) {
    const ShapeMap shapes = shapes_of(s);
    const auto get = [&](const std::string& name) { return weights_.get(name, shapes.at(name)); };
    if (s.fourier) input_ = FourierInput(s.input(), weights_);
    int index = 0;
    const auto layer = [&](const std::string& name, int res, bool with_noise) {
      Layer l{.name = name.substr(std::string_view("synthesis.").size()),
              .weight = get(name + ".weight"),
              .bias = get(name + ".bias"),
              .affine_weight = get(name + ".affine.weight"),
              .affine_bias = get(name + ".affine.bias"),
              .resolution = res};
      if (s.magnitude_ema) l.magnitude_ema = get(name + ".magnitude_ema");
      if (with_noise && s.use_noise) {
        l.noise = ops::reshape(get(name + ".noise_const"), {1, res, res, 1});
        l.noise_strength = get(name + ".noise_strength");
        l.index = index++;
      }
      return l;
    };
    for (int res = 4; res <= s.resolution; res *= 2) {
      const std::string name = cat("synthesis.b", res, ".");
      Block b;
      b.resolution = res;
      if (res == 4) {
        if (!s.fourier) b.constant = get(name + "const");
      } else {
        b.conv0 = layer(name + "conv0", res, true);
        b.has_conv0 = true;
        if (s.architecture == Architecture::resnet) b.skip = get(name + "skip.weight");
      }
      b.conv1 = layer(name + "conv1", res, true);
      b.has_torgb = s.has_torgb(res);
      if (b.has_torgb) b.torgb = layer(name + "torgb", res, false);
      blocks_.push_back(b);
    }
    info_ = stylegan2_info_of(s);
    info_.has_average = mapping_.average().defined();
  }

  static GeneratorInfo stylegan2_info_of(const Settings& s) {
    GeneratorInfo info;
    info.family = Family::stylegan2;
    info.z_dim = s.z_dim;
    info.c_dim = s.c_dim;
    info.w_dim = s.w_dim;
    info.num_ws = s.num_ws;
    info.resolution = s.resolution;
    info.channels = s.channels;
    info.has_noise = s.use_noise;
    info.has_transform = s.fourier;
    info.bandwidth = s.fourier ? s.input().bandwidth : 0;
    info.has_half = true;
    info.half_resolutions = s.half_resolutions;
    info.has_lod = s.architecture == Architecture::grow;
    info.has_average = true;
    info.coarse_end_middle_end = {std::min(4, s.num_ws), std::min(8, s.num_ws)};
    return info;
  }

  Var map(const Var& z, const Var& labels, double psi, int cutoff) const override {
    return truncate(mapping_(z, labels), mapping_.average(), s_.num_ws, psi, cutoff);
  }

  Var synthesize(const Var& ws, const SynthesisOptions& options) const override {
    check(ws.rank() == 3 && ws.size(1) == s_.num_ws && ws.size(2) == s_.w_dim, "w of shape ",
          ws.shape(), ", the model wants [N, ", s_.num_ws, ", ", s_.w_dim, "]");
    const int64_t n = ws.size(0);
    const auto probe = [&](const std::string& name, const Var& v) {
      if (options.probe) options.probe(name, v);
    };
    const LayerTypes types(options.precision, s_.half_resolutions, s_.resolution, ws.dtype());
    int at = 0;
    const auto next_w = [&](int offset) {
      return ops::reshape(ops::slice(ws, 1, at + offset, at + offset + 1), {n, s_.w_dim});
    };
    Var x, image;
    for (const Block& b : blocks_) {
      if (image.defined() && hidden(b, options) && !options.probe) {
        // All that follows shows the coarser picture alone; it costs nothing.
        image = progressive::nearest_up(image, s_.resolution / int(image.size(1)));
        break;
      }
      const std::string name = cat("b", b.resolution);
      const rt::DType type = types.at(b.resolution);
      int used = 0;
      if (!x.defined() && s_.fourier) {
        x = input_(next_w(0), options.transform);
      } else if (!x.defined()) {
        x = ops::expand(ops::reshape(b.constant, {1, 4, 4, b.constant.size(2)}),
                        {n, 4, 4, b.constant.size(2)});
      }
      if (s_.architecture == Architecture::resnet && b.has_conv0) {
        const double half = std::sqrt(0.5);
        const Var scaled = scaled_as(type, b.skip, half / std::sqrt(double(b.skip.size(3))));
        x = ops::cast(x, type);
        const Var y = ops::conv2d_resample(x, scaled, filter_, {.up = 2, .flip_weight = false});
        x = layer(type, x, b.conv0, next_w(used++), 2, 1, options);
        x = ops::add(layer(type, x, b.conv1, next_w(used++), 1, half, options), y);
      } else {
        if (b.has_conv0) x = layer(type, x, b.conv0, next_w(used++), 2, 1, options);
        x = layer(type, x, b.conv1, next_w(used++), 1, 1, options);
      }
      probe(name + ".x", x);
      if (b.has_torgb) image = to_rgb(type, x, image, b, next_w(used), options);
      if (image.defined()) probe(name + ".img", image);
      at += used;
    }
    return s_.output_scale == 1 ? image : ops::scale(image, s_.output_scale);
  }

  rt::Tensor mean_w() const override {
    return mapping_.average().defined() ? mapping_.average().value() : rt::Tensor();
  }
  const std::map<std::string, Var>& parameters() const override { return weights_.used(); }

 private:
  ops::Modulation modulate(const Var& x, const Layer& l, const Var& styles, bool demodulate,
                           const SynthesisOptions& options) const {
    if (!s_.magnitude_ema) return ops::modulate_v2(l.weight, styles, demodulate);
    Var ema = l.magnitude_ema;
    if (options.update_magnitude) {
      ema = options.update_magnitude(l.name, ema, ops::cast(x, ema.dtype()));
    }
    return ops::modulate_v3(l.weight, styles, demodulate, ops::rsqrt(ema));
  }

  Var layer(rt::DType type, const Var& x, const Layer& l, const Var& w, int up, double gain,
            const SynthesisOptions& options) const {
    const auto modulation =
        modulate(x, l, ops::dense(w, l.affine_weight, l.affine_bias), true, options);
    ops::Epilogue epilogue{.bias = l.bias, .act = s_.act};
    epilogue.act.gain *= gain;
    const double clamp = layer_clamp(type, s_.conv_clamp);
    epilogue.act.clamp = clamp < 0 ? -1 : clamp * gain;
    if (l.noise.defined() && options.noise != NoiseMode::none) {
      epilogue.noise =
          options.noise == NoiseMode::constant
              ? l.noise
              : random_noise(options, l.index, x.size(0), l.resolution, w.dtype(), w.device());
      epilogue.noise_strength = l.noise_strength;
    }
    // The upsampling convolution is a true one, its weight flipped (golden notes, "Weights and
    // styles").
    return modulated_conv2d(type, x, l.weight, modulation, filter_,
                            {.up = up, .padding = ops::Padding::all(1), .flip_weight = up == 1},
                            epilogue);
  }

  Var to_rgb(rt::DType type, const Var& x, const Var& image, const Block& b, const Var& w,
             const SynthesisOptions& options) const {
    const Layer& l = b.torgb;
    const double gain = 1 / std::sqrt(double(l.weight.size(3)));
    const Var styles = ops::scale(ops::dense(w, l.affine_weight, l.affine_bias), gain);
    ops::Epilogue epilogue{.bias = l.bias, .act = {.clamp = layer_clamp(type, s_.conv_clamp)}};
    const auto modulation = modulate(x, l, styles, false, options);
    const Var rgb =
        ops::cast(modulated_conv2d(type, x, l.weight, modulation, {}, {}, epilogue), w.dtype());
    if (!image.defined()) return rgb;
    if (s_.architecture != Architecture::grow) {
      return ops::add(ops::upsample2d(image, filter_, 2), rgb);
    }
    // Fade-in: levels finer than the level of detail show the coarser picture, enlarged.
    static const ops::Filter box{{1, 1, 1, 1}, 2, 2, false};
    const Var coarse = ops::upfirdn2d(image, box, {.up_x = 2, .up_y = 2, .padding = {1, 0, 1, 0}});
    return ops::lerp(rgb, coarse, std::clamp(beyond(b, options), 0.0, 1.0));
  }

  // How far the level of detail lies beyond the block's own: 0 and below, it shows; 1, the coarser
  // picture takes its place.
  double beyond(const Block& b, const SynthesisOptions& options) const {
    const double lod = options.lod < 0 ? 0 : options.lod;
    return lod - std::log2(double(s_.resolution) / b.resolution);
  }
  bool hidden(const Block& b, const SynthesisOptions& options) const {
    return s_.architecture == Architecture::grow && beyond(b, options) >= 1;
  }

  Settings s_;
  Weights weights_;
  Mapping mapping_;
  FourierInput input_;
  ops::Filter filter_;
  std::vector<Block> blocks_;
};

}  // namespace

GeneratorInfo stylegan2_info(const json& args) {
  return StyleGan2::stylegan2_info_of(Settings::from(args));
}

std::unique_ptr<Generator> make_stylegan2(const json& args, Weights weights) {
  return std::make_unique<StyleGan2>(Settings::from(args), std::move(weights));
}

ShapeMap stylegan2_shapes(const json& args) { return shapes_of(Settings::from(args)); }

}  // namespace sgan::nets
