// The synthesis network of ProGAN (1710.10196, table 2) and StyleGAN1 (1812.04948, figure 1): one
// network whose normalisation, noise, styles and input are settings.
#pragma once

#include "lib/nets/progressive/layers.hpp"

namespace sgan::nets::progressive {

// Sizes that the generators have in common.
GeneratorInfo common_info(const Settings& settings);
// Throws Error when the latents or the labels (undefined: none) are not what the settings call for.
void check_inputs(const Settings& settings, const Var& z, const Var& labels);

class Synthesis {
 public:
  Synthesis(const Settings& settings, Weights& weights);

  // ws: [N, num_ws, w_dim] -> pictures [N, resolution, resolution, channels]. Levels that do not
  // show at this level of detail are not computed.
  Var run(const Var& ws, const SynthesisOptions& options) const;

 private:
  struct Layer {
    int resolution = 4;
    Var weight, bias;  // of layer 0: the constant or the dense layer
    Var kernel;        // of an upsampling layer when nobody differentiates the weight
    bool up = false, rotated = false;
    double gain = 1;  // on the weight
    Var noise, noise_strength;
    Var style_weight, style_bias;
  };
  struct Rgb {
    Var weight, bias;
    Var scaled;  // weight with its gain, when nobody differentiates it
  };

  Var input(const Var& w, int64_t batch) const;
  Var convolve(const Layer& layer, const Var& x, bool scaled) const;
  Var noise(int index, int64_t batch, const SynthesisOptions& options) const;
  Var run_layer(int index, const Var& x, const Var& w, int64_t batch,
                const SynthesisOptions& options) const;
  Var scaled_rgb(const Var& weight) const;
  Var to_rgb(int level, const Var& x, const SynthesisOptions& options) const;

  Settings s_;
  std::vector<double> blur_;  // sum 1
  std::vector<Layer> layers_;
  std::vector<Rgb> rgb_;  // by level
  double lod_ = 0;        // the model's own
};

}  // namespace sgan::nets::progressive
