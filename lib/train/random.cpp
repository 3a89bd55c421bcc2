#include "lib/train/random.hpp"

#include "kernels/philox.inl"
#include "lib/rt/philox.hpp"

namespace sgan::train {
namespace {
// Scalars and normals of one source use different halves of the stream numbers.
constexpr uint64_t scalar_bit = uint64_t{1} << 63;
}  // namespace

uint64_t PhiloxSource::word() {
  const uint64_t stream = stream_ | scalar_bit, at = used_++;
  const auto block = kernels::philox4x32_10(
      {{uint32_t(at), uint32_t(at >> 32), uint32_t(stream), uint32_t(stream >> 32)}},
      uint32_t(seed_), uint32_t(seed_ >> 32));
  return uint64_t(block.word[0]) << 32 | block.word[1];
}

double PhiloxSource::uniform() { return double(word() >> 11) * 0x1p-53; }

int64_t PhiloxSource::integer(int64_t low, int64_t high) {
  check(low <= high, "no integer from ", low, " to ", high);
  const double span = double(high - low) + 1;
  return low + int64_t(uniform() * span);
}

rt::Tensor PhiloxSource::normal(const char*, const rt::Shape& shape) {
  rt::Tensor t(shape, rt::DType::f32);
  rt::fill_normal(t, seed_, stream_ & ~scalar_bit, normals_);
  normals_ += uint64_t(t.numel() + 3) / 4 * 4;
  return t;
}

uint64_t mixed(uint64_t seed, uint64_t a, uint64_t b, uint64_t c) {
  const auto first =
      kernels::philox4x32_10({{uint32_t(a), uint32_t(a >> 32), uint32_t(b), uint32_t(b >> 32)}},
                             uint32_t(seed), uint32_t(seed >> 32));
  const auto second =
      kernels::philox4x32_10({{first.word[0], first.word[1], uint32_t(c), uint32_t(c >> 32)}},
                             first.word[2], first.word[3]);
  return uint64_t(second.word[0]) << 32 | second.word[1];
}

}  // namespace sgan::train
