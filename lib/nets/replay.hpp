// Pictures of batch after batch. On CUDA the pass of each batch shape is recorded once and repeated
// from then on (rt::GraphCache), so that the host neither queues single kernels nor waits inside a
// pass; elsewhere it just runs.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lib/nets/generator.hpp"
#include "lib/rt/graph.hpp"

namespace sgan::nets {

class Replay {
 public:
  // The generator outlives it, and its weights stay as they are. `everywhere`: goes the way of a
  // recording on other devices too, without recording, for tests.
  explicit Replay(const Generator& net, bool everywhere = false)
      : net_(&net), everywhere_(everywhere) {}

  // As Generator::synthesize(), nothing to be differentiated: ws [N, num_ws, w_dim] -> pictures
  // [N, R, R, C], the caller's own. Settings may change from call to call; only random noise and
  // first_index may do so without a recording for each. A pass that tests look into (probe,
  // noise_input, update_magnitude) is never recorded.
  rt::Tensor operator()(const rt::Tensor& ws, const SynthesisOptions& options);

  const rt::GraphCache::Stats& stats() const { return cache_.stats(); }

 private:
  using NoiseLayers = std::vector<std::pair<int, int64_t>>;  // number and resolution

  const Generator* net_;
  bool everywhere_;
  rt::GraphCache cache_{4};
  std::map<double, NoiseLayers> noise_layers_;  // at each level of detail
};

}  // namespace sgan::nets
