#include "lib/engine/cpu_conv.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <string>

#include "kernels/cpu/conv_direct.hpp"
#include "kernels/cpu/winograd.hpp"
#include "kernels/cpu/winograd_line.hpp"

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
  if (wish() == Wish::onednn) return false;
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

// Below 16 channels panels are mostly empty; kernels of one position oneDNN does as fast, but for
// their weight gradient. For few pixels packing the weight takes longer than it saves.
bool worth_direct(const ConvGeometry& g, int64_t positions, int64_t pixels) {
  return wish() != Wish::onednn && g.groups == 1 && g.stride_y == g.stride_x &&
         g.kh * g.kw >= positions && g.n * g.ho * g.wo >= pixels && g.ci >= 16 && g.co >= 16 &&
         kernels::conv_direct_supports(shape_of(g));
}

void direct(const ConvShape& s, bool transposed, const ConvWeights& w, const float* x, float* y) {
  Floats packed(kernels::conv_direct_weight_floats(s, transposed));
  Floats work(kernels::conv_direct_scratch_floats(s, transposed, false));
  kernels::conv_direct_pack_weights(s, transposed, w, packed.data());
  kernels::conv_direct(s, transposed, x, nullptr, packed.data(), y, {}, work.data());
}

// Methods of inference.
enum class Way { direct, winograd, line };

Way way_of(const Inference& c) {
  const ConvShape& s = c.shape;
  if (c.transposed || s.in_c < 16 || s.out_c < 16) return Way::direct;
  if (kernels::winograd_line_pays(s)) return Way::line;
  if (!kernels::winograd_supports(s)) return Way::direct;
  // With the transformed weight at hand its reading from memory remains, four times that of the
  // weight itself: as long as about 72 cycles a pair of channels take.
  const double tiles = double(s.n) * double((s.out_h + 3) / 4) * double((s.out_w + 3) / 4);
  const double direct = 0.87 * double(s.n * s.out_h * s.out_w);
  return direct > std::max(3 * std::ceil(tiles / 6) * 6, 72.0) ? Way::winograd : Way::direct;
}

size_t weight_floats(const Inference& c, Way way) {
  return way == Way::line       ? kernels::winograd_line_weight_floats(c.shape)
         : way == Way::winograd ? kernels::winograd_weight_floats(c.shape)
                                : kernels::conv_direct_weight_floats(c.shape, c.transposed);
}

size_t scratch_floats(const Inference& c, Way way, bool scaled) {
  return way == Way::line ? kernels::winograd_line_scratch_floats(c.shape)
         : way == Way::winograd
             ? kernels::winograd_scratch_floats(c.shape)
             : kernels::conv_direct_scratch_floats(c.shape, c.transposed, scaled);
}

struct Packed {
  Floats floats;
};

}  // namespace

Wish wish() {
  static const Wish choice = [] {
    const char* text = std::getenv("SGAN_CPU_CONV");
    const std::string w = text ? text : "auto";
    if (w == "auto") return Wish::automatic;
    if (w == "amx") return Wish::amx;
    if (w == "vectors") return Wish::vectors;
    check(w == "onednn", "SGAN_CPU_CONV='", w, "' is not one of auto, amx, vectors, onednn");
    return Wish::onednn;
  }();
  return choice;
}

bool winograd_pays(const Inference& c) { return way_of(c) != Way::direct; }

void convolve(const Inference& c, const float* x, const float* in_scale, const Tensor& weight,
              float* y, const kernels::ConvEpilogue& epilogue) {
  const ConvShape& s = c.shape;
  Way way = way_of(c);
  if (way == Way::line && in_scale) way = Way::direct;
  const auto pack = [&] {
    const int64_t row = s.kw * s.in_c, kernel = s.kh * row;
    ConvWeights w{weight.data<float>(), kernel, 1, row, s.in_c};
    if (c.flip) w = {w.data + kernel - s.in_c, kernel, 1, -row, -s.in_c};
    auto packed = std::make_shared<Packed>(Floats(weight_floats(c, way)));
    float* to = packed->floats.data();
    switch (way) {
      case Way::line:
        kernels::winograd_line_pack_weights(s, w, to);
        break;
      case Way::winograd:
        kernels::winograd_pack_weights(s, w, to);
        break;
      case Way::direct:
        kernels::conv_direct_pack_weights(s, c.transposed, w, to);
    }
    return packed;
  };
  static constexpr const char* keys[4][2] = {{"direct", "direct flipped"},
                                             {"direct transposed", "direct transposed flipped"},
                                             {"winograd", "winograd flipped"},
                                             {"line", "line flipped"}};
  const int key = way == Way::line ? 3 : way == Way::winograd ? 2 : c.transposed;
  // A view into something larger has no place of its own to keep the packed form.
  const bool whole = weight.storage().bytes() == weight.bytes();
  const auto packed = whole ? weight.storage().derived<Packed>(keys[key][c.flip], pack) : pack();
  Floats work(scratch_floats(c, way, in_scale));
  const float* w = packed->floats.data();
  switch (way) {
    case Way::line:
      return kernels::winograd_line(s, x, w, y, epilogue, work.data());
    case Way::winograd:
      return kernels::winograd(s, x, in_scale, w, y, epilogue, work.data());
    case Way::direct:
      return kernels::conv_direct(s, c.transposed, x, in_scale, w, y, epilogue, work.data());
  }
}

size_t convolve_workspace(const Inference& c) {
  const Way way = way_of(c);
  return (weight_floats(c, way) + scratch_floats(c, way, true)) * sizeof(float);
}

bool forward(const ConvGeometry& g, const float* x, const float* weight, float* y) {
  const ConvWeights w{weight, g.kh * g.kw * g.ci, 1, g.kw * g.ci, g.ci};
  if (worth_winograd(g)) return winograd(shape_of(g), w, x, y), true;
  if (worth_direct(g, 2, 128)) return direct(shape_of(g), false, w, x, y), true;
  return false;
}

bool data_gradient(const ConvGeometry& g, const float* dy, const float* weight, float* dx) {
  if (worth_winograd(g)) {
    const ConvWeights w{weight + 8 * g.ci, 1, 9 * g.ci, -3 * g.ci, -g.ci};
    return winograd(turned(g), w, dy, dx), true;
  }
  if (worth_direct(g, 2, 128)) {
    ConvShape s{g.n, g.ho, g.wo, g.co, g.h, g.w, g.ci};
    s.kh = int(g.kh), s.kw = int(g.kw), s.stride = int(g.stride_y);
    s.pad_top = int(g.pad_y), s.pad_left = int(g.pad_x);
    return direct(s, true, {weight, 1, g.kh * g.kw * g.ci, g.kw * g.ci, g.ci}, dy, dx), true;
  }
  return false;
}

bool weight_gradient(const ConvGeometry& g, const float* x, const float* dy, float* dweight) {
  const ConvShape s = shape_of(g);
  if (worth_winograd(g)) {
    Floats work(kernels::winograd_gradient_scratch_floats(s));
    kernels::winograd_weight_gradient(s, x, dy, dweight, work.data());
    return true;
  }
  if (worth_direct(g, 1, 1)) {
    Floats work(kernels::conv_direct_gradient_scratch_floats(s));
    kernels::conv_direct_weight_gradient(s, x, dy, dweight, work.data());
    return true;
  }
  return false;
}

}  // namespace sgan::engine::cpu
