#include "lib/train/player.hpp"

#include "lib/rt/error.hpp"

namespace sgan::train {

size_t copy_into(const std::map<std::string, ag::Var>& ours, const nets::TensorMap& official,
                 const std::string& what, bool all) {
  size_t taken = 0;
  for (const auto& [name, var] : ours) {
    const auto found = official.find(name);
    if (found == official.end()) {
      check(!all, what, " has no '", name, "'");
      continue;
    }
    const rt::Tensor t = nets::to_channels_last(found->second.to(var.dtype()));
    check(t.shape() == var.shape(), what, ": '", name, "' has shape ", found->second.shape(),
          ", which this configuration cannot take over");
    rt::Tensor own = var.value();
    own.copy_from(t);
    ++taken;
  }
  check(taken > 0, what, " shares no tensor with this configuration: another architecture");
  return ours.size() - taken;
}

}  // namespace sgan::train
