#include "lib/io/crc32.hpp"

#include <array>
#include <bit>
#include <cstring>

namespace sgan::io {
namespace {

// Eight tables take eight bytes a step (M. Kounavis, F. Berry, "A systematic approach to building
// high performance software-based CRC generators", 2005).
using Tables = std::array<std::array<uint32_t, 256>, 8>;

constexpr Tables tables(uint32_t polynomial) {
  Tables t{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t c = i;
    for (int bit = 0; bit < 8; ++bit) c = c & 1 ? c >> 1 ^ polynomial : c >> 1;
    t[0][i] = c;
  }
  for (size_t k = 1; k < 8; ++k) {
    for (size_t i = 0; i < 256; ++i) t[k][i] = t[k - 1][i] >> 8 ^ t[0][t[k - 1][i] & 255];
  }
  return t;
}

constexpr Tables kCrc32 = tables(0xedb88320), kCrc32c = tables(0x82f63b78);

uint32_t run(const Tables& t, std::string_view bytes, uint32_t c) {
  static_assert(std::endian::native == std::endian::little);
  c = ~c;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    uint64_t x;
    std::memcpy(&x, bytes.data(), 8);
    x ^= c;
    c = 0;
    for (size_t k = 0; k < 8; ++k) c ^= t[7 - k][x >> (8 * k) & 255];
  }
  for (const char b : bytes) c = c >> 8 ^ t[0][(c ^ uint8_t(b)) & 255];
  return ~c;
}

}  // namespace

uint32_t crc32(std::string_view bytes, uint32_t before) { return run(kCrc32, bytes, before); }
uint32_t crc32c(std::string_view bytes, uint32_t before) { return run(kCrc32c, bytes, before); }

}  // namespace sgan::io
