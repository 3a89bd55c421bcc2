#include "lib/train/parameters.hpp"

namespace sgan::train {

Parameters Parameters::of(const std::map<std::string, ag::Var>& tensors,
                          const std::function<bool(const std::string&)>& frozen) {
  Parameters p;
  for (const auto& [name, var] : tensors) {
    if (nets::is_buffer(name)) {
      p.buffers[name] = var;
    } else if (!frozen || !frozen(name)) {
      p.names.push_back(name);
      p.vars.push_back(var);
    }
  }
  return p;
}

int64_t Parameters::count() const {
  int64_t total = 0;
  for (const ag::Var& v : vars) total += v.shape().numel();
  return total;
}

nets::TensorMap official_tensors(const std::map<std::string, ag::Var>& tensors) {
  nets::TensorMap all;
  for (const auto& [name, var] : tensors) {
    const rt::Tensor t = var.value().to(rt::cpu);
    all[name] = t.rank() == 3 || t.rank() == 4 ? nets::to_channels_first(t) : t.clone();
  }
  return all;
}

bool frozen_in_discriminator(const std::string& name, int resolution, int count) {
  // A layer of the image's own resolution counts first: fromrgb, conv0, conv1 (and skip).
  int left = count;
  for (int res = resolution; res > 4 && left > 0; res /= 2) {
    const std::string block = "b" + std::to_string(res) + ".";
    for (const char* layer : {"fromrgb", "conv0", "conv1", "skip"}) {
      const bool exists = res == resolution || std::string_view(layer) != "fromrgb";
      if (!exists) continue;
      if (left <= 0) return false;
      if (name.starts_with(block + layer + ".")) return true;
      --left;
    }
  }
  return false;
}

nets::TensorMap tensors_below(const nets::TensorMap& state, const std::string& role) {
  nets::TensorMap found;
  for (auto at = state.lower_bound(role + "."); at != state.end(); ++at) {
    if (!at->first.starts_with(role + ".")) break;
    found[at->first.substr(role.size() + 1)] = at->second;
  }
  return found;
}

}  // namespace sgan::train
