// The names of Inception-v3's layers in the published graph of 2015-12-05 ("mixed_9/tower/conv").
// Official archives keep them, but their modules stand in an order of their own.
#include <algorithm>
#include <map>
#include <optional>

#include "lib/nets/inception_layout.hpp"
#include "lib/nets/recognize.hpp"

namespace sgan::nets::recognize {
namespace {

// "conv", "conv_1", "conv_2", ...
std::string counted(const std::string& name, int number) {
  return number == 0 ? name : cat(name, '_', number);
}

// A layer within its block: the branches are towers, and their layers count from 0.
std::string in_block(const std::string& block, const std::string& conv) {
  const bool doubles_first = block == "Mixed_6a";  // it has no other branch of several layers
  const std::pair<const char*, const char*> branches[] = {
      {"branch3x3dbl_", doubles_first ? "tower_" : "tower_1_"},
      {"branch7x7dbl_", "tower_1_"},
      {"branch7x7x3_", "tower_1_"},
      {"branch3x3_", "tower_"},
      {"branch5x5_", "tower_"},
      {"branch7x7_", "tower_"}};
  for (const auto& [branch, tower] : branches) {
    if (!conv.starts_with(branch)) continue;
    // "2a" and "2b" are the two ends of a branch.
    if (conv.ends_with('a') || conv.ends_with('b'))
      return counted(cat(tower, "mixed_conv"), conv.back() - 'a');
    return counted(cat(tower, "conv"), conv.back() - '1');
  }
  return conv == "branch_pool" ? "tower_2_conv" : "conv";
}

// The graph's names in the network's order, "_" for "/".
std::vector<std::string> graph_names() {
  std::vector<std::string> names;
  int number = 0;
  for (size_t i = 0; i < inception::stem().size(); ++i) names.push_back(counted("conv", number++));
  number = 0;
  for (const auto& block : inception::blocks()) {
    const std::string scope = counted("mixed", number++);
    for (const auto& branch : block.branches) {
      for (const auto* part : {&branch.convs, &branch.split}) {
        for (const auto& conv : *part) {
          names.push_back(cat(scope, '_', in_block(block.name, conv.name)));
        }
      }
    }
  }
  return names;
}

}  // namespace

NamedTensors in_graph_order(const NamedTensors& tensors) {
  std::map<std::string, size_t> places;  // of the convolutions, by module
  std::optional<std::string> prefix;
  const std::vector<std::string> names = graph_names();
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (!is_convolution(tensors[i].second)) continue;
    std::string module = parent_of(tensors[i].first);
    std::replace(module.begin(), module.end(), '.', '_');
    std::replace(module.begin(), module.end(), '/', '_');
    if (module.ends_with(names.back()))
      prefix = module.substr(0, module.size() - names.back().size());
    places.emplace(std::move(module), i);
  }
  if (!prefix) return tensors;
  NamedTensors ordered;
  std::vector<bool> taken(tensors.size());
  for (const std::string& name : names) {
    const auto found = places.find(*prefix + name);
    if (found == places.end()) return tensors;
    taken[found->second] = true;
    ordered.push_back(tensors[found->second]);
  }
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (!taken[i]) ordered.push_back(tensors[i]);
  }
  return ordered;
}

}  // namespace sgan::nets::recognize
