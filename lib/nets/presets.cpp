#include "lib/nets/presets.hpp"

#include <algorithm>
#include <cmath>

#include "lib/nets/settings.hpp"

namespace sgan::nets {
namespace {

using nlohmann::json;

constexpr Family P = Family::progan, S1 = Family::stylegan1, S2 = Family::stylegan2,
                 S3 = Family::stylegan3;

// A row says how it differs from the row that it is based on ("": from nothing). Rows that change
// the training alone have no settings of their own.
struct Row {
  const char *name, *base;
  Family family, discriminator_family;
  const char *summary, *generator, *discriminator;
};

// Left open by the papers, and chosen here:
// - StyleGAN1, row C: the style of a layer replaces pixel norm by AdaIN, and z feeds the input
// layer
//   as it does in row B; the official code's option of feeding w instead is "input_latent": "w".
// - StyleGAN2, rows B to D: their discriminator is StyleGAN1's, filters included.
// - StyleGAN3, row D: StyleGAN3 scales its picture by 1/4. The factor belongs with the normalised
//   magnitudes, so it comes with them.
// - StyleGAN3, table 3 is based on StyleGAN2's row F with all of its feature maps.
constexpr Row rows[] = {
    {"progan", "", P, P, "progressive growing", R"({"fmap_base": 8192, "fmap_max": 512})",
     R"({"fmap_base": 8192, "fmap_max": 512})"},

    {"stylegan1-a", "progan", P, P, "the ProGAN baseline", "{}", "{}"},
    {"stylegan1-b", "", S1, S1, "tuning: binomial filters, longer training",
     R"({"fmap_base": 8192, "fmap_max": 512, "blur_filter": [1, 2, 1], "mapping_layers": 0,
         "use_styles": false, "const_input_layer": false, "input_latent": "z", "use_noise": false,
         "use_pixel_norm": true, "use_instance_norm": false, "truncation_psi": null})",
     R"({"fmap_base": 8192, "fmap_max": 512, "blur_filter": [1, 2, 1]})"},
    {"stylegan1-c", "stylegan1-b", S1, S1, "mapping network and styles",
     R"({"mapping_layers": 8, "use_styles": true, "use_pixel_norm": false,
         "use_instance_norm": true, "truncation_psi": 0.7})",
     "{}"},
    {"stylegan1-d", "stylegan1-c", S1, S1, "learned constant instead of the latent input",
     R"({"const_input_layer": true})", "{}"},
    {"stylegan1-e", "stylegan1-d", S1, S1, "noise inputs", R"({"use_noise": true})", "{}"},
    {"stylegan1-f", "stylegan1-e", S1, S1, "mixing regularisation", "{}", "{}"},

    {"stylegan2-a", "stylegan1-f", S1, S1, "the StyleGAN1 baseline", "{}", "{}"},
    {"stylegan2-b", "", S2, S1, "weight demodulation; still grows",
     R"({"channel_base": 16384, "channel_max": 512, "mapping_kwargs": {"num_layers": 8},
         "architecture": "grow", "conv_clamp": 256})",
     R"({"fmap_base": 8192, "fmap_max": 512, "blur_filter": [1, 2, 1]})"},
    {"stylegan2-c", "stylegan2-b", S2, S1, "lazy regularisation", "{}", "{}"},
    {"stylegan2-d", "stylegan2-c", S2, S1, "path length regularisation", "{}", "{}"},
    {"stylegan2-e", "", S2, S2, "no growing: G skip, D resnet",
     R"({"channel_base": 16384, "channel_max": 512, "mapping_kwargs": {"num_layers": 8},
         "architecture": "skip", "conv_clamp": 256})",
     R"({"channel_base": 16384, "channel_max": 512, "architecture": "resnet",
         "conv_clamp": 256})"},
    {"stylegan2-f", "stylegan2-e", S2, S2, "large networks", R"({"channel_base": 32768})",
     R"({"channel_base": 32768})"},

#define SGAN_CELL(g, d)                                                                \
  {                                                                                    \
    "stylegan2-g" #g "-d" #d, "stylegan2-e", S2, S2, "architectures: G " #g ", D " #d, \
        R"({"architecture": ")" #g R"("})", R"({"architecture": ")" #d R"("})"         \
  }
    SGAN_CELL(orig, orig),
    SGAN_CELL(orig, skip),
    SGAN_CELL(orig, resnet),
    SGAN_CELL(skip, orig),
    SGAN_CELL(skip, skip),
    SGAN_CELL(skip, resnet),
    SGAN_CELL(resnet, orig),
    SGAN_CELL(resnet, skip),
    SGAN_CELL(resnet, resnet),
