#include "lib/io/jpeg_markers.hpp"

#include <cstdint>

#include "lib/rt/error.hpp"

namespace sgan::io {

bool is_jpeg(std::string_view bytes) { return bytes.starts_with("\xff\xd8\xff"); }

void check_jpeg_end(std::string_view bytes, const std::string& name) {
  constexpr int kEnd = 0xd9, kFirstRestart = 0xd0, kLastRestart = 0xd7, kAlone = 0x01;
  size_t at = 2;
  for (;;) {
    // Up to the next marker: past the data of a scan, in which 0xff is followed by 0.
    while (at + 1 < bytes.size() && (bytes[at] != '\xff' || bytes[at + 1] == '\0')) ++at;
    check(at + 1 < bytes.size(), name, ": truncated: the JPEG file ends at byte ", bytes.size());
    const int marker = uint8_t(bytes[at + 1]);
    if (marker == kEnd) return;
    if (marker == 0xff) {  // a fill byte
      ++at;
      continue;
    }
    at += 2;
    if (marker == kAlone || (marker >= kFirstRestart && marker <= kLastRestart)) continue;
    check(at + 1 < bytes.size(), name, ": truncated: the JPEG file ends at byte ", bytes.size());
    at += size_t(uint8_t(bytes[at])) << 8 | uint8_t(bytes[at + 1]);
  }
}

}  // namespace sgan::io
