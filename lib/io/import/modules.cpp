#include "lib/io/import/modules.hpp"

#include <set>

#include "lib/io/pickle/text.hpp"

namespace sgan::io {

using nlohmann::json;
using pickle::Kind;
using pickle::Ref;

Module::Module(const Ref& value) {
  if (!value.is(Kind::call)) return;
  Ref state;
  if (value.global().ends_with("._reconstruct_persistent_obj") && value.arg_count() > 0) {
    const Ref meta = value.arg(0);
    if (meta.is_dict()) state = meta.find("state");
  } else {
    state = value.state();
  }
  if (state && state.is_dict() && state.find("_modules") && state.find("_parameters"))
    state_ = state;
}

Module Module::child(std::string_view name) const {
  if (!*this) return {};
  const Ref found = state_.find("_modules").find(name);
  return found ? Module(found) : Module();
}

Module Module::descend(std::string_view path) const {
  Module at = *this;
  while (at && !path.empty()) {
    const size_t dot = path.find('.');
    at = at.child(path.substr(0, dot));
    path.remove_prefix(dot == path.npos ? path.size() : dot + 1);
  }
  return at;
}

json Module::attribute(std::string_view name) const {
  if (!*this) return nullptr;
  const Ref found = state_.find(name);
  return found ? pickle::to_json(found) : json(nullptr);
}

json Module::arguments(std::initializer_list<const char*> positional) const {
  json result = json::object();
  if (!*this) return result;
  if (const Ref args = state_.find("_init_args"); args && args.is_sequence()) {
    size_t i = 0;
    for (const char* name : positional) {
      if (i >= args.size()) break;
      result[name] = pickle::to_json(args[i++]);
    }
  }
  if (const Ref kwargs = state_.find("_init_kwargs"); kwargs && kwargs.is_dict())
    for (const auto& [key, value] : kwargs.entries())
      result[pickle::key_text(key)] = pickle::to_json(value);
  return result;
}

namespace {

class StateDict {
 public:
  StateDict(const Ref& root, pickle::TensorReader& reader) : walk_(root.tree()), reader_(reader) {}

  void collect(const Module& module, const std::string& prefix) {
    const Ref& state = module.state();
    const pickle::Walk::Step step(walk_, state);
    walk_.charge(state.entries().size(), state);
    std::set<std::string> transient;  // buffers that a state dictionary leaves out
    if (const Ref names = state.find("_non_persistent_buffers_set"); names && names.is_sequence())
      for (size_t i = 0; i < names.size(); ++i) transient.insert(pickle::key_text(names[i]));
    for (const char* kind : {"_parameters", "_buffers"}) {
      const Ref all = state.find(kind);
      if (!all || !all.is_dict()) continue;
      for (const auto& [key, value] : all.entries()) {
        walk_.charge(1, value);
        const std::string name = pickle::key_text(key);
        if (!value.is(Kind::none) && !transient.count(name))
          tensors.insert_or_assign(prefix + name, reader_.read(value));
      }
    }
    for (const auto& [key, value] : state.find("_modules").entries()) {
      walk_.charge(1, value);
      if (const Module child(value); child) collect(child, prefix + pickle::key_text(key) + ".");
    }
  }

  TensorMap tensors;

 private:
  pickle::Walk walk_;
  pickle::TensorReader& reader_;
};

}  // namespace

TensorMap state_dict(const Module& module, pickle::TensorReader& reader) {
  StateDict collector(module.state(), reader);
  collector.collect(module, "");
  return std::move(collector.tensors);
}

}  // namespace sgan::io
