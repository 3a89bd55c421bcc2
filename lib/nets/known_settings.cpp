#include "lib/nets/known_settings.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "lib/rt/error.hpp"

namespace sgan::nets {
namespace {

using nlohmann::json;
using Names = std::vector<std::string>;

constexpr const char* progressive =
    "resolution num_channels label_size fmap_base fmap_decay fmap_max use_wscale fused_scale "
    "structure ";
constexpr const char* mapping =
    "mapping_kwargs.num_layers mapping_kwargs.embed_features mapping_kwargs.layer_features "
    "mapping_kwargs.activation mapping_kwargs.lr_multiplier ";
constexpr const char* later =
    "img_resolution img_channels c_dim channel_base channel_max "
    "conv_clamp num_fp16_res ";
constexpr const char* later_generator =
    "z_dim w_dim output_scale input mapping_kwargs.w_avg_beta magnitude_ema_beta ";

std::string text_of(Family family, bool generator, const json& args) {
  const std::string mbstd = "mbstd_group_size mbstd_num_features ";
  switch (family) {
    case Family::progan:
      return cat(
          progressive, "use_leakyrelu ",
          generator ? "latent_size normalize_latents use_pixelnorm pixelnorm_epsilon" : mbstd);
    case Family::stylegan1:
      return cat(progressive, "nonlinearity blur_filter ",
                 generator
                     ? "latent_size normalize_latents mapping_layers mapping_fmaps mapping_lrmul "
                       "mapping_nonlinearity dlatent_size use_styles const_input_layer "
                       "input_latent use_noise use_pixel_norm use_instance_norm truncation_psi "
                       "truncation_cutoff"
                     : mbstd);
    case Family::stylegan2:
      return cat(
          later, mapping, "channels architecture ",
          generator ? cat(later_generator, "use_noise magnitude_ema activation ", "resample_filter")
                    : "cmap_dim block_kwargs.activation block_kwargs.resample_filter "
                      "epilogue_kwargs.activation epilogue_kwargs.mbstd_group_size "
                      "epilogue_kwargs.mbstd_num_channels");
    case Family::stylegan3: {
      if (!generator) return text_of(Family::stylegan2, false, args);
      const bool doubling = args.value("layers", json("flexible")) == "doubling";
      return cat(later, later_generator, mapping,
                 "layers num_critical margin_size filter_size lrelu_upsampling conv_kernel "
                 "use_radial_filters upsample_first ",
                 doubling ? "" : "num_layers first_cutoff first_stopband last_stopband_rel");
    }
  }
  return "";
}

bool among(const Names& names, const std::string& name) {
  return std::binary_search(names.begin(), names.end(), name);
}

void check_below(const Names& names, const std::string& before, const json& changes,
                 const std::string& who) {
  for (const auto& [key, value] : changes.items()) {
    const std::string name = before + key;
    if (among(names, name)) continue;
    // Settings that others lie in.
    const bool has_inner = std::any_of(names.begin(), names.end(), [&](const std::string& known) {
      return known.starts_with(name + ".");
    });
    const bool synthesis = name == "synthesis_kwargs" && among(names, "output_scale");
    check(has_inner || synthesis, who, " has no setting '", name, "'; it has ", [&] {
      std::string all;
      for (const std::string& known : names) all += (all.empty() ? "" : ", ") + known;
      return all;
    }());
    check(value.is_object() || value.is_null(), "setting '", name, "': ", value.dump(),
          " is not an object of settings");
    if (value.is_object()) check_below(names, synthesis ? "" : name + ".", value, who);
  }
}

}  // namespace

Names known_settings(Family family, bool generator, const json& args) {
  std::istringstream text(text_of(family, generator, args));
  Names names;
  for (std::string name; text >> name;) names.push_back(name);
  std::sort(names.begin(), names.end());
  return names;
}

void check_known(Family family, bool generator, const json& changes, const json& args) {
  const Names names = known_settings(family, generator, args);
  check_below(names, "", changes,
              cat("a ", name_of(family), generator ? " generator" : " discriminator"));
  const auto table = changes.find("channels");
  if (table == changes.end() || !table->is_object()) return;
  for (const auto& [key, count] : table->items()) {
    bool fits = false;
    for (int side = 4; side <= args.value("img_resolution", 0); side *= 2) {
      fits |= key == std::to_string(side);
    }
    check(fits, "setting 'channels': '", key, "' is not a resolution of this network");
  }
}

}  // namespace sgan::nets
