#include "lib/io/png_chunks.hpp"

#include "lib/io/crc32.hpp"
#include "lib/rt/error.hpp"

namespace sgan::io {
namespace {

using namespace std::string_view_literals;
constexpr std::string_view kSignature = "\x89PNG\r\n\x1a\n"sv;

uint32_t big_endian(std::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | uint8_t(bytes[at + i]);
  return value;
}

// Bytes of the decompressed pixels, from a header that has been checked; rows have one more each.
uint64_t stated_bytes(std::string_view bytes) {
  const uint64_t width = big_endian(bytes, 16), height = big_endian(bytes, 20);
  constexpr uint64_t kChannels[] = {1, 0, 3, 1, 2, 0, 4};
  const uint64_t bits = kChannels[size_t(bytes[25])] * uint8_t(bytes[24]);
  return height * ((width * bits + 7) / 8 + 1);
}

}  // namespace

bool is_png(std::string_view bytes) { return bytes.starts_with(kSignature); }

bool png_size(std::string_view bytes, PictureSize& size) {
  if (bytes.size() < 33 || !is_png(bytes) || bytes.substr(12, 4) != "IHDR") return false;
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

void check_png_header(std::string_view bytes, const std::string& name) {
  check(bytes.size() >= 33, name, ": truncated: the PNG file ends at byte ", bytes.size());
  const uint32_t width = big_endian(bytes, 16), height = big_endian(bytes, 20);
  const int depth = uint8_t(bytes[24]), colour = uint8_t(bytes[25]);
  const bool known =
      colour == 0   ? depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16
      : colour == 3 ? depth == 1 || depth == 2 || depth == 4 || depth == 8
                    : (colour == 2 || colour == 4 || colour == 6) && (depth == 8 || depth == 16);
  const bool good = bytes.substr(12, 4) == "IHDR" && width > 0 && height > 0 && width >> 31 == 0 &&
                    height >> 31 == 0 && known && bytes[26] == 0 && bytes[27] == 0 &&
                    uint8_t(bytes[28]) <= 1;
  check(good, name, ": damaged: its first chunk states no PNG picture");
}

std::string essential_png(std::string_view bytes, const std::string& name) {
  constexpr size_t kAround = 12;         // length, type, checksum
  constexpr uint64_t kMostRatio = 1032;  // of deflate: 258 bytes from 2 bits
  check_png_header(bytes, name);
  uint64_t compressed = 0;
  std::string kept(kSignature);
  kept.reserve(bytes.size());
  size_t at = kSignature.size();
  for (;;) {
    check(bytes.size() - at >= kAround, name, ": truncated: the PNG file ends at byte ",
          bytes.size());
    const size_t length = big_endian(bytes, at);
    const std::string_view type = bytes.substr(at + 4, 4);
    check(length <= bytes.size() - at - kAround, name, ": truncated: the PNG file ends at byte ",
          bytes.size());
    check(crc32(bytes.substr(at + 4, length + 4)) == big_endian(bytes, at + 8 + length), name,
          ": damaged: a checksum of the PNG file does not fit at byte ", at);
    if (type == "IHDR" || type == "PLTE" || type == "tRNS" || type == "IDAT" || type == "IEND")
      kept += bytes.substr(at, length + kAround);
    if (type == "IDAT") compressed += length;
    at += length + kAround;
    if (type != "IEND") continue;
    check(stated_bytes(bytes) / kMostRatio <= compressed, name, ": damaged: states ",
          big_endian(bytes, 16), "x", big_endian(bytes, 20), " pixels, and has ", compressed,
          " bytes of them");
    return kept;
  }
}

}  // namespace sgan::io
