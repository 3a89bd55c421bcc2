// SHA-256 (FIPS 180-4): names models by their contents.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace sgan::io {

class Sha256 {
 public:
  // `plain`: without the processor's SHA instructions, for tests.
  explicit Sha256(bool plain = false) : plain_(plain) {}
  void update(const void* data, size_t bytes);
  void update(std::string_view bytes) { update(bytes.data(), bytes.size()); }
  std::string hex();  // 64 lower-case digits; ends the computation

 private:
  void blocks(const uint8_t* data, size_t count);
  std::array<uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<uint8_t, 64> pending_{};
  uint64_t bytes_ = 0;
  bool plain_;
};

std::string sha256_hex(std::string_view bytes);

}  // namespace sgan::io
