// What the tests of the presets have in common: tiny networks and their numbers.
#pragma once

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <map>
#include <set>

#include "lib/nets/discriminator.hpp"
#include "lib/nets/latents.hpp"
#include "lib/nets/presets.hpp"
#include "lib/rt/philox.hpp"

namespace sgan::nets::presets_test {

// At most 8 feature maps a layer (R: 16).
inline PresetSize tiny(int resolution = 32) {
  return {.resolution = resolution, .width = 1.0 / 64, .latent_dim = 16};
}

// One of those that share a generator: rows that change the training or the discriminator alone
// repeat it.
inline std::vector<std::string> distinct_generators() {
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (const std::string& name : preset_names()) {
    const Preset p = preset(name, tiny(256));
    if (seen.insert(cat(name_of(p.family), p.generator.dump())).second) names.push_back(name);
  }
  return names;
}

inline TensorMap weights_of(const Preset& p) { return random_weights(p.family, p.generator, 3); }

inline std::unique_ptr<Generator> generator_of(const Preset& p, rt::DType type = rt::DType::f32,
                                               bool trainable = false) {
  return make_generator(p.family, p.generator, weights_of(p), rt::cpu, type, trainable);
}

inline ag::Var latents(const Generator& net, int64_t n, rt::DType type = rt::DType::f32) {
  return philox_latents(11, 0, n, net.info().z_dim).to(type);
}

inline std::vector<double> finite_values(const rt::Tensor& t) {
  const auto values = t.to_doubles();
  for (double v : values) BOOST_REQUIRE(std::isfinite(v));
  return values;
}

inline double rms(const rt::Tensor& t) {
  double sum = 0;
  const auto values = finite_values(t);
  for (double v : values) sum += v * v;
  return std::sqrt(sum / double(values.size()));
}

// The largest difference, in units of the largest value of `b`.
inline double relative_error(const rt::Tensor& a, const rt::Tensor& b) {
  BOOST_REQUIRE(a.shape() == b.shape());
  const auto va = finite_values(a), vb = finite_values(b);
  double most = 0, scale = 0;
  for (size_t i = 0; i < va.size(); ++i) {
    most = std::max(most, std::abs(va[i] - vb[i]));
    scale = std::max(scale, std::abs(vb[i]));
  }
  BOOST_REQUIRE(scale > 0);
  return most / scale;
}

}  // namespace sgan::nets::presets_test
