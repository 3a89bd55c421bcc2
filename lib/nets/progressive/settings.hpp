// Settings of the networks that grow, ProGAN (1710.10196) and StyleGAN1 (1812.04948), under their
// official TensorFlow argument names. The two generations differ in values, not in structure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "lib/nets/families.hpp"
#include "lib/ops/bias_act.hpp"

namespace sgan::nets::progressive {

// When a convolution and the resampling next to it are one (the weight is the same tensor, but
// upsampling reads it rotated by 180 degrees).
enum class Fuse { never, always, automatic };  // automatic: where the larger side is >= 128

struct Settings {
  Family family = Family::progan;
  int channels = 1, resolution = 32, c_dim = 0;
  double fmap_base = 8192, fmap_decay = 1;
  int fmap_max = 512;
  bool wscale = true;  // equalised learning rate
  ops::Act act = ops::Act::lrelu;
  Fuse fuse = Fuse::always;
  bool fixed = false;        // structure "fixed": always full detail
  std::vector<double> blur;  // FIR filter beside resampling; empty: none

  // Generator
  std::string prefix;  // of the synthesis network's tensors
  int z_dim = 512, w_dim = 512;
  int mapping_layers = 0, mapping_fmaps = 512;
  double mapping_lrmul = 0.01;
  ops::Act mapping_act = ops::Act::lrelu;
  bool normalize_latents = true;
  bool styles = false, const_input = false, noise = false;
  bool z_input =
      false;  // with styles: the input layer reads z, kept in a row of w of its own, last
  bool pixel_norm = false, instance_norm = false;
  double pixel_norm_epsilon = 1e-8;
  double psi = 1;  // truncation of plain inference
  int cutoff = -1;

  // Discriminator
  int mbstd_group = 4, mbstd_features = 1;

  int log2_resolution() const;
  int levels() const { return log2_resolution() - 1; }  // resolutions from 4 to full
  int num_layers() const { return 2 * levels(); }       // of the synthesis network
  int num_ws() const { return styles ? num_layers() + z_input : 1; }
  int fmaps(int stage) const;
  // Channels at resolution 2^log2.
  int features(int log2) const { return fmaps(log2 - 1); }
  bool fused(int larger_side) const;
  // Factor on a stored weight at run time.
  double weight_gain(double gain, int64_t fan_in) const;
};

// Throw Error when the settings make no sense.
Settings generator_settings(Family family, const nlohmann::json& args);
Settings discriminator_settings(Family family, const nlohmann::json& args);

// "16x16/" for 4.
std::string scope(int log2);
// Scope of a layer of the synthesis network, 0 .. num_layers - 1, with the prefix: "8x8/Conv0_up".
std::string layer_scope(const Settings& s, int layer);
// Scope of the block's second convolution in the discriminator: "8x8/Conv1_down".
std::string down_scope(const Settings& s, int log2);

// Names and official shapes of all tensors.
ShapeMap generator_shapes(const Settings& s);
ShapeMap discriminator_shapes(const Settings& s);

}  // namespace sgan::nets::progressive
