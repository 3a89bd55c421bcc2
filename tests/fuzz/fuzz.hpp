// What the fuzz targets share: an Error is a right answer, everything else is a find.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "lib/rt/error.hpp"

namespace sgan::fuzz {

inline std::string_view text(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline void require(bool ok) {
  if (!ok) std::abort();
}

// Errors must be one line; any other exception ends the run.
template <class Run>
void survive(const Run& run) {
  try {
    run();
  } catch (const Error& e) {
    require(*e.what() != '\0' && std::string_view(e.what()).find('\n') == std::string_view::npos);
  }
}

// Whether a file (SafetensorsFile) holds little enough to be read: no bomb that its few bytes can
// really hold.
template <class File>
bool is_small(const File& file) {
  uint64_t bytes = 0;
  for (const auto& entry : file.entries()) bytes += entry.end - entry.begin;
  return bytes <= uint64_t{1} << 24;
}

}  // namespace sgan::fuzz
