// Picture files in memory, decoded.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sgan::io {

struct PictureSize {
  int width = 0, height = 0, channels = 0;
  int bits = 8;         // 8 or 16
  int alpha = -1;       // the channel that is alpha; -1: none
  int orientation = 1;  // EXIF: 1 is upright, 2 to 8 are turned or mirrored
};

struct DecodedPicture : PictureSize {
  // [height, width, channels]: bytes, or uint16 in the machine's byte order where bits is 16.
  std::vector<uint8_t> pixels;
};

// "png" of "a/b.PNG"; empty when the name has no extension.
std::string extension_of(const std::string& path);
// Whether the name ends as those of pictures do (".png", ".JPG", ".exr", ...).
bool has_picture_name(const std::string& name);

// Throws Error unless pictures can be decoded here (libsgan-image is there).
void need_picture_library();
// From the header alone; PNG without OpenImageIO. Errors begin with `name`.
PictureSize picture_size(std::string_view bytes, const std::string& name);
// Thread-safe. Errors begin with `name`; its extension is a hint.
DecodedPicture decode_picture(std::string_view bytes, const std::string& name);

// 16 bits to 8, rounded: x * 255 / 65535. Nothing to do for 8.
void to_8_bits(DecodedPicture& picture);

// A PNG file with the pixels [height, width, channels], 1 or 3 channels; the same bytes for the
// same pixels. Thread-safe.
std::string encode_png(const uint8_t* pixels, int width, int height, int channels);

}  // namespace sgan::io
