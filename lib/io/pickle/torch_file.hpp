// PyTorch's files: the zip format, the one before it, and TorchScript archives.
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "lib/io/pickle/torch_tensor.hpp"

namespace sgan::io::pickle {

class TorchFile {
 public:
  static bool is(std::string_view data);  // by the first bytes

  // `data` must outlive the file. Throws Error.
  TorchFile(std::string_view data, const std::string& name);
  ~TorchFile();

  Ref root() const;
  StorageSource& storages() const;

 private:
  class ZipStorages;
  std::unique_ptr<ZipStorages> zip_;
  std::unique_ptr<class LegacyFile> legacy_;
};

// Everything in a file by its path: dictionary keys, list indices and attributes joined by dots.
struct Contents {
  std::map<std::string, rt::Tensor> tensors;
  std::map<std::string, nlohmann::json> values;  // numbers, texts, None; torch.Size as its text
};
Contents contents(const Ref& root, TensorReader& reader);

// The same of a whole .pt or TorchScript file.
Contents read_torch_file(std::string_view data, const std::string& name);

}  // namespace sgan::io::pickle
