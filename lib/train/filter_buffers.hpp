// The resampling filters that official networks keep among their tensors. Ours compute them from
// the settings; snapshots carry them for other readers.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "lib/nets/generator.hpp"
#include "lib/nets/weights.hpp"

namespace sgan::train {

// Of StyleGAN2 and 3; the older generations have none. `args` are the network's settings.
void add_filter_buffers(nets::TensorMap& tensors, nets::Family family, bool generator,
                        const nlohmann::json& args);

}  // namespace sgan::train
