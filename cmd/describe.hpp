// What a file is, as JSON whose members come in the order to be shown.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "cmd/cli.hpp"
#include "lib/io/safetensors.hpp"

namespace sgan::cli {

// Of any file or folder; "-" is stdin. Throws Error for what is not known here or damaged.
// --tensors and --hash are obeyed.
nlohmann::ordered_json describe(const Args& args, const std::string& path);

// Of models, feature networks, saved runs and saved measurements.
nlohmann::ordered_json describe_tensors(const Args& args, io::SafetensorsFile file);

}  // namespace sgan::cli
