// PyTorch's tensors as they stand in pickles, and the storages behind them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "lib/io/pickle/strided.hpp"
#include "lib/io/pickle/tree.hpp"

namespace sgan::io::pickle {

// The element type named by a storage class such as torch.FloatStorage; throws Error for others.
rt::DType storage_type(const Ref& global);

// ("storage", class, key, device, elements[, view]): what a persistent reference holds.
struct StorageKey {
  rt::DType type = rt::DType::f32;
  std::string key;
  int64_t elements = 0;
  int64_t view_offset = 0, view_elements = -1;  // of a view in old files; -1: the whole storage
};
StorageKey storage_key(const Ref& persistent);

// Finds the data of persistent storages. The bytes stay valid until the next call.
class StorageSource {
 public:
  virtual ~StorageSource() = default;
  virtual Elements load(const Ref& persistent) = 0;
};

bool is_tensor(const Ref& value);  // PyTorch's or numpy's

// Makes tensors of one tree. Storages are found by `source` (of a .pt file), or stand in the pickle
// itself as nested .pt files (network pickles).
class TensorReader {
 public:
  TensorReader(Budget& budget, StorageSource* source);
  ~TensorReader();

  // Contiguous, on the CPU. Throws Error, naming file and place, for anything else than a tensor.
  rt::Tensor read(const Ref& value);
  Budget& budget() { return budget_; }

 private:
  Elements storage(const Ref& value);
  Elements nested(const Ref& value);

  struct Nested;
  Budget& budget_;
  StorageSource* source_;
  std::unordered_map<Id, std::unique_ptr<Nested>> nested_;
};

}  // namespace sgan::io::pickle
