// Cyclic redundancy checks of 32 bits, reflected: CRC-32 (ITU-T V.42; zip, PNG) and CRC-32C
// (Castagnoli, RFC 3720; TFRecord).
#pragma once

#include <cstdint>
#include <string_view>

namespace sgan::io {

// `before`: the check of what came before, so that pieces can be added one after another.
uint32_t crc32(std::string_view bytes, uint32_t before = 0);
uint32_t crc32c(std::string_view bytes, uint32_t before = 0);

}  // namespace sgan::io
