#include "lib/io/picture_read.hpp"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <utility>

#include "lib/io/jpeg_markers.hpp"
#include "lib/io/memory_file.hpp"
#include "lib/io/picture_library.hpp"
#include "lib/io/png_chunks.hpp"
#include "lib/rt/error.hpp"

namespace sgan::io {
namespace {

constexpr std::string_view kExtensions =
    " avif bmp cin dds dib dpx exr fits gif hdr heic heif ico iff j2k jfif jp2 jpe jpeg jpg pbm "
    "pcx pgm pic png pnm ppm psd rgb rgba rla sgi tga tif tiff tpic webp ";

DecodedPicture read(std::string_view bytes, const std::string& name, bool header_only) {
  need_picture_library();
  std::string essential;
  if (header_only && is_png(bytes)) check_png_header(bytes, name);
  if (!header_only && is_png(bytes)) bytes = essential = essential_png(bytes, name);
  if (!header_only && is_jpeg(bytes)) check_jpeg_end(bytes, name);
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

std::string extension_of(const std::string& path) {
  const size_t dot = path.rfind('.'), slash = path.rfind('/');
  if (dot == std::string::npos || (slash != std::string::npos && dot < slash)) return "";
  std::string extension = path.substr(dot + 1);
  for (char& c : extension) c = char(std::tolower(static_cast<unsigned char>(c)));
  return extension;
}

bool has_picture_name(const std::string& name) {
  const size_t file = name.rfind('/') + 1;
  if (name[file] == '.') return false;  // such as "._a.png", which macOS leaves in archives
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

std::string encode_png(const uint8_t* pixels, int width, int height, int channels) {
  need_picture_library();
  const MemoryFile memory;
  const std::string path = memory.path();
  const SganPicture plain{path.c_str(), "png", width, height, channels, 8, pixels, nullptr};
  char message[512] = "";
  check(picture_library().write(&plain, message, sizeof message) == 0, message);
  StringSink sink;
  memory.copy_to(sink);
  return std::move(sink.text);
}

}  // namespace sgan::io
