// PyTorch's file format before 1.6: five pickles in sequence, then the storages. Network pickles
// hold one such file inside for each storage.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "lib/io/pickle/torch_tensor.hpp"

namespace sgan::io::pickle {

class LegacyFile : public StorageSource {
 public:
  static bool is(std::string_view data);  // by the magic number

  // `data` must outlive the file; `base` is its offset in the file called `name`, for messages.
  LegacyFile(std::string_view data, const std::string& name, size_t base = 0);

  Ref root() const { return tree_.root(); }
  const Tree& tree() const { return tree_; }
  Elements load(const Ref& persistent) override;

 private:
  Tree tree_;
  std::unordered_map<std::string, Elements> storages_;
};

}  // namespace sgan::io::pickle
