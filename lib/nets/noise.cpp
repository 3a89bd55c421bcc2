#include "lib/nets/noise.hpp"

#include "lib/rt/philox.hpp"

namespace sgan::nets {

ag::Var random_noise(const SynthesisOptions& options, int layer, int64_t n, int64_t resolution,
                     rt::DType type, rt::Device device) {
  if (options.noise_input) return options.noise_input(layer, {n, resolution, resolution, 1});
  const rt::Tensor noise({n, resolution, resolution, 1}, rt::DType::f32, device);
  // One stream a layer; a picture's numbers follow from its index in the run.
  if (!device.is_meta()) {
    rt::fill_normal(noise, options.noise_seed, uint64_t(layer) + 1,
                    uint64_t(options.first_index * resolution * resolution));
  }
  return noise.to(type);
}

}  // namespace sgan::nets
