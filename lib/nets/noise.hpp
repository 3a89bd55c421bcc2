// Noise inputs that do not depend on how a run is cut into batches.
#pragma once

#include "lib/nets/generator.hpp"

namespace sgan::nets {

// Standard normals [N, R, R, 1] of the noise layer `layer` for the batch's pictures.
ag::Var random_noise(const SynthesisOptions& options, int layer, int64_t n, int64_t resolution,
                     rt::DType type, rt::Device device);

}  // namespace sgan::nets
