// libsgan-image, opened when the first picture needs it.
#pragma once

#include <string>

#include "lib/io/picture_entry.hpp"

namespace sgan::io {

struct PictureLibrary {
  SganImageCheck* check = nullptr;
  SganImageWrite* write = nullptr;
  SganImageRead* read = nullptr;
  std::string problem;  // why there is none; empty when all is well
};

// Loaded by the first call, which takes 0.2 s. Thread-safe.
const PictureLibrary& picture_library();

}  // namespace sgan::io
