// Weights as they are before training, found by their official names.
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "lib/nets/discriminator.hpp"
#include "lib/nets/families.hpp"
#include "lib/nets/settings.hpp"
#include "lib/rt/philox.hpp"

namespace sgan::nets {
namespace {

// What the names do not tell.
struct Start {
  double mapping_lr = 0.01;  // weights that learn slowly are stored larger by as much
  double bandwidth = 0;      // of the Fourier features
};

Start start(Family family, const nlohmann::json& args) {
  Start s;
  s.mapping_lr = family == Family::stylegan1
                     ? setting(args, "mapping_lrmul", 0.01)
                     : setting(setting(args, "mapping_kwargs", nlohmann::json::object()),
                               "lr_multiplier", 0.01);
  check(s.mapping_lr > 0, "the mapping network's learning rate multiplier is ", s.mapping_lr);
  return s;
}

// Normal pairs to points spread evenly over a disc: with the length r of a pair, exp(-r^2 / 2) is
// uniform in 0..1, and so is the square of an even point's distance from the centre.
void spread_over_disc(const rt::Tensor& pairs, double radius) {
  const auto v = pairs.span<float>();
  for (size_t i = 0; i + 1 < v.size(); i += 2) {
    const double square = double(v[i]) * v[i] + double(v[i + 1]) * v[i + 1];
    const double factor = square > 0 ? radius * std::exp(-square / 4) / std::sqrt(square) : 0;
    v[i] = float(v[i] * factor);
    v[i + 1] = float(v[i + 1] * factor);
  }
}

rt::Tensor initial(const std::string& name, const rt::Shape& shape, const Start& s, uint64_t seed,
                   uint64_t stream) {
  const auto ends = [&](std::string_view tail) { return name.ends_with(tail); };
  if (ends("input.transform")) {
    return rt::Tensor::from(std::vector<float>{1, 0, 0, 0, 1, 0, 0, 0, 1}, shape);
  }
  // The learned transform starts as the identity.
  if (ends("input.affine.weight")) return rt::Tensor::zeros(shape);
  if (ends("input.affine.bias")) return rt::Tensor::from(std::vector<float>{1, 0, 0, 0}, shape);
  // Styles start around one: StyleMod adds it by itself, the later affine layers in their bias.
  if (ends("affine.bias") || ends("magnitude_ema") || ends("/const")) {
    return rt::Tensor::full(shape, 1);
  }
  if (ends("bias") || ends("w_avg") || ends("dlatent_avg") || name == "lod") {
    return rt::Tensor::zeros(shape);
  }
  rt::Tensor t(shape, rt::DType::f32);
  rt::fill_normal(t, seed, stream);
  double factor = 1;
  if (ends("input.freqs")) {
    spread_over_disc(t, s.bandwidth);
  } else if (ends("input.phases")) {  // uniform in -1/2..1/2 turns
    for (float& v : t.span<float>()) v = float(std::erf(v / std::numbers::sqrt2) / 2);
  } else if (name.starts_with("mapping") && !ends("embed.weight") && !ends("LabelConcat/weight")) {
    factor = 1 / s.mapping_lr;
  } else if (ends("noise_strength") || ends("Noise/weight")) {
    factor = 0.1;  // training starts at zero, which would hide the noise from tests and benchmarks
  }
  if (factor != 1) {
    for (float& v : t.span<float>()) v = float(v * factor);
  }
  return t;
}

TensorMap initial(const ShapeMap& shapes, const Start& s, uint64_t seed) {
  TensorMap tensors;
  uint64_t stream = 0;
  for (const auto& [name, shape] : shapes) {
    tensors[name] = initial(name, shape, s, seed, ++stream);
  }
  return tensors;
}

}  // namespace

TensorMap random_weights(Family family, const nlohmann::json& args, uint64_t seed) {
  Start s = start(family, args);
  s.bandwidth = generator_info(family, args).bandwidth;
  return initial(generator_shapes(family, args), s, seed);
}

TensorMap random_discriminator_weights(Family family, const nlohmann::json& args, uint64_t seed) {
  return initial(discriminator_shapes(family, args), start(family, args), seed);
}

}  // namespace sgan::nets
