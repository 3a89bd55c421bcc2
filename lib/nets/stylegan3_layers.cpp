#include "lib/nets/stylegan3_layers.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "lib/nets/settings.hpp"

namespace sgan::nets {

ops::Filter Stylegan3Layer::up_filter() const {
  return ops::design_lowpass(up_taps, in_cutoff, in_half_width * 2, tmp_sampling_rate, false);
}

ops::Filter Stylegan3Layer::down_filter() const {
  return ops::design_lowpass(down_taps, out_cutoff, out_half_width * 2, tmp_sampling_rate,
                             down_radial);
}

namespace {

// The signal behind a layer.
struct Rate {
  double cutoff = 0, sampling = 0, half_width = 0;  // half_width: of the transition band
  int size = 0, channels = 0;
};

// T and R: cutoffs and stopbands grow geometrically, and sampling rates follow.
std::vector<Rate> flexible_rates(const nlohmann::json& args, int resolution) {
  const int num_layers = setting(args, "num_layers", 14, 1, 64);
  const int num_critical = setting(args, "num_critical", 2, 0, num_layers);
  const double first_cutoff = setting(args, "first_cutoff", 2.0);
  const double first_stopband = setting(args, "first_stopband", std::pow(2.0, 2.1));
  const double last_stopband_rel = setting(args, "last_stopband_rel", std::pow(2.0, 0.3));
  check(first_cutoff > 0 && first_stopband > 0 && last_stopband_rel > 0,
        "cutoffs and stopbands must be positive");
  const double last_cutoff = resolution / 2.0, last_stopband = last_cutoff * last_stopband_rel;
  std::vector<Rate> rates;
  for (int i = 0; i <= num_layers; ++i) {
    const double t =
        num_layers > num_critical ? std::min(double(i) / (num_layers - num_critical), 1.0) : 1.0;
    Rate r;
    r.cutoff = first_cutoff * std::pow(last_cutoff / first_cutoff, t);
    const double stopband = first_stopband * std::pow(last_stopband / first_stopband, t);
    r.sampling = std::exp2(std::ceil(std::log2(std::min(stopband * 2, double(resolution)))));
    r.half_width = std::max(stopband, r.sampling / 2) - r.cutoff;
    rates.push_back(r);
  }
  return rates;
}

// Rows E to H: the rigid progression of StyleGAN2. The paper lowers the cutoff "on all layers
// except the highest-resolution ones"; with num_critical 2 these are both convolutions at the
// picture's own resolution, and toRGB with them. The input has the rate of the first layer, so that
// its sinusoids fill the band that the first filters pass.
std::vector<Rate> doubling_rates(const nlohmann::json& args, int resolution) {
  const int num_layers = 2 * int(std::log2(resolution)) - 3;
  const int num_critical = std::min(setting(args, "num_critical", 2, 0, 64), num_layers);
  std::vector<Rate> rates;
  for (int i = 0; i <= num_layers; ++i) {
    Rate r;
    r.sampling = std::min(4 << ((i + 1) / 2), resolution);
    r.half_width = (std::numbers::sqrt2 - 1) * r.sampling / 2;
    r.cutoff = r.sampling / 2 - (i >= num_layers - num_critical ? 0 : r.half_width);
    rates.push_back(r);
  }
  return rates;
}

}  // namespace

Stylegan3Table stylegan3_table(const nlohmann::json& args) {
  const int resolution = resolution_setting(args, "img_resolution", 256);
  const int img_channels = setting(args, "img_channels", 3, 1, 1024);
  const double channel_base = setting(args, "channel_base", 32768, 1, 1 << 24);
  const double channel_max = setting(args, "channel_max", 512, 1, 1 << 16);
  const int margin = setting(args, "margin_size", 10, 0, 1024);
  const int filter_size = setting(args, "filter_size", 6, 1, 64);
  const int lrelu_upsampling = setting(args, "lrelu_upsampling", 2, 1, 8);
  const int conv_kernel = setting(args, "conv_kernel", 3, 1, 15);
  const bool radial = setting(args, "use_radial_filters", false);
  const bool upsample_first = setting(args, "upsample_first", false);
  check(!upsample_first || (lrelu_upsampling == 1 && conv_kernel % 2 == 1),
        "upsample_first wants lrelu_upsampling 1 and an odd conv_kernel");
  const std::string layers = setting(args, "layers", std::string("flexible"));
  check(layers == "flexible" || layers == "doubling", "setting 'layers' is '", layers,
        "', not one of flexible, doubling");
  auto rates =
      layers == "flexible" ? flexible_rates(args, resolution) : doubling_rates(args, resolution);
  const int num_layers = int(rates.size()) - 1;
  const int num_critical = std::min(setting(args, "num_critical", 2, 0, 64), num_layers);
  for (int i = 0; i <= num_layers; ++i) {
    Rate& r = rates[size_t(i)];
    r.size = i + 2 > num_layers ? resolution : int(r.sampling) + 2 * margin;
    // At critical sampling this is channel_base / s, the rule of StyleGAN2.
    r.channels =
        std::max(1, int(std::nearbyint(std::min(channel_base / 2 / r.cutoff, channel_max))));
  }
  rates.back().channels = img_channels;

  Stylegan3Table table;
  table.input = {rates[0].channels, rates[0].size, rates[0].sampling, rates[0].cutoff};
  for (int i = 0; i <= num_layers; ++i) {
    const Rate &from = rates[size_t(std::max(i - 1, 0))], &to = rates[size_t(i)];
    Stylegan3Layer l;
    l.is_torgb = i == num_layers;
    l.is_critically_sampled = i >= num_layers - num_critical;
    l.in_channels = from.channels;
    l.out_channels = to.channels;
    l.in_size = from.size;
    l.out_size = to.size;
    l.in_sampling_rate = from.sampling;
    l.out_sampling_rate = to.sampling;
    l.in_cutoff = from.cutoff;
    l.out_cutoff = to.cutoff;
    l.in_half_width = from.half_width;
    l.out_half_width = to.half_width;
    l.conv_kernel = l.is_torgb ? 1 : conv_kernel;
    l.tmp_sampling_rate =
        std::max(from.sampling, to.sampling) * (l.is_torgb ? 1 : lrelu_upsampling);
    l.up_factor = int(std::nearbyint(l.tmp_sampling_rate / from.sampling));
    l.down_factor = int(std::nearbyint(l.tmp_sampling_rate / to.sampling));
    l.up_taps = l.up_factor > 1 && !l.is_torgb ? filter_size * l.up_factor : 1;
    l.down_taps = l.down_factor > 1 && !l.is_torgb ? filter_size * l.down_factor : 1;
    l.down_radial = radial && !l.is_critically_sampled;
    l.upsample_first = upsample_first && !l.is_torgb;
    // What the filters and the convolution leave over or take away, split so that the picture keeps
    // its place.
    int total = (l.out_size - 1) * l.down_factor + 1;
    total -= (l.in_size + l.conv_kernel - 1) * l.up_factor;
    total += l.up_taps + l.down_taps - 2;
    const int low = int(std::floor((total + l.up_factor) / 2.0));
    for (int axis = 0; axis < 2; ++axis) {
      l.padding[2 * axis] = low;
      l.padding[2 * axis + 1] = total - low;
    }
    l.name = cat("L", i, "_", l.out_size, "_", l.out_channels);
    table.layers.push_back(l);
  }
  return table;
}

}  // namespace sgan::nets
