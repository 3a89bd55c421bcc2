// Tensors of whatever a file describes: networks of other programs go by their shapes and order.
#include "lib/io/import/modules.hpp"
#include "lib/io/import/readers.hpp"
#include "lib/io/pickle/text.hpp"

namespace sgan::io {
namespace {

using pickle::Kind;
using pickle::Ref;

class Collector {
 public:
  Collector(const Ref& root, pickle::TensorReader& reader) : walk_(root.tree()), reader_(reader) {}

  void visit(const Ref& value, const std::string& path) {
    const pickle::Walk::Step step(walk_, value);
    walk_.charge(path.size() / 32, value);
    if (pickle::is_tensor(value)) {
      tensors.emplace_back(path, reader_.read(value));
    } else if (const Module module(value); module) {
      // The attributes of a module in Python; those of one in TorchScript are its state's own.
      for (const char* kind : {"_parameters", "_buffers", "_modules"})
        if (const Ref all = module.state().find(kind); all && all.is_dict()) entries(all, path);
    } else if (value.is_dict()) {
      entries(value, path);
    } else if (value.is_sequence()) {
      walk_.charge(value.size(), value);
      for (size_t i = 0; i < value.size(); ++i) visit(value[i], join(path, std::to_string(i)));
    } else if (value.is(Kind::call)) {
      if (const Ref state = value.state(); state && state.is_dict()) entries(state, path);
    }
  }

  NamedTensors tensors;

 private:
  void entries(const Ref& dict, const std::string& path) {
    const auto all = dict.entries();
    walk_.charge(all.size(), dict);
    for (const auto& [key, value] : all) visit(value, join(path, pickle::key_text(key)));
  }

  static std::string join(const std::string& path, const std::string& part) {
    if (path.size() + part.size() > 4096) fail("a path of more than 4096 characters");
    return path.empty() ? part : path + "." + part;
  }

  pickle::Walk walk_;
  pickle::TensorReader& reader_;
};

}  // namespace

NamedTensors all_tensors(const Ref& root, pickle::TensorReader& reader) {
  Collector collector(root, reader);
  collector.visit(root, "");
  return std::move(collector.tensors);
}

}  // namespace sgan::io
