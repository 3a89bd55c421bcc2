// PNG files as a list of chunks (W3C, PNG, third edition, 5): what can be known and checked without
// decoding.
#pragma once

#include <string>
#include <string_view>

#include "lib/io/picture_read.hpp"

namespace sgan::io {

bool is_png(std::string_view bytes);
// From the first chunk, in the first few dozen bytes. False where the file has to be decoded to be
// known: a palette, or a colour that is transparent.
bool png_size(std::string_view bytes, PictureSize& size);
// The same file with only what the pixels need. Throws Error, beginning with `name`, when a chunk
// is cut or damaged: libpng would print that, as it prints remarks about the other chunks.
std::string essential_png(std::string_view bytes, const std::string& name);

}  // namespace sgan::io
