#include "lib/metrics/draws.hpp"

#include "kernels/philox.inl"

namespace sgan::metrics {

double uniform_draw(uint64_t seed, uint32_t stream, uint64_t index) {
  const auto block = kernels::philox4x32_10(
      {{uint32_t(index), uint32_t(index >> 32), stream, 0x64726177u}},  // "draw"
      uint32_t(seed), uint32_t(seed >> 32));
  const uint64_t bits = (uint64_t{block.word[0]} << 32) | block.word[1];
  return double(bits >> 11) * 0x1p-53;
}

}  // namespace sgan::metrics
