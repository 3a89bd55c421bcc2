// The mapping network of StyleGAN2 and 3 (1812.04948, section 2; 1912.04958, appendix B): z and an
// embedded label, both normalised, through fully connected layers.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "lib/nets/generator.hpp"
#include "lib/nets/weights.hpp"
#include "lib/ops/bias_act.hpp"

namespace sgan::nets {

struct MappingSettings {
  int z_dim = 512, c_dim = 0, w_dim = 512;
  int num_layers = 8;
  int embed_features = 512, layer_features = 512;
  ops::ActOptions act = ops::ActOptions::of(ops::Act::lrelu);
  double lr_multiplier = 0.01;
  double w_avg_beta = 0.998;
  bool has_average = true;

  // `kwargs` are the official mapping_kwargs; absent ones have the official defaults.
  static MappingSettings from(const nlohmann::json& kwargs, int z_dim, int c_dim, int w_dim,
                              int default_layers, bool has_average);
  // Official names and shapes, each after "mapping.".
  std::map<std::string, rt::Shape> shapes() const;
};

class Mapping {
 public:
  Mapping() = default;
  Mapping(const MappingSettings& settings, Weights& weights);

  // z [N, z_dim] (undefined when z_dim is 0), labels [N, c_dim] or undefined -> [N, w_dim].
  ag::Var operator()(const ag::Var& z, const ag::Var& labels) const;
  const ag::Var& average() const { return average_; }  // [w_dim] or undefined

 private:
  struct Layer {
    ag::Var weight, bias;
  };
  MappingSettings settings_;
  Layer embed_;
  std::vector<Layer> layers_;
  ag::Var average_;
};

// w [N, w_dim] -> [N, num_ws, w_dim]; rows below `cutoff` (-1: all) pulled towards the average by
// psi. psi 1 changes nothing; without an average other values are an Error.
ag::Var truncate(const ag::Var& w, const ag::Var& average, int num_ws, double psi, int cutoff);

}  // namespace sgan::nets
