// What a file is, from its first bytes.
#pragma once

#include <string>
#include <string_view>

namespace sgan::io {

inline constexpr size_t kMagicBytes =
    16;  // as many of the first bytes as the functions here look at

bool is_npy(std::string_view start);
bool is_safetensors(std::string_view start);

// For an Error after the file's name: "a PNG picture, not a latent stream; <what to do>".
std::string describe_wrong(std::string_view start, std::string_view wanted);

}  // namespace sgan::io
