// JPEG files as a list of marker segments (ITU-T T.81, annex B).
#pragma once

#include <string>
#include <string_view>

namespace sgan::io {

bool is_jpeg(std::string_view bytes);
// Throws Error, beginning with `name`, unless the file goes on to its end marker: the decoder fills
// what is missing with grey and says nothing.
void check_jpeg_end(std::string_view bytes, const std::string& name);

}  // namespace sgan::io
