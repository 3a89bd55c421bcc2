// Adaptive discriminator augmentation's pipeline (2006.06676, section 3 and appendix B): every
// transformation with probability p, differentiable in the pictures to any order.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "lib/ag/var.hpp"

namespace sgan::train {

// Multipliers of p for each transformation (0: off) and their strengths, under official names and
// defaults.
struct AugmentSettings {
  double xflip = 0, rotate90 = 0, xint = 0, xint_max = 0.125;
  double scale = 0, rotate = 0, aniso = 0, xfrac = 0;
  double scale_std = 0.2, rotate_max = 1, aniso_std = 0.2, xfrac_std = 0.125;
  double brightness = 0, contrast = 0, lumaflip = 0, hue = 0, saturation = 0;
  double brightness_std = 0.2, contrast_std = 0.5, hue_max = 1, saturation_std = 1;
  double imgfilter = 0, imgfilter_bands[4] = {1, 1, 1, 1}, imgfilter_std = 1;
  double noise = 0, cutout = 0, noise_std = 0.1, cutout_size = 0.5;

  // "blit", "geom", "color", "filter", "noise", "cutout", "bg", "bgc", "bgcf", "bgcfn", "bgcfnc";
  // throws Error with the list.
  static AugmentSettings named(const std::string& name);
  static AugmentSettings from(const nlohmann::json& args);  // official argument names
  nlohmann::json to_json() const;
};

class AugmentPipe {
 public:
  explicit AugmentPipe(const AugmentSettings& settings) : settings_(settings) {}
  // images [N, H, W, C], nominally -1..1. Sample n draws from the sequence (seed, first + n *
  // step), so that a result does not depend on how a batch is cut.
  ag::Var operator()(const ag::Var& images, double p, uint64_t seed, uint64_t first,
                     uint64_t step = 1) const;

 private:
  AugmentSettings settings_;
};

}  // namespace sgan::train
