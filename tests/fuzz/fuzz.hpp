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

}  // namespace sgan::fuzz
