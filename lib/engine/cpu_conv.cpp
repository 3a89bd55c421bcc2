#include "lib/engine/cpu_conv.hpp"

#include "kernels/cpu/winograd.hpp"

namespace sgan::engine::cpu {
namespace {

using kernels::ConvShape;
using kernels::ConvWeights;
using rt::Tensor;

// Working memory, aligned to cache lines.
struct Floats {
  Tensor bytes;
  explicit Floats(size_t count) : bytes({int64_t(count * sizeof(float))}, rt::DType::u8) {}
  float* data() { return static_cast<float*>(static_cast<void*>(bytes.bytes_data())); }
};

ConvShape shape_of(const ConvGeometry& g) {
  ConvShape s{g.n, g.h, g.w, g.ci, g.ho, g.wo, g.co};
  s.kh = int(g.kh), s.kw = int(g.kw), s.stride = int(g.stride_y);
  s.pad_top = int(g.pad_y), s.pad_left = int(g.pad_x);
  return s;
}

// The data gradient of a convolution with stride 1 is one too, of the turned kernel.
ConvShape turned(const ConvGeometry& g) {
  ConvShape s{g.n, g.ho, g.wo, g.co, g.h, g.w, g.ci};
  s.kh = int(g.kh), s.kw = int(g.kw);
  s.pad_top = int(g.kh - 1 - g.pad_y), s.pad_left = int(g.kw - 1 - g.pad_x);
  return s;
}

// Winograd's cost for each pair of channels, in cycles of two multiply-add units of 8 floats: 3 a
// tile (products and transforms), and about 90 to transform the weight (more if it fits no cache).
// Direct convolution takes 0.87 for each output of 3x3 terms. Measured on Zen 3; where vectors are
// twice as wide both halve.
bool worth_winograd(const ConvGeometry& g) {
  if (g.groups != 1 || g.kh != 3 || g.kw != 3 || g.stride_y != 1 || g.stride_x != 1) return false;
  if (g.ci < 16 || g.co < 16) return false;
  const double pixels = double(g.n) * double(g.ho) * double(g.wo);
  const double tiles = double(g.n) * double((g.ho + 3) / 4) * double((g.wo + 3) / 4);
  return 0.87 * pixels > 3 * tiles + 90;
}

void winograd(const ConvShape& s, const ConvWeights& w, const float* x, float* y) {
  Floats packed(kernels::winograd_weight_floats(s)), work(kernels::winograd_scratch_floats(s));
  kernels::winograd_pack_weights(s, w, packed.data());
  kernels::winograd(s, x, nullptr, packed.data(), y, {}, work.data());
}

}  // namespace

bool forward(const ConvGeometry& g, const float* x, const float* weight, float* y) {
  if (!worth_winograd(g)) return false;
  winograd(shape_of(g), {weight, 9 * g.ci, 1, 3 * g.ci, g.ci}, x, y);
  return true;
}

bool data_gradient(const ConvGeometry& g, const float* dy, const float* weight, float* dx) {
  if (!worth_winograd(g)) return false;
  winograd(turned(g), {weight + 8 * g.ci, 1, 9 * g.ci, -3 * g.ci, -g.ci}, dy, dx);
  return true;
}

bool weight_gradient(const ConvGeometry& g, const float* x, const float* dy, float* dweight) {
  if (!worth_winograd(g)) return false;
  const ConvShape s = shape_of(g);
  Floats work(kernels::winograd_gradient_scratch_floats(s));
  kernels::winograd_weight_gradient(s, x, dy, dweight, work.data());
  return true;
}

}  // namespace sgan::engine::cpu
