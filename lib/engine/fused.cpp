#include "lib/engine/fused.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>

#include "kernels/cpu/conv1x1_small.hpp"
#include "kernels/cpu/conv_amx.hpp"
#include "kernels/cpu/conv_direct.hpp"
#include "kernels/cpu/upfirdn2d_fast.hpp"
#include "kernels/parallel.hpp"
#include "lib/engine/cpu_conv.hpp"
#include "lib/engine/engine.hpp"
#include "lib/engine/onednn.hpp"

namespace sgan::engine {
namespace {

using kernels::Act;
using rt::Tensor;

// Packed weights, kept beside the weight that they were made from.
struct Packed {
  Tensor bytes;
};

const float* data_or_null(const Tensor& t) { return t.defined() ? t.data<float>() : nullptr; }

Tensor scratch(size_t bytes) { return Tensor({int64_t(bytes)}, rt::DType::u8); }

kernels::ConvEpilogue epilogue_of(const FusedConv& c, const rt::Shape& y) {
  kernels::ConvEpilogue e;
  e.out_scale = data_or_null(c.out_scale);
  e.bias = data_or_null(c.bias);
  e.noise = data_or_null(c.noise);
  e.noise_sample_stride = c.noise.defined() && c.noise.size(0) > 1 ? y[1] * y[2] : 0;
  e.noise_strength = c.noise_strength;
  e.act = c.act;
  e.alpha = c.alpha;
  e.gain = c.gain;
  e.clamp = c.clamp;
  return e;
}

kernels::ConvWeights strided(const Tensor& weight, bool flip) {
  const int64_t kh = weight.size(1), kw = weight.size(2), ci = weight.size(3);
  kernels::ConvWeights w{weight.data<float>(), kh * kw * ci, 1, kw * ci, ci};
  if (flip) {
    w.data += (kh - 1) * w.ky_stride + (kw - 1) * w.kx_stride;
    w.ky_stride = -w.ky_stride;
    w.kx_stride = -w.kx_stride;
  }
  return w;
}

kernels::ConvShape shape_of(const FusedConv& c, const rt::Shape& y, bool transposed) {
  kernels::ConvShape s;
  s.n = c.x.size(0);
  s.in_h = c.x.size(1);
  s.in_w = c.x.size(2);
  s.in_c = c.x.size(3);
  s.out_h = y[1];
  s.out_w = y[2];
  s.out_c = y[3];
  s.kh = int(c.weight.size(1));
  s.kw = int(c.weight.size(2));
  s.stride = transposed ? 2 : c.stride;
  s.pad_top = int(c.pad_y);
  s.pad_left = int(c.pad_x);
  return s;
}

enum class Method { amx, vectors, onednn };

// Tiles are for large convolutions: small ones take no time either way, and float32 rounds less.
Method method_for(const kernels::ConvShape& s) {
  const cpu::Wish wish = cpu::wish();
  if (wish == cpu::Wish::onednn) return Method::onednn;
  const double multiplications =
      double(s.n) * double(s.in_h * s.in_w) * double(s.in_c) * double(s.out_c) * s.kh * s.kw;
  const bool tiles = wish == cpu::Wish::amx ||
                     (wish == cpu::Wish::automatic && multiplications >= double(1 << 24));
  if (tiles && kernels::conv_amx_available()) return Method::amx;
  return kernels::conv_direct_supports(s) ? Method::vectors : Method::onednn;
}

// Plans of shapes seen before: finding the best blocks takes longer than a small convolution.
bool plan_for(const kernels::ConvShape& s, bool transposed, kernels::ConvAmxPlan& plan) {
  using Key = std::array<int64_t, 14>;
  static std::mutex mutex;
  static auto& plans = *new std::map<Key, std::optional<kernels::ConvAmxPlan>>;
  const Key key{s.n,  s.in_h, s.in_w,   s.in_c,    s.out_h,    s.out_w,    s.out_c,
                s.kh, s.kw,   s.stride, s.pad_top, s.pad_left, transposed, kernels::num_threads()};
  std::lock_guard lock(mutex);
  auto [entry, fresh] = plans.try_emplace(key);
  if (fresh) {
    kernels::ConvAmxPlan made;
    if (transposed ? kernels::conv_amx_transpose_plan(s, made) : kernels::conv_amx_plan(s, made)) {
      entry->second = made;
    }
  }
  if (entry->second) plan = *entry->second;
  return entry->second.has_value();
}

// The convolution alone, with an epilogue, into y.
void on_amx(const FusedConv& c, const kernels::ConvAmxPlan& plan, bool transposed, const Tensor& y,
            const kernels::ConvEpilogue& e) {
  const auto pack = [&] {
    auto packed = std::make_shared<Packed>();
    packed->bytes = scratch(kernels::conv_amx_weight_bytes(plan));
    kernels::conv_amx_pack_weights(plan, strided(c.weight, c.flip), packed->bytes.bytes_data());
    return packed;
  };
  static constexpr const char* keys[2][2] = {{"amx", "amx flipped"},
                                             {"amx transposed", "amx transposed flipped"}};
  // A view into something larger has no place of its own to keep the packed form.
  const bool whole = c.weight.storage().bytes() == c.weight.bytes();
  const auto packed =
      whole ? c.weight.storage().derived<Packed>(keys[transposed][c.flip], pack) : pack();
  const Tensor work = scratch(kernels::conv_amx_scratch_bytes(plan));
  kernels::conv_amx(plan, c.x.data<float>(), data_or_null(c.in_scale), packed->bytes.bytes_data(),
                    y.data<float>(), e, work.bytes_data());
}

Tensor scaled_input(const FusedConv& c) {
  if (!c.in_scale.defined()) return c.x;
  Tensor out(c.x.shape(), rt::DType::f32);
  const int64_t channels = c.x.size(3), pixels = c.x.size(1) * c.x.size(2);
  const float *x = c.x.data<float>(), *scale = c.in_scale.data<float>();
  float* y = out.data<float>();
  kernels::parallel_ranges(c.x.size(0) * pixels, 64, [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; ++p) {
      const float* s = scale + p / pixels * channels;
      for (int64_t i = 0; i < channels; ++i) y[p * channels + i] = x[p * channels + i] * s[i];
    }
  });
  return out;
}

Tensor flipped(const Tensor& weight) {
  const Tensor turned(weight.shape(), rt::DType::f32);
  const int64_t taps = weight.size(1) * weight.size(2), ci = weight.size(3);
  for (int64_t o = 0; o < weight.size(0); ++o) {
    for (int64_t t = 0; t < taps; ++t) {
      std::memcpy(turned.data<float>() + (o * taps + t) * ci,
                  weight.data<float>() + (o * taps + taps - 1 - t) * ci,
                  size_t(ci) * sizeof(float));
    }
  }
  return turned;
}

// [Co, kh, kw, Ci] -> [Ci, kh, kw, Co], as the adjoint of a convolution wants it.
Tensor exchanged(const Tensor& weight) { return weight.permute({3, 1, 2, 0}); }

// Of a convolution without upsampling.
ConvGeometry geometry_of(const FusedConv& c, const rt::Shape& weight, const rt::Shape& y) {
  // A stride may leave pixels at the end that no window reaches.
  const auto after = [&](int axis, int64_t pad) {
    const int64_t reach = (y[axis] - 1) * c.stride + weight[axis] - pad - c.x.size(axis);
    return c.stride == 1 ? reach : std::max<int64_t>(reach, 0);
  };
  return conv_geometry(c.x.shape(), weight, c.stride, c.stride, c.pad_y, after(1, c.pad_y), c.pad_x,
                       after(2, c.pad_x), 1);
}

void on_onednn(const FusedConv& c, bool transposed, Tensor& y) {
  const Tensor x = scaled_input(c);
  const auto make = [&] {
    auto kept = std::make_shared<Tensor>(c.flip ? flipped(c.weight) : c.weight);
    if (transposed) *kept = exchanged(*kept);
    return kept;
  };
  static constexpr const char* keys[2] = {"exchanged", "exchanged flipped"};
  const bool whole = c.weight.storage().bytes() == c.weight.bytes();
  // Unless flipped or exchanged the weight is itself; keeping that beside itself would be a cycle.
  const Tensor weight = !c.flip && !transposed ? c.weight
                        : whole && transposed
                            ? *c.weight.storage().derived<Tensor>(keys[c.flip], make)
                            : *make();
  if (transposed) {
    ConvGeometry g =
        conv_geometry(y.shape(), weight.shape(), 2, 2, c.pad_y, c.pad_y, c.pad_x, c.pad_x, 1);
    return conv_data_gradient(g, x, weight, y);
  }
  conv_forward(geometry_of(c, weight.shape(), y.shape()), x, weight, y);
}

// The convolution into y, with the epilogue if the method can; returns whether it could.
bool convolve(const FusedConv& c, bool transposed, Tensor& y, const kernels::ConvEpilogue& e) {
  const kernels::ConvShape shape = shape_of(c, y.shape(), transposed);
  const Method method = method_for(shape);
  kernels::ConvAmxPlan plan;
  if (method == Method::amx && plan_for(shape, transposed, plan)) {
    on_amx(c, plan, transposed, y, e);
  } else if (method != Method::onednn) {
    cpu::convolve({shape, transposed, c.flip}, c.x.data<float>(), data_or_null(c.in_scale),
                  c.weight, y.data<float>(), e);
  } else {
    on_onednn(c, transposed, y);
    return false;
  }
  return true;
}

// What only has a bias and an activation around it oneDNN does at 95 % of the multiply-add limit
// with a weight that is packed once, ours at 85 to 95 %; measured on Zen 5. False, and nothing
// done, where it is no such convolution or Winograd's method is faster.
bool library_does(const FusedConv& c, const Tensor& y) {
  const bool plain = !c.in_scale.defined() && !c.out_scale.defined() && !c.noise.defined() &&
                     !c.flip && c.gain == 1 && c.clamp < 0;
  if (!plain || c.up != 1) return false;
  const kernels::ConvShape shape = shape_of(c, y.shape(), false);
  const Method method = method_for(shape);
  const bool ours = method == Method::amx || cpu::wish() == cpu::Wish::vectors ||
                    (method == Method::vectors && cpu::winograd_pays({shape}));
  if (ours) return false;
  const ConvGeometry g = geometry_of(c, c.weight.shape(), y.shape());
  if (!onednn::supports(g)) return false;
  onednn::inference(g, c.x.data<float>(), c.weight, c.bias, c.act, c.alpha, y.data<float>());
  return true;
}

// The FIR filter (or none) with the epilogue.
void filter_and_finish(const FusedConv& c, const Tensor& x, const Tensor& y, bool with_filter) {
  static constexpr float one = 1;
  const kernels::ConvEpilogue e = epilogue_of(c, y.shape());
  kernels::UpfirdnFast p;
  p.n = x.size(0);
  p.h = x.size(1);
  p.w = x.size(2);
  p.c = x.size(3);
  p.ho = y.size(1);
  p.wo = y.size(2);
  p.x = x.data<float>();
  p.y = y.data<float>();
  p.f = with_filter ? c.fir.data<float>() : &one;
  p.fh = with_filter ? int(c.fir.size(0)) : 1;
  p.fw = with_filter ? int(c.fir.size(1)) : 1;
  p.pad_x0 = with_filter ? c.fir_pad_x : 0;
  p.pad_y0 = with_filter ? c.fir_pad_y : 0;
  p.out_scale = e.out_scale;
  p.bias = e.bias;
  p.noise = e.noise;
  p.noise_sample_stride = e.noise_sample_stride;
  p.noise_strength = e.noise_strength;
  p.act = e.act;
  p.alpha = e.alpha;
  p.gain = e.gain;
  p.clamp = e.clamp;
  check(kernels::upfirdn2d_fast_supported(p), "no fused filter for these settings");
  kernels::upfirdn2d_fast(p);
}

rt::Shape spread_shape(const rt::Shape& x, const rt::Shape& weight) {
  return {x[0], (x[1] - 1) * 2 + weight[1], (x[2] - 1) * 2 + weight[2], weight[0]};
}

size_t workspace(const rt::Shape& x, const rt::Shape& weight, const rt::Shape& y, bool transposed,
                 int stride) {
  kernels::ConvShape s{x[0], x[1], x[2], x[3], y[1], y[2], weight[0]};
  s.kh = int(weight[1]), s.kw = int(weight[2]), s.stride = stride;
  if (method_for(s) == Method::vectors) return cpu::convolve_workspace({s, transposed});
  // Split input and packed weight take as many bytes as what they are made from.
  return size_t(x.numel() + weight.numel()) * 4;
}

}  // namespace

