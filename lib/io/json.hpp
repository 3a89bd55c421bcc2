// JSON that comes from files: nothing ambiguous, nothing that costs more than its own bytes.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace sgan::io {

// Throws Error, beginning with `what`, for invalid JSON, duplicate names in an object, and nesting
// deeper than `max_depth`.
nlohmann::json parse_json(std::string_view text, const std::string& what, int max_depth = 16);

// For messages: in quotes, at most 80 bytes, nothing unprintable.
std::string shown(std::string_view text);

}  // namespace sgan::io
