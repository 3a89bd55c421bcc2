#include "lib/nets/latents.hpp"

#include <cmath>
#include <numbers>

#include "lib/rt/numpy_random.hpp"
#include "lib/rt/philox.hpp"

namespace sgan::nets {

rt::Tensor numpy_latents(std::span<const uint32_t> seeds, int64_t dim) {
  const rt::Tensor z({int64_t(seeds.size()), dim}, rt::DType::f32);
  for (size_t i = 0; i < seeds.size(); ++i) {
    rt::NumpyRandom(seeds[i]).fill_randn(z.span<float>().subspan(i * size_t(dim), size_t(dim)));
  }
  return z;
}

rt::Tensor philox_latents(uint64_t seed, uint64_t first, int64_t count, int64_t dim) {
  const rt::Tensor z({count, dim}, rt::DType::f32);
  rt::fill_normal(z, seed, 0, first * uint64_t(dim));
  return z;
}

rt::Tensor philox_latents(std::span<const uint32_t> seeds, int64_t dim) {
  const rt::Tensor z({int64_t(seeds.size()), dim}, rt::DType::f32);
  for (size_t i = 0; i < seeds.size(); ++i) {
    rt::fill_normal(z.rows(int64_t(i), int64_t(i) + 1), seeds[i], 0);
  }
  return z;
}

std::array<double, 9> input_transform(double x, double y, double degrees) {
  const double angle = degrees / 180 * std::numbers::pi, c = std::cos(angle), s = std::sin(angle);
  // The movement is [[c, s, x], [-s, c, y], [0, 0, 1]]; a rotation's inverse is its transpose.
  return {c, -s, s * y - c * x, s, c, -s * x - c * y, 0, 0, 1};
}

}  // namespace sgan::nets
