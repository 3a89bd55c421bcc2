// The layer tables of StyleGAN3 (2106.12423): with "layers": "flexible" (configurations T and R,
// section 3.2) cutoffs and stopbands in geometric progression, with "doubling" (rows E to H) the
// sampling rates of StyleGAN2; and what follows from them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "lib/ops/filters.hpp"

namespace sgan::nets {

struct Stylegan3Layer {
  std::string name;  // "L3_52_512"
  bool is_torgb = false, is_critically_sampled = false;
  int in_channels = 0, out_channels = 0;
  int in_size = 0, out_size = 0;                                              // pixels
  double in_sampling_rate = 0, out_sampling_rate = 0, tmp_sampling_rate = 0;  // per picture width
  double in_cutoff = 0, out_cutoff = 0, in_half_width = 0, out_half_width = 0;
  int conv_kernel = 3;
  // Row E: the picture is enlarged before the convolution, and the nonlinearity stays unfiltered.
  bool upsample_first = false;
  int up_factor = 1, down_factor = 1, up_taps = 1, down_taps = 1;
  bool down_radial = false;
  int padding[4] = {};  // x0, x1, y0, y1 in the upsampled signal

  ops::Filter up_filter() const;  // undefined for one tap
  ops::Filter down_filter() const;
};

struct Stylegan3Input {
  int channels = 0, size = 0;
  double sampling_rate = 0, bandwidth = 0;
};

struct Stylegan3Table {
  Stylegan3Input input;
  std::vector<Stylegan3Layer> layers;  // the last is toRGB
};

// From the official synthesis arguments (img_resolution, img_channels, channel_base, ...) and
//   layers          "flexible" (as published) or "doubling": 4x4 pixels, one convolution, then two
//                   for every doubling; the transition band is (sqrt(2) - 1) s / 2 on either side,
//                   the cutoff s / 2 in the num_critical last layers (there may be fewer) and
//                   s / 2 less that band in all others
//   upsample_first  see above
Stylegan3Table stylegan3_table(const nlohmann::json& args);

}  // namespace sgan::nets
