#include "lib/rt/graph.hpp"

#include <algorithm>

#include "lib/rt/cuda.hpp"

namespace sgan::rt {

struct GraphCache::Entry {
  std::string kind;
  Device device;
  bool refused = false;
  void* graph = nullptr;
  // Where the recording reads, works and writes: touched by nothing else.
  std::unique_ptr<PrivatePool> pool;
  Tensors inputs, outputs;

  ~Entry() {
    if (!graph) return;
    try {
      synchronize(device);    // it may be running
    } catch (const Error&) {  // reported where the work was queued
    }
    cuda::destroy_graph(graph);
  }
};

GraphCache::GraphCache(size_t limit) : limit_(std::max<size_t>(limit, 1)) {}
GraphCache::~GraphCache() = default;

GraphCache::Tensors GraphCache::run(const std::string& key, const Tensors& inputs,
                                    const Pass& pass) {
  check(!inputs.empty(), "a pass to be repeated needs an input");
  const Device device = inputs[0].device();
  if (!device.is_cuda()) {
    ++stats_.plain;
    return pass(inputs);
  }
  std::string kind = cat(key, '|', device.str());
  for (const Tensor& t : inputs) {
    check(t.device() == device, "inputs of one pass on ", device.str(), " and ", t.device().str());
    kind += cat('|', name_of(t.dtype()), t.shape());
  }
  const auto known = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const auto& entry) { return entry->kind == kind; });
  if (known == entries_.end()) {
    entries_.push_front(std::make_unique<Entry>());
    entries_.front()->kind = std::move(kind);
    entries_.front()->device = device;
    if (entries_.size() > limit_) entries_.pop_back();
    ++stats_.plain;
    return pass(inputs);
  }
  entries_.splice(entries_.begin(), entries_, known);
  Entry& entry = *entries_.front();
  if (entry.graph) {
    ++stats_.repeated;
    return repeat(entry, inputs);
  }
  if (!entry.refused && record(entry, inputs, pass)) {
    ++stats_.recorded;
    return repeat(entry, inputs);
  }
  ++stats_.plain;
  return pass(inputs);
}

GraphCache::Tensors GraphCache::repeat(Entry& entry, const Tensors& inputs) {
  for (size_t i = 0; i < inputs.size(); ++i) entry.inputs[i].copy_from(inputs[i]);
  cuda::launch_graph(entry.graph, entry.device.index);
  Tensors results;
  for (const Tensor& t : entry.outputs) results.push_back(t.clone());
  return results;
}

bool GraphCache::record(Entry& entry, const Tensors& inputs, const Pass& pass) {
  entry.pool = std::make_unique<PrivatePool>(entry.device);
  const PrivatePool::Use use(*entry.pool);
  bool recording = false;
  try {
    for (const Tensor& t : inputs) entry.inputs.push_back(t.clone());
    cuda::begin_capture(entry.device.index);
    recording = true;
    entry.outputs = pass(entry.inputs);
    recording = false;
    entry.graph = cuda::end_capture(entry.device.index);
    return true;
  } catch (const Error& e) {
    if (recording) cuda::abandon_capture(entry.device.index);
    entry.refused = true;
    stats_.refusal = e.what();
    entry.inputs.clear();
    entry.outputs.clear();
    return false;
  } catch (...) {
    if (recording) cuda::abandon_capture(entry.device.index);
    throw;
  }
}

}  // namespace sgan::rt
