#include "lib/io/picture_read.hpp"

#include <algorithm>
#include <cstring>

#include "lib/io/picture.hpp"
#include "lib/io/picture_library.hpp"
#include "lib/rt/error.hpp"

namespace sgan::io {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kExtensions =
    " avif bmp cin dds dib dpx exr fits gif hdr heic heif ico iff j2k jfif jp2 jpe jpeg jpg pbm "
    "pcx pgm pic png pnm ppm psd rgb rgba rla sgi tga tif tiff tpic webp ";

uint32_t big_endian(std::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | uint8_t(bytes[at + i]);
  return value;
}

// The first chunk of a PNG (W3C, PNG, 11.2.2). False when it has to be decoded to be known: a
// palette may be transparent, and so may one colour (tRNS).
bool png_size(std::string_view bytes, PictureSize& size) {
  if (bytes.size() < 33 || !bytes.starts_with("\x89PNG\r\n\x1a\n"sv)) return false;
  if (bytes.substr(12, 4) != "IHDR") return false;
  const uint32_t width = big_endian(bytes, 16), height = big_endian(bytes, 20);
  const int depth = uint8_t(bytes[24]), colour = uint8_t(bytes[25]);
  if (width < 1 || height < 1 || width > 1 << 16 || height > 1 << 16) return false;
  if (colour != 0 && colour != 2 && colour != 4 && colour != 6) return false;
  if (bytes.find("tRNS"sv) != bytes.npos) return false;
  size.width = int(width);
  size.height = int(height);
  size.channels = colour == 0 ? 1 : colour == 2 ? 3 : colour == 4 ? 2 : 4;
  size.alpha = colour == 4 ? 1 : colour == 6 ? 3 : -1;
  size.bits = depth == 16 ? 16 : 8;
  return true;
}

DecodedPicture read(std::string_view bytes, const std::string& name, bool header_only) {
  need_picture_library();
  DecodedPicture picture;
  SganPictureRead plain{};
  plain.name = name.c_str();
  plain.data = bytes.data();
  plain.bytes = bytes.size();
  plain.context = header_only ? nullptr : &picture.pixels;
  plain.allocate = [](SganPictureRead* p, size_t wanted) -> void* {
    auto* pixels = static_cast<std::vector<uint8_t>*>(p->context);
    if (!pixels) return nullptr;
    pixels->resize(wanted);
    return pixels->data();
  };
  check(!bytes.empty(), name, ": the file is empty");
  char message[512] = "";
  if (picture_library().read(&plain, message, sizeof message) != 0) {
    fail(name, ": cannot be decoded: ", message[0] ? message : "not a picture");
  }
  static_cast<PictureSize&>(picture) = {plain.width, plain.height, plain.channels,
                                        plain.bits,  plain.alpha,  plain.orientation};
  return picture;
}

}  // namespace

bool has_picture_name(const std::string& name) {
  const std::string extension = extension_of(name);
  return !extension.empty() && kExtensions.find(" " + extension + " ") != std::string_view::npos;
}

void need_picture_library() {
  const std::string& problem = picture_library().problem;
  check(problem.empty(), problem, "; array files (.npy, made by sgan-data) are read without");
}

PictureSize picture_size(std::string_view bytes, const std::string& name) {
  PictureSize size;
  if (png_size(bytes, size)) return size;
  return read(bytes, name, true);
}

DecodedPicture decode_picture(std::string_view bytes, const std::string& name) {
  return read(bytes, name, false);
}

void to_8_bits(DecodedPicture& picture) {
  if (picture.bits == 8) return;
  const size_t count = picture.pixels.size() / 2;
  for (size_t i = 0; i < count; ++i) {
    uint16_t wide;
    std::memcpy(&wide, picture.pixels.data() + 2 * i, 2);
    picture.pixels[i] = uint8_t((uint32_t(wide) * 255 + 32767) / 65535);
  }
  picture.pixels.resize(count);
  picture.pixels.shrink_to_fit();
  picture.bits = 8;
}

}  // namespace sgan::io
