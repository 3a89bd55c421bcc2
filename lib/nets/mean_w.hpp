// The mean w of a generator whose file does not tell it.
#pragma once

#include "lib/nets/generator.hpp"

namespace sgan::nets {

// Of `count` latents z, the Philox normals of `seed`; without classes. [w_dim].
rt::Tensor estimate_mean_w(const Generator& net, int64_t count, uint64_t seed, rt::Device device);

}  // namespace sgan::nets
