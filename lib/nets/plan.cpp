#include "lib/nets/plan.hpp"

#include <nlohmann/json.hpp>

#include "lib/nets/families.hpp"
#include "lib/rt/memory.hpp"

namespace sgan::nets {

MemoryPlan plan_synthesis(Family family, const nlohmann::json& args, int64_t batch,
                          const SynthesisOptions& options) {
  ag::NoGrad inference;
  const GeneratorInfo info = generator_info(family, args);
  const size_t before = rt::memory_stats(rt::meta).in_use;
  TensorMap tensors;
  for (const auto& [name, shape] : generator_shapes(family, args)) {
    tensors[name] = rt::Tensor(shape, rt::DType::f32, rt::meta);
  }
  const auto net = make_generator(family, args, tensors, rt::meta);
  MemoryPlan plan;
  // The file's own copies are let go before the first picture is drawn.
  tensors.clear();
  plan.weights = rt::memory_stats(rt::meta).in_use - before;
  rt::reset_peak(rt::meta);
  net->synthesize(rt::Tensor({batch, info.num_ws, info.w_dim}, rt::DType::f32, rt::meta), options);
  plan.peak = rt::memory_stats(rt::meta).peak - before;
  // Packed convolution weights stay beside the plain ones.
  plan.peak += plan.weights;
  return plan;
}

void require_memory(const MemoryPlan& plan, rt::Device device) {
  const size_t available = rt::memory_available(device) + rt::memory_stats(device).in_use;
  check(plan.peak <= available, "this needs ", plan.peak >> 20, " MiB on ", device.str(), ", ",
        available >> 20, " MiB are available; use a smaller --batch or a smaller model");
}

}  // namespace sgan::nets
