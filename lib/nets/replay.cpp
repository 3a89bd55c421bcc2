#include "lib/nets/replay.hpp"

#include "lib/ag/profile.hpp"
#include "lib/engine/precision.hpp"
#include "lib/nets/noise.hpp"

namespace sgan::nets {
namespace {

template <class T>
void append(std::string& key, const T& plain) {
  key.append(reinterpret_cast<const char*>(&plain), sizeof plain);
}

// The numbers that a recording freezes.
std::string key_of(const SynthesisOptions& o) {
  std::string key;
  append(key, o.noise);
  for (const double v : o.transform) append(key, v);
  append(key, o.lod);
  append(key, o.precision.type);
  append(key, o.precision.resolutions);
  const engine::Precision& e = engine::precision();
  append(key, e.tf32);
  append(key, e.deterministic);
  return key;
}

}  // namespace

rt::Tensor Replay::operator()(const rt::Tensor& ws, const SynthesisOptions& options) {
  const ag::NoGrad quiet;
  const bool watched = options.probe || options.noise_input || options.update_magnitude ||
                       ag::Profile::current() != nullptr;
  if (watched || !(ws.device().is_cuda() || everywhere_)) {
    return net_->synthesize(ws, options).value();
  }
  const bool random = net_->info().has_noise && options.noise == NoiseMode::random;
  const auto known = noise_layers_.find(options.lod);
  if (random && known == noise_layers_.end()) {
    // The first pass tells which noise there is.
    NoiseLayers found;
    SynthesisOptions listening = options;
    listening.noise_input = [&](int layer, const rt::Shape& shape) {
      found.emplace_back(layer, shape[1]);
      return random_noise(options, layer, shape[0], shape[1], ws.dtype(), ws.device());
    };
    const rt::Tensor pictures = net_->synthesize(ws, listening).value();
    noise_layers_[options.lod] = std::move(found);
    return pictures;
  }
  // Random numbers are made before the pass, which takes them as inputs: their seed and place in
  // the run change with every batch.
  std::vector<rt::Tensor> inputs{ws};
  if (random) {
    for (const auto& [layer, resolution] : known->second) {
      inputs.push_back(
          random_noise(options, layer, ws.size(0), resolution, ws.dtype(), ws.device()).value());
    }
  }
  const auto pass = [&](const rt::GraphCache::Tensors& in) {
    SynthesisOptions frozen = options;
    if (random) {
      frozen.noise_input = [&](int layer, const rt::Shape& shape) -> ag::Var {
        const NoiseLayers& layers = known->second;
        for (size_t i = 0; i < layers.size(); ++i) {
          if (layers[i] == std::pair(layer, shape[1])) return in[i + 1];
        }
        fail("noise layer ", layer, " of ", shape, " was not there in the first pass");
      };
    }
    return rt::GraphCache::Tensors{net_->synthesize(in[0], frozen).value()};
  };
  return cache_.run(key_of(options), inputs, pass)[0];
}

}  // namespace sgan::nets
