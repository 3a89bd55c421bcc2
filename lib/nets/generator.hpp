// A generator of any generation of the line: mapping network and synthesis network, built from
// settings and named tensors, never from a class per preset.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "lib/ag/var.hpp"
#include "lib/nets/precision.hpp"
#include "lib/nets/weights.hpp"
#include "lib/rt/tensor.hpp"

namespace sgan::nets {

enum class Family { progan, stylegan1, stylegan2, stylegan3 };
Family parse_family(std::string_view name);  // "progan", "stylegan1", ...; throws Error
std::string_view name_of(Family family);

// Sizes that programs need before they run anything. All are counts; c_dim 0 means unconditional.
struct GeneratorInfo {
  Family family = Family::stylegan2;
  int z_dim = 512, c_dim = 0, w_dim = 512;
  int num_ws = 0;      // rows of w that the synthesis network reads (ProGAN: 1, its z and label)
  int resolution = 0;  // of the square pictures
  int channels = 3;
  bool has_mapping = true;  // false for ProGAN: map() hands on the normalised latent and label
  bool has_noise = false;
  bool has_transform = false;  // Fourier features: takes a user transform
  double bandwidth = 0;        // of the Fourier features, per width of the picture; 0: none
  bool has_half = false;       // SynthesisOptions::precision means something
  int half_resolutions = 0;    // num_fp16_res of the model: how many it was trained with in 16 bits
  bool has_lod = false;        // ProGAN, StyleGAN1, growing StyleGAN2: takes a level of detail
  bool has_average = false;    // a mean w exists, so that truncation means something
  double default_psi = 1;      // truncation when the user asks for none (TensorFlow-era files: 0.7)
  int default_cutoff = -1;     // layers truncated by default; -1 all
  std::vector<int> coarse_end_middle_end;  // first w row of the middle and of the fine styles
};

enum class NoiseMode { constant, random, none };

struct SynthesisOptions {
  NoiseMode noise = NoiseMode::constant;
  uint64_t noise_seed = 0;  // for NoiseMode::random
  int64_t first_index = 0;  // index of the batch's first picture in the run: random noise does
                            // not depend on how the run is cut into batches
  // For NoiseMode::random, instead of the seed: the numbers of a noise layer, [N, R, R, 1].
  std::function<ag::Var(int layer, const rt::Shape& shape)> noise_input;
  // StyleGAN3: the matrix that maps output to input coordinates (the inverse of how the picture
  // moves), row-major, in units of the picture's width.
  std::array<double, 9> transform = {1, 0, 0, 0, 1, 0, 0, 0, 1};
  double lod = -1;      // level of detail, 0 is full resolution; < 0: the model's own
  Precision precision;  // StyleGAN2 and 3
  // Called with the name and value of intermediate results, [N, H, W, C]; for tests.
  std::function<void(const std::string&, const ag::Var&)> probe;
  // StyleGAN3 training: called with each layer's name, running mean of squared activations and
  // input; returns the mean to use.
  std::function<ag::Var(const std::string&, const ag::Var&, const ag::Var&)> update_magnitude;
};

class Generator {
 public:
  virtual ~Generator() = default;

  const GeneratorInfo& info() const { return info_; }

  // z: [N, z_dim]; labels: [N, c_dim] or undefined when c_dim is 0. Returns w: [N, num_ws, w_dim].
  // w of layers below `cutoff` (-1: all) is pulled towards the mean: mean + psi * (w - mean).
  virtual ag::Var map(const ag::Var& z, const ag::Var& labels, double psi, int cutoff) const = 0;
  // w: [N, num_ws, w_dim]. Returns pictures [N, resolution, resolution, channels], nominally -1..1.
  virtual ag::Var synthesize(const ag::Var& ws, const SynthesisOptions& options) const = 0;

  // The mean w, [w_dim]; undefined when there is none.
  virtual rt::Tensor mean_w() const = 0;

  // All tensors by official name, in our layout; for gradients.
  virtual const std::map<std::string, ag::Var>& parameters() const = 0;

 protected:
  GeneratorInfo info_;
};

// The sizes alone, from the settings (official argument names); throws Error when they make no
// sense.
GeneratorInfo generator_info(Family family, const nlohmann::json& args);

// Builds the network on a device. Every tensor that the settings call for must be there with the
// right shape; what is wrong is named in the Error. `type` is float32, or float64 for reference
// runs.
std::unique_ptr<Generator> make_generator(Family family, const nlohmann::json& args,
                                          const TensorMap& tensors, rt::Device device = rt::cpu,
                                          rt::DType type = rt::DType::f32, bool trainable = false);

// Names and official shapes of all tensors that the settings call for.
std::map<std::string, rt::Shape> generator_shapes(Family family, const nlohmann::json& args);

// The mapping network alone, from the tensors that begin with "mapping": map() and mean_w() work,
// synthesize() throws. Where mapping and synthesis cannot be told apart (ProGAN) it is the whole
// network: mapping_needs_whole().
bool mapping_needs_whole(Family family);
std::unique_ptr<Generator> make_mapping(Family family, const nlohmann::json& args,
                                        const TensorMap& tensors, rt::Device device = rt::cpu);

// Weights as at the start of training, except that noise already has some strength (0.1, normal).
TensorMap random_weights(Family family, const nlohmann::json& args, uint64_t seed);

}  // namespace sgan::nets
