#include "lib/nets/progressive/settings.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace sgan::nets::progressive {
namespace {

using nlohmann::json;

// Absent and null mean the default.
template <class T>
T value(const json& args, const char* key, T fallback) {
  if (!args.contains(key) || args[key].is_null()) return fallback;
  try {
    return args[key].get<T>();
  } catch (const json::exception&) {
    fail("the model's settings: ", key, ": ", args[key].dump(), " is not of the right kind");
  }
}

int count(const json& args, const char* key, int fallback, int least, int most) {
  const double v = value(args, key, double(fallback));
  check(v == std::floor(v) && v >= least && v <= most, "the model's settings: ", key, " is ", v,
        ", not a whole number from ", least, " to ", most);
  return int(v);
}

ops::Act activation(const std::string& name) {
  check(name == "lrelu" || name == "relu", "the model's settings: nonlinearity '", name,
        "' is neither lrelu nor relu");
  return ops::parse_act(name);
}

Fuse fuse(const json& args, Fuse fallback) {
  if (!args.contains("fused_scale") || args["fused_scale"].is_null()) return fallback;
  const json& v = args["fused_scale"];
  if (v.is_string()) {
    check(v == "auto", "the model's settings: fused_scale is neither true, false nor \"auto\"");
    return Fuse::automatic;
  }
  return value(args, "fused_scale", false) ? Fuse::always : Fuse::never;
}

// What generator and discriminator of both generations have in common.
Settings common(Family family, const json& args, int channels, int resolution) {
  const bool progan = family == Family::progan;
  Settings s;
  s.family = family;
  s.channels = count(args, "num_channels", channels, 1, 1 << 16);
  s.resolution = count(args, "resolution", resolution, 4, 1 << 14);
  check((s.resolution & (s.resolution - 1)) == 0, "the model's settings: resolution ", s.resolution,
        " is not a power of two");
  s.c_dim = count(args, "label_size", 0, 0, 1 << 20);
  s.fmap_base = value(args, "fmap_base", 8192.0);
  s.fmap_decay = value(args, "fmap_decay", 1.0);
  s.fmap_max = count(args, "fmap_max", 512, 1, 1 << 16);
  check(s.fmap_base >= 1 && s.fmap_base <= (1 << 24) && std::abs(s.fmap_decay) <= 16,
        "the model's settings: fmap_base ", s.fmap_base, ", fmap_decay ", s.fmap_decay);
  s.wscale = value(args, "use_wscale", true);
  s.act = progan ? (value(args, "use_leakyrelu", true) ? ops::Act::lrelu : ops::Act::relu)
                 : activation(value<std::string>(args, "nonlinearity", "lrelu"));
  s.fuse = fuse(args, progan ? Fuse::always : Fuse::automatic);
  s.fixed = value<std::string>(args, "structure", "auto") == "fixed";
  if (!progan) {
    s.blur = {1, 2, 1};
    if (args.contains("blur_filter")) {  // null: none
      s.blur = value(args, "blur_filter", std::vector<double>{});
      double sum = 0;
      for (double tap : s.blur) sum += tap;
      check(s.blur.empty() || (std::isfinite(sum) && sum != 0),
            "the model's settings: the taps of blur_filter sum to ", sum);
    }
  }
  for (int log2 = 2; log2 <= s.log2_resolution(); ++log2) {
    check(s.features(log2) >= 1, "the model's settings: fmap_base ", s.fmap_base,
          " leaves no channels at resolution ", 1 << log2);
  }
  return s;
}

}  // namespace

int Settings::log2_resolution() const { return int(std::lround(std::log2(resolution))); }

int Settings::fmaps(int stage) const {
  return int(std::min(std::floor(fmap_base / std::pow(2.0, stage * fmap_decay)), double(fmap_max)));
}

bool Settings::fused(int larger_side) const {
  return fuse == Fuse::always || (fuse == Fuse::automatic && larger_side >= 128);
}

double Settings::weight_gain(double gain, int64_t fan_in) const {
  return wscale ? gain / std::sqrt(double(fan_in)) : 1;
}

Settings generator_settings(Family family, const json& args) {
  const bool progan = family == Family::progan;
  Settings s = common(family, args, progan ? 1 : 3, progan ? 32 : 1024);
  s.normalize_latents = value(args, "normalize_latents", true);
  if (progan) {
    s.z_dim = count(args, "latent_size", s.fmaps(0), 1, 1 << 16);
    s.w_dim = s.z_dim + s.c_dim;
    s.pixel_norm = value(args, "use_pixelnorm", true);
    s.pixel_norm_epsilon = value(args, "pixelnorm_epsilon", 1e-8);
    check(s.pixel_norm_epsilon >= 0, "the model's settings: pixelnorm_epsilon ",
          s.pixel_norm_epsilon, " is negative");
    return s;
  }
  s.prefix = "synthesis/";
  s.z_dim = count(args, "latent_size", 512, 1, 1 << 16);
  s.mapping_layers = count(args, "mapping_layers", 8, 0, 64);
  s.mapping_fmaps = count(args, "mapping_fmaps", 512, 1, 1 << 16);
  s.mapping_lrmul = value(args, "mapping_lrmul", 0.01);
  s.mapping_act = activation(value<std::string>(args, "mapping_nonlinearity", "lrelu"));
  // Without layers the mapping network hands on the latent with its embedded label.
  s.w_dim =
      s.mapping_layers ? count(args, "dlatent_size", 512, 1, 1 << 16) : s.z_dim * (s.c_dim ? 2 : 1);
  s.styles = value(args, "use_styles", true);
  s.const_input = value(args, "const_input_layer", true);
  const auto input = value<std::string>(args, "input_latent", "w");
  check(input == "w" || input == "z", "the model's settings: input_latent '", input,
        "' is neither w nor z");
  s.z_input = s.styles && !s.const_input && input == "z";
  check(!s.z_input || s.z_dim == s.w_dim, "the model's settings: input_latent z wants latent_size ",
        s.z_dim, " and dlatent_size ", s.w_dim, " to be equal");
  s.noise = value(args, "use_noise", true);
  s.pixel_norm = value(args, "use_pixel_norm", false);
  s.instance_norm = value(args, "use_instance_norm", true);
  // null switches truncation off.
  const auto given = [&](const char* key) { return args.contains(key) && args[key].is_null(); };
  if (!given("truncation_psi") && !given("truncation_cutoff")) {
    s.psi = value(args, "truncation_psi", 0.7);
    s.cutoff = count(args, "truncation_cutoff", 8, 0, 1 << 16);
  }
  return s;
}

Settings discriminator_settings(Family family, const json& args) {
  Settings s = common(family, args, 1, 32);
  s.mbstd_group = count(args, "mbstd_group_size", 4, 0, 1 << 20);
  s.mbstd_features = count(args, "mbstd_num_features", 1, 1, 1 << 16);
  check(s.mbstd_group <= 1 || s.features(2) % s.mbstd_features == 0,
        "the model's settings: ", s.features(2), " channels do not split into ", s.mbstd_features,
        " minibatch statistics");
  return s;
}

}  // namespace sgan::nets::progressive
