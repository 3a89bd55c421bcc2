#include "lib/train/random.hpp"

#include "kernels/philox.inl"
#include "lib/rt/philox.hpp"

namespace sgan::train {
namespace {

// Scalars and normals of one source use different halves of the stream numbers.
constexpr uint64_t scalar_bit = uint64_t{1} << 63;

double uniform_at(uint64_t seed, uint64_t stream, uint64_t at) {
  stream |= scalar_bit;
  const auto block = kernels::philox4x32_10(
      {{uint32_t(at), uint32_t(at >> 32), uint32_t(stream), uint32_t(stream >> 32)}},
      uint32_t(seed), uint32_t(seed >> 32));
  const uint64_t word = uint64_t(block.word[0]) << 32 | block.word[1];
  return double(word >> 11) * 0x1p-53;
}

}  // namespace

std::vector<double> RandomSource::uniforms(int64_t count) {
  std::vector<double> all(static_cast<size_t>(count));
  for (double& v : all) v = uniform();
  return all;
}

double PhiloxSource::uniform() { return uniform_at(seed_, stream_, used_++); }

std::vector<double> PhiloxSource::uniforms(int64_t count) {
  const uint64_t stream = mixed(seed_, of_pictures_, ++calls_);
  std::vector<double> all(static_cast<size_t>(count));
  for (int64_t n = 0; n < count; ++n) all[size_t(n)] = uniform_at(seed_, stream, pictures_[n]);
  return all;
}

int64_t PhiloxSource::integer(int64_t low, int64_t high) {
  check(low <= high, "no integer from ", low, " to ", high);
  const double span = double(high - low) + 1;
  return low + int64_t(uniform() * span);
}

rt::Tensor PhiloxSource::normal(const char*, const rt::Shape& shape) {
  rt::Tensor t(shape, rt::DType::f32);
  const uint64_t stream = mixed(seed_, of_pictures_, ++calls_) & ~scalar_bit;
  const int64_t row = shape[0] > 0 ? t.numel() / shape[0] : 0;
  for (int64_t n = 0; n < shape[0]; ++n) {
    rt::fill_normal(t.rows(n, n + 1), seed_, stream, pictures_[n] * uint64_t(row));
  }
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
