// A network's tensors as training sees them: what the optimiser moves, and what it does not.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "lib/ag/var.hpp"
#include "lib/nets/weights.hpp"

namespace sgan::train {

struct Parameters {
  std::vector<std::string> names;  // official, sorted
  ag::Vars vars;                   // leaves, changed in place
  std::map<std::string, ag::Var> buffers;

  // `frozen` names parameters that stay as they are.
  static Parameters of(const std::map<std::string, ag::Var>& tensors,
                       const std::function<bool(const std::string&)>& frozen = {});
  int64_t count() const;  // numbers in vars
};

// Copies of all tensors under official names and layouts, for files.
nets::TensorMap official_tensors(const std::map<std::string, ag::Var>& tensors);

// The tensors of a saved state that begin with "ROLE.", without it.
nets::TensorMap tensors_below(const nets::TensorMap& state, const std::string& role);

// Whether layer `name` of a discriminator is among the `count` highest resolutions that freezing
// keeps (Freeze-D, as in StyleGAN2-ADA): b256 and below it, from the image on.
bool frozen_in_discriminator(const std::string& name, int resolution, int count);

}  // namespace sgan::train
