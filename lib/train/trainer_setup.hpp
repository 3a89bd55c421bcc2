// What a recipe means for the parts of a training.
#pragma once

#include <nlohmann/json.hpp>

#include "lib/nets/presets.hpp"
#include "lib/nets/weights.hpp"
#include "lib/rt/device.hpp"
#include "lib/train/augment/controller.hpp"
#include "lib/train/phases.hpp"

namespace sgan::train {

// The networks with what the recipe says about them: minibatch statistics, the decay of magnitude
// averages, layers in half precision.
nets::Preset with_recipe(nets::Preset preset, const nlohmann::json& recipe);
// Noise begins without strength.
nets::TensorMap without_noise(nets::TensorMap weights);
// Throws Error for a half_type that there is not.
LossSettings loss_settings(const nlohmann::json& recipe, const nets::Preset& preset,
                           rt::Device device);
AugmentControl augment_control(const nlohmann::json& recipe);
// Pictures that a device takes at once of its `share` of a batch, `batch_gpu` of them or all (0).
// Throws Error where rounds or groups for minibatch statistics do not come out even.
int64_t round_size(const nlohmann::json& recipe, int64_t share, int64_t batch_gpu);

}  // namespace sgan::train
