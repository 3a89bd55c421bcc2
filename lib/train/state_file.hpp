// The whole state of a training run in one file: tensors, counters and settings. The old one stays
// until the new one is complete.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "lib/io/safetensors.hpp"
#include "lib/nets/weights.hpp"

namespace sgan::train {

struct SavedState {
  nets::TensorMap tensors;
  nlohmann::json options, counters;
};

void write_state(const std::string& path, const SavedState& state);  // throws Error
SavedState read_state(const std::string& path);                      // throws Error
// By the header of an open file: whether it is such a state, and all of it but the tensors.
bool is_state(const io::SafetensorsFile& file);
SavedState read_state_header(const io::SafetensorsFile& file);  // throws Error

}  // namespace sgan::train
