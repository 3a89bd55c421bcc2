// PyTorch modules in a pickle: persistent objects of the official code, or plain pickled modules.
// What a module is, is told by its contents; class names and source text are never looked at.
#pragma once

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string_view>

#include "lib/io/import/import.hpp"
#include "lib/io/pickle/torch_tensor.hpp"

namespace sgan::io {

class Module {
 public:
  Module() = default;
  explicit Module(const pickle::Ref& value);  // false when it is no module

  explicit operator bool() const { return bool(state_); }
  const pickle::Ref& state() const { return state_; }
  Module child(std::string_view name) const;  // false when there is none
  // The child whose name is the path, its parts separated by dots.
  Module descend(std::string_view path) const;

  // A plain attribute as JSON; null and false when it is absent.
  bool has(std::string_view attribute) const { return bool(state_.find(attribute)); }
  nlohmann::json attribute(std::string_view name) const;
  // The arguments of its constructor, positional ones under the names given.
  nlohmann::json arguments(std::initializer_list<const char*> positional) const;

 private:
  pickle::Ref state_;
};

// Parameters and buffers of a module and its children, under their state dictionary's names.
TensorMap state_dict(const Module& module, pickle::TensorReader& reader);

}  // namespace sgan::io