bool fused_conv_supports(Act act, float gain, int up) {
  return kernels::conv_amx_fuses(act, gain) && up <= 2;
}

bool fused_fir_supports(const Tensor& fir) {
  kernels::UpfirdnFast p;
  p.f = fir.data<float>();
  p.fh = int(fir.size(0));
  p.fw = int(fir.size(1));
  return kernels::upfirdn2d_fast_supported(p);
}

size_t fused_conv_workspace(const rt::Shape& x, const rt::Shape& weight, const rt::Shape& y, int up,
                            int stride) {
  if (up == 1) return workspace(x, weight, y, false, stride) + size_t(y[3]) * 4096;
  const rt::Shape spread = spread_shape(x, weight);
  return size_t(spread.numel()) * 4 + workspace(x, weight, spread, true, 2) + size_t(y[3]) * 4096;
}

void fused_conv(const FusedConv& c, const Tensor& y) {
  if (y.numel() == 0) return;
  const bool pointwise = c.weight.size(1) == 1 && c.weight.size(2) == 1;
  if (c.up == 1 && c.stride == 1 && pointwise && c.weight.size(0) <= 4 && c.pad_x == 0 &&
      c.pad_y == 0) {
    const kernels::Conv1x1Small s{c.x.size(0), c.x.size(1) * c.x.size(2), c.x.size(3),
                                  int(c.weight.size(0))};
    const Tensor work = scratch(kernels::conv1x1_small_scratch_bytes(s));
    return kernels::conv1x1_small(s, c.x.data<float>(), data_or_null(c.in_scale),
                                  c.weight.data<float>(), y.data<float>(),
                                  epilogue_of(c, y.shape()), work.bytes_data());
  }
  if (library_does(c, y)) return;
  if (c.up == 1) {
    Tensor to = y;
    if (!convolve(c, false, to, epilogue_of(c, y.shape()))) filter_and_finish(c, to, y, false);
    return;
  }
  FusedConv bare = c;  // the filter's padding has taken in what upsampling pads
  bare.pad_y = bare.pad_x = 0;
  Tensor spread(spread_shape(c.x.shape(), c.weight.shape()), rt::DType::f32);
  convolve(bare, true, spread, {});
  filter_and_finish(c, spread, y, true);
}

size_t bare_conv_workspace(const rt::Shape& x, const rt::Shape& weight, const rt::Shape& y,
                           int up) {
  return workspace(x, weight, y, up == 2, up);
}

void bare_conv(const Tensor& x, const Tensor& weight, int up, int64_t pad, Tensor& y) {
  if (y.numel() == 0) return;
  FusedConv c;
  c.x = x;
  c.weight = weight;
  c.pad_y = c.pad_x = pad;
  if (up == 1 && pad == 0 && weight.size(1) == 1 && weight.size(2) == 1) return fused_conv(c, y);
  convolve(c, up == 2, y, {});
}

}  // namespace sgan::engine
