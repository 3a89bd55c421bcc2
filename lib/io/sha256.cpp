#include "lib/io/sha256.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace sgan::io {
namespace {

// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
alignas(16) constexpr uint32_t kRound[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

void plain_blocks(uint32_t* state, const uint8_t* data, size_t count) {
  for (; count > 0; --count, data += 64) {
    uint32_t w[64];
    for (int i = 0; i < 16; ++i) {
      w[i] = uint32_t{data[4 * i]} << 24 | uint32_t{data[4 * i + 1]} << 16 |
             uint32_t{data[4 * i + 2]} << 8 | data[4 * i + 3];
    }
    for (int i = 16; i < 64; ++i) {
      const uint32_t x = w[i - 15], y = w[i - 2];
      const uint32_t s0 = std::rotr(x, 7) ^ std::rotr(x, 18) ^ (x >> 3);
      const uint32_t s1 = std::rotr(y, 17) ^ std::rotr(y, 19) ^ (y >> 10);
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    uint32_t v[8];
    std::copy_n(state, 8, v);
    for (int i = 0; i < 64; ++i) {
      const uint32_t e = v[4], a = v[0];
      const uint32_t t1 = v[7] + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) +
                          ((e & v[5]) ^ (~e & v[6])) + kRound[i] + w[i];
      const uint32_t t2 = (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) +
                          ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));
      std::copy_backward(v, v + 7, v + 8);
      v[4] += t1;
      v[0] = t1 + t2;
    }
    for (int i = 0; i < 8; ++i) state[i] += v[i];
  }
}

#if defined(__x86_64__)
// The same with the processor's SHA instructions, several times as fast. They keep the state as
// (a b e f) and (c d g h), highest word first, and do two rounds at a time.
__attribute__((target("sha,sse4.1,ssse3"))) void sha_blocks(uint32_t* state, const uint8_t* data,
                                                            size_t count) {
  const __m128i swap = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
  __m128i abef = _mm_set_epi32(int(state[0]), int(state[1]), int(state[4]), int(state[5]));
  __m128i cdgh = _mm_set_epi32(int(state[2]), int(state[3]), int(state[6]), int(state[7]));
  for (; count > 0; --count, data += 64) {
    const __m128i abef0 = abef, cdgh0 = cdgh;
    __m128i w[4];
    for (int i = 0; i < 4; ++i) {
      const auto* from = reinterpret_cast<const __m128i*>(data + 16 * i);
      w[i] = _mm_shuffle_epi8(_mm_loadu_si128(from), swap);
    }
#pragma GCC unroll 16
    for (int i = 0; i < 16; ++i) {
      __m128i& now = w[i & 3];
      if (i >= 4) {  // message schedule: the words of four rounds back become the next ones
        const __m128i before = w[(i + 3) & 3], middle = w[(i + 2) & 3], after = w[(i + 1) & 3];
        now = _mm_add_epi32(_mm_sha256msg1_epu32(now, after), _mm_alignr_epi8(before, middle, 4));
        now = _mm_sha256msg2_epu32(now, before);
      }
      const auto* constants = reinterpret_cast<const __m128i*>(kRound + 4 * i);
      __m128i sum = _mm_add_epi32(now, _mm_load_si128(constants));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
      sum = _mm_shuffle_epi32(sum, 0x0e);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, sum);
    }
    abef = _mm_add_epi32(abef, abef0);
    cdgh = _mm_add_epi32(cdgh, cdgh0);
  }
  alignas(16) uint32_t x[4], y[4];
  _mm_store_si128(reinterpret_cast<__m128i*>(x), abef);
  _mm_store_si128(reinterpret_cast<__m128i*>(y), cdgh);
  state[0] = x[3], state[1] = x[2], state[4] = x[1], state[5] = x[0];
  state[2] = y[3], state[3] = y[2], state[6] = y[1], state[7] = y[0];
}

bool has_sha() {
  static const bool has = [] {
    unsigned eax, ebx = 0, ecx = 0, edx;
    asm("cpuid" : "=a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx) : "a"(7), "c"(0));
    return (ebx >> 29 & 1) != 0 && __builtin_cpu_supports("sse4.1");
  }();
  return has;
}
#endif

}  // namespace

void Sha256::blocks(const uint8_t* data, size_t count) {
#if defined(__x86_64__)
  if (!plain_ && has_sha()) return sha_blocks(state_.data(), data, count);
#endif
  plain_blocks(state_.data(), data, count);
}

void Sha256::update(const void* data, size_t bytes) {
  auto from = static_cast<const uint8_t*>(data);
  const size_t held = bytes_ % 64;
  bytes_ += bytes;
  if (held > 0) {
    const size_t taken = std::min(bytes, 64 - held);
    std::memcpy(pending_.data() + held, from, taken);
    if (held + taken < 64) return;
    blocks(pending_.data(), 1);
    from += taken;
    bytes -= taken;
  }
  blocks(from, bytes / 64);
  if (bytes % 64 > 0) std::memcpy(pending_.data(), from + bytes / 64 * 64, bytes % 64);
}

std::string Sha256::hex() {
  const uint64_t bits = bytes_ * 8;
  uint8_t tail[72] = {0x80};
  const size_t zeros = (119 - bytes_ % 64) % 64;  // after the 0x80, so that 8 bytes are left
  for (int i = 0; i < 8; ++i) tail[1 + zeros + size_t(i)] = uint8_t(bits >> (56 - 8 * i));
  update(tail, 1 + zeros + 8);
  std::string out;
  for (const uint32_t word : state_) {
    for (int shift = 28; shift >= 0; shift -= 4) out += "0123456789abcdef"[word >> shift & 15];
  }
  return out;
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.hex();
}

}  // namespace sgan::io
