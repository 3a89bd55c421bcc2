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
// Throws Error, beginning with `name`, when the first chunk states what no PNG file can be.
void check_png_header(std::string_view bytes, const std::string& name);
// The same file with only what the pixels need. Throws Error, beginning with `name`, when a chunk
// is cut or damaged: libpng would print that, as it prints remarks about the other chunks. Likewise
// when the pixels stated are more than the compressed bytes can be.
std::string essential_png(std::string_view bytes, const std::string& name);

}  // namespace sgan::io
