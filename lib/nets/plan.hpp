// What a run needs, before it runs.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "lib/nets/generator.hpp"

namespace sgan::nets {

struct MemoryPlan {
  size_t weights = 0;  // bytes of the model's tensors, as they are kept
  size_t peak = 0;     // bytes at the peak of drawing a batch, weights and scratch included
};

// A dry run on the meta device: shapes only. Mapping is left out, it needs next to nothing.
MemoryPlan plan_synthesis(Family family, const nlohmann::json& args, int64_t batch,
                          const SynthesisOptions& options = {});

// Throws Error with both numbers when the plan is beyond what the device has left.
void require_memory(const MemoryPlan& plan, rt::Device device);

}  // namespace sgan::nets