#undef SGAN_CELL

    {"stylegan3-a", "stylegan2-f", S2, S2, "the StyleGAN2 baseline", "{}", "{}"},
    {"stylegan3-b", "stylegan3-a", S2, S2, "Fourier features", R"({"input": "fourier"})", "{}"},
    {"stylegan3-c", "stylegan3-b", S2, S2, "no noise inputs", R"({"use_noise": false})", "{}"},
    {"stylegan3-d", "stylegan3-c", S2, S2, "simplified generator",
     R"({"mapping_kwargs": {"num_layers": 2}, "architecture": "orig", "magnitude_ema": true,
         "output_scale": 0.25})",
     "{}"},
    {"stylegan3-e", "", S3, S2, "boundaries and upsampling",
     R"({"channel_base": 32768, "channel_max": 512, "mapping_kwargs": {"num_layers": 2},
         "input": "fourier", "layers": "doubling", "num_critical": 64, "upsample_first": true,
         "lrelu_upsampling": 1, "margin_size": 10, "filter_size": 6, "output_scale": 0.25,
         "conv_clamp": 256})",
     R"({"channel_base": 32768, "channel_max": 512, "architecture": "resnet",
         "conv_clamp": 256})"},
    {"stylegan3-f", "stylegan3-e", S3, S2, "filtered nonlinearities",
     R"({"lrelu_upsampling": 2, "upsample_first": false})", "{}"},
    {"stylegan3-g", "stylegan3-f", S3, S2, "non-critical sampling", R"({"num_critical": 2})", "{}"},
    {"stylegan3-h", "stylegan3-g", S3, S2, "transformed Fourier features",
     R"({"input": "transformed"})", "{}"},
    {"stylegan3-t", "stylegan3-h", S3, S2, "flexible layers",  // stopbands 2^2.1 and 2^0.3
     R"({"layers": "flexible", "num_layers": 14, "first_cutoff": 2,
         "first_stopband": 4.2870938501451725, "last_stopband_rel": 1.2311444133449163})",
     "{}"},
    {"stylegan3-r", "stylegan3-t", S3, S2, "rotation equivariance",
     R"({"conv_kernel": 1, "use_radial_filters": true, "channel_base": 65536,
         "channel_max": 1024})",
     "{}"},
};

const Row& find(std::string_view name) {
  const auto found = std::find_if(std::begin(rows), std::end(rows),
                                  [&](const Row& row) { return row.name == name; });
  if (found != std::end(rows)) return *found;
  std::string all;
  for (const Row& row : rows) all += (all.empty() ? "" : ", ") + std::string(row.name);
  fail("preset '", name, "' is not one of ", all);
}

// The row's settings upon those of the rows that it is based on.
json settings_of(const Row& row, const char* Row::*which) {
  json args = *row.base ? settings_of(find(row.base), which) : json::object();
  args.update(json::parse(row.*which));
  return args;
}

void apply(json& args, Family family, const PresetSize& size, bool generator) {
  for (const char* key : {"channel_base", "channel_max", "fmap_base", "fmap_max"}) {
    if (!args.contains(key)) continue;
    args[key] = std::max(1, int(std::lround(args[key].get<double>() * size.width)));
  }
  const bool growing = family == Family::progan || family == Family::stylegan1;
  args[growing ? "resolution" : "img_resolution"] = size.resolution;
  args[growing ? "num_channels" : "img_channels"] = size.channels;
  args[growing ? "label_size" : "c_dim"] = size.c_dim;
  if (!generator) return;
  args[growing ? "latent_size" : "z_dim"] = size.latent_dim;
  if (family == Family::stylegan1) {
    args["dlatent_size"] = args["mapping_fmaps"] = size.latent_dim;
  } else if (!growing) {
    args["w_dim"] = size.latent_dim;
  }
}

}  // namespace

std::vector<std::string> preset_names() {
  std::vector<std::string> names;
  for (const Row& row : rows) names.emplace_back(row.name);
  return names;
}

Preset preset(std::string_view name, const PresetSize& size) {
  const Row& row = find(name);
  const int r = size.resolution;
  check(r >= 8 && r <= 4096 && (r & (r - 1)) == 0, "resolution ", r,
        " is not a power of two from 8 to 4096");
  check(std::isfinite(size.width) && size.width > 0, "width ", size.width, " is not positive");
  check(size.channels >= 1 && size.c_dim >= 0 && size.latent_dim >= 1,
        "a preset's sizes must be positive");
  Preset p{row.name,
           row.summary,
           row.family,
           settings_of(row, &Row::generator),
           row.discriminator_family,
           settings_of(row, &Row::discriminator)};
  apply(p.generator, p.family, size, true);
  apply(p.discriminator, p.discriminator_family, size, false);
  return p;
}

}  // namespace sgan::nets
