// One of the two networks of a training with its optimiser.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "lib/train/adam.hpp"
#include "lib/train/parameters.hpp"

namespace sgan::train {

struct Player {
  std::map<std::string, ag::Var> tensors;
  Parameters parameters;
  std::unique_ptr<Adam> adam;
  int interval = 0;  // of its regularisation phase; 0: part of every step
  double lr = 0;
};

// Copies tensors under official names and layouts into a network's. Throws Error, which says
// `what`, where a shape differs, none fits, or one is missing and `all` are wanted. Returns how
// many of ours `official` has not.
size_t copy_into(const std::map<std::string, ag::Var>& ours, const nets::TensorMap& official,
                 const std::string& what, bool all);

}  // namespace sgan::train
