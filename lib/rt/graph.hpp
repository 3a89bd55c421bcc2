// Repeating a pass without the host: CUDA graphs, one for each shape.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "lib/rt/tensor.hpp"

namespace sgan::rt {

// Runs a pass that is called again and again with tensors of the same shapes. On CUDA the first
// call of a kind runs as it is (so that everything which is made once gets made), the second is
// recorded, and from then on the recording is repeated: one launch from the host for the whole
// pass. On the CPU the pass just runs.
//
// The pass must do the same work at every call. Its inputs are the tensors given to run(); whatever
// else it reads (weights) must stay at its place as long as the cache lives; plain numbers, seeds
// among them, are frozen when it is recorded, so a pass with other numbers needs another key.
class GraphCache {
 public:
  using Tensors = std::vector<Tensor>;
  using Pass = std::function<Tensors(const Tensors& inputs)>;

  explicit GraphCache(size_t limit = 8);  // recordings kept; the one longest unused goes first
  ~GraphCache();
  GraphCache(const GraphCache&) = delete;
  GraphCache& operator=(const GraphCache&) = delete;

  // Results of the pass, the caller's own. A kind is the key with the inputs' shapes and types; all
  // inputs are on one device, and there is at least one.
  Tensors run(const std::string& key, const Tensors& inputs, const Pass& pass);

  struct Stats {
    int64_t plain = 0, recorded = 0, repeated = 0;
    std::string refusal;  // why a pass could not be recorded and keeps running as it is
  };
  const Stats& stats() const { return stats_; }

 private:
  struct Entry;
  Tensors repeat(Entry& entry, const Tensors& inputs);
  bool record(Entry& entry, const Tensors& inputs, const Pass& pass);

  size_t limit_;
  std::list<std::unique_ptr<Entry>> entries_;  // the last used first
  Stats stats_;
};

}  // namespace sgan::rt
