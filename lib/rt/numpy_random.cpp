#include "lib/rt/numpy_random.hpp"

#include <bit>
#include <cmath>

#include "lib/rt/error.hpp"

namespace sgan::rt {

NumpyRandom::NumpyRandom(uint32_t seed) {
  state_[0] = seed;
  for (uint32_t i = 1; i < kWords; ++i) {
    state_[i] = 1812433253u * (state_[i - 1] ^ (state_[i - 1] >> 30)) + i;
  }
}

void NumpyRandom::refill() {
  constexpr int kShift = 397;
  const auto mix = [&](int i, int next, int far) {
    const uint32_t y = (state_[i] & 0x80000000u) | (state_[next] & 0x7fffffffu);
    state_[i] = state_[far] ^ (y >> 1) ^ (y & 1 ? 0x9908b0dfu : 0u);
  };
  int i = 0;
  for (; i < kWords - kShift; ++i) mix(i, i + 1, i + kShift);
  for (; i < kWords - 1; ++i) mix(i, i + 1, i + kShift - kWords);
  mix(kWords - 1, 0, kShift - 1);
  used_ = 0;
}

uint32_t NumpyRandom::next_word() {
  if (used_ == kWords) refill();
  uint32_t y = state_[used_++];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680u;
  y ^= (y << 15) & 0xefc60000u;
  return y ^ (y >> 18);
}

double NumpyRandom::random_sample() {
  const uint32_t high = next_word() >> 5, low = next_word() >> 6;
  return (high * 67108864.0 + low) / 9007199254740992.0;
}

double NumpyRandom::randn() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  double x, y, r2;
  do {
    x = 2.0 * random_sample() - 1.0;
    y = 2.0 * random_sample() - 1.0;
    // Volatile: a fused multiply-add here would change the last bit.
    const volatile double xx = x * x, yy = y * y;
    r2 = xx + yy;
  } while (r2 >= 1.0 || r2 == 0.0);
  const double scale = std::sqrt(-2.0 * std::log(r2) / r2);
  spare_ = scale * x;
  has_spare_ = true;
  return scale * y;
}

uint64_t NumpyRandom::below_or_equal(uint64_t max) {
  if (max == 0) return 0;
  const uint64_t mask = ~uint64_t{0} >> std::countl_zero(max);
  for (;;) {
    uint64_t word = next_word();
    if (max > 0xffffffffu) word = word << 32 | next_word();
    if ((word & mask) <= max) return word & mask;
  }
}

int64_t NumpyRandom::randint(int64_t low, int64_t high) {
  check(low < high, "no integers in [", low, ", ", high, ")");
  return int64_t(uint64_t(low) + below_or_equal(uint64_t(high) - uint64_t(low) - 1));
}

void NumpyRandom::fill_randn(std::span<float> out) {
  for (float& value : out) value = float(randn());
}

}  // namespace sgan::rt
