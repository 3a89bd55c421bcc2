// Values of a pickle as names and as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "lib/io/pickle/tree.hpp"

namespace sgan::io::pickle {

// A dictionary key as part of a name: text as it is, integers in decimal, anything else as its
// kind. Throws Error for text that is not UTF-8, has control characters, or more than 1024 bytes.
std::string key_text(const Ref& key);

// None, booleans, numbers and text; nothing for anything else.
std::optional<nlohmann::json> scalar_json(const Ref& value);

// Settings: also containers, numpy scalars and small arrays, paths and torch.Size. What cannot be
// told becomes the name of its class as text, so that nothing is lost silently. Throws Error when
// it is nested too deep, or too large for settings (100,000 values).
nlohmann::json to_json(const Ref& value);

// Adds what is no more than interesting; what is too large is left out, and that is said.
void add_history(nlohmann::json& history, const std::string& name, const Ref& value);

}  // namespace sgan::io::pickle
