#include "lib/ops/modulated_conv2d.hpp"

#include <algorithm>

#include "lib/ag/op.hpp"
#include "lib/engine/fused.hpp"
#include "lib/ops/epilogue.hpp"
#include "lib/ops/layout.hpp"
#include "lib/ops/reduce.hpp"

namespace sgan::ops {
namespace {

// Sum of the squared taps, [Co, Ci]. A weight that nobody differentiates keeps it.
Var squared_taps(const Var& weight) {
  const auto compute = [&] {
    return reshape(sum(square(weight), {1, 2}), {weight.size(0), weight.size(3)});
  };
  if ((ag::recording() && weight.needs_grad()) || weight.device().is_meta()) return compute();
  auto& storage = weight.value().storage();
  if (storage.bytes() != weight.value().bytes()) return compute();  // a part of something larger
  return Var(*storage.derived<rt::Tensor>(
      "squared taps", [&] { return std::make_shared<rt::Tensor>(compute().value()); }));
}

Var per_sample_map(const Var& scale, int64_t channels) {
  return reshape(scale, {-1, 1, 1, channels});
}

// For inference: everything in one op. Inputs: x, weight, in scale, out scale, noise, strength,
// bias.
struct FusedAttr {
  ActOptions act;
  ResampleOptions resample;
  rt::Tensor fir;  // float32, in correlation order with its gain; for up 2
  Padding fir_padding;
};

rt::Shape fused_shape(ag::Shapes in, const ag::Attr& attr) {
  const auto& a = std::any_cast<const FusedAttr&>(attr);
  const rt::Shape &x = in[0], &weight = in[1];
  const Padding& p = a.resample.padding;
  if (a.resample.up == 1) {
    return {x[0], x[1] + p.y0 + p.y1 - weight[1] + 1, x[2] + p.x0 + p.x1 - weight[2] + 1,
            weight[0]};
  }
  const Padding& f = a.fir_padding;
  return {x[0], (x[1] - 1) * 2 + weight[1] + f.y0 + f.y1 - a.fir.size(0) + 1,
          (x[2] - 1) * 2 + weight[2] + f.x0 + f.x1 - a.fir.size(1) + 1, weight[0]};
}

const ag::Op fused_op = {
    .name = "modulated_conv2d",
    .infer = fused_shape,
    .forward =
        [](ag::Tensors in, const ag::Attr& attr, rt::Tensor& out) {
          const auto& a = std::any_cast<const FusedAttr&>(attr);
          engine::FusedConv c{in[0], in[1], in[2], in[3], in[4], 1, in[6]};
          if (in[5].defined()) c.noise_strength = float(in[5].item());
          c.act = a.act.act;
          c.alpha = float(a.act.alpha);
          c.gain = float(a.act.gain);
          c.clamp = float(a.act.clamp);
          c.up = a.resample.up;
          c.flip = (a.resample.up == 1) != a.resample.flip_weight;
          c.pad_y = a.resample.padding.y0;
          c.pad_x = a.resample.padding.x0;
          c.fir = a.fir;
          c.fir_pad_y = a.fir_padding.y0;
          c.fir_pad_x = a.fir_padding.x0;
          engine::fused_conv(c, out);
        },
    .vjp = nullptr,
    .flops =
        [](ag::Shapes in, const ag::Attr& attr) {
          const auto& a = std::any_cast<const FusedAttr&>(attr);
          const rt::Shape y = fused_shape(in, attr);
          // A transposed convolution multiplies once for each input pixel, then filters its result.
          const rt::Shape& pixels = a.resample.up == 2 ? in[0] : y;
          const double conv =
              2.0 * double(pixels[0] * pixels[1] * pixels[2]) * double(in[1].numel());
          return a.resample.up == 2
                     ? conv + 2.0 * double(y.numel()) * double(a.fir.size(0) + a.fir.size(1))
                     : conv;
        },
    .workspace =
        [](ag::Shapes in, const ag::Attr& attr) {
          return engine::fused_conv_workspace(in[0], in[1], fused_shape(in, attr),
                                              std::any_cast<const FusedAttr&>(attr).resample.up);
        },
};

bool differentiable(const Var& v) { return v.defined() && v.needs_grad(); }

bool needs_graph(const Var& x, const Var& weight, const Modulation& m, const Epilogue& e) {
  return ag::recording() && (differentiable(x) || differentiable(weight) || differentiable(m.in) ||
                             differentiable(m.out) || differentiable(e.noise) ||
                             differentiable(e.noise_strength) || differentiable(e.bias));
}

// Whether what surrounds the convolution has the shapes of lib/ops/epilogue.hpp, rather than ones
// that broadcast to them.
bool plain_surroundings(const Var& x, const Modulation& m, const Epilogue& e) {
  const auto per_sample = [&](const Var& scale) {
    return !scale.defined() || (scale.rank() == 2 && scale.size(0) == x.size(0));
  };
  const bool noise = !e.noise.defined() || (e.noise.rank() == 4 && e.noise.size(3) == 1);
  return per_sample(m.in) && per_sample(m.out) && noise;
}

// Undefined where the fused op does not serve the case.
Var fused(const Var& x, const Var& weight, const Modulation& m, const Filter& filter,
          const ResampleOptions& o, const Epilogue& e) {
  if (needs_graph(x, weight, m, e)) return {};
  if (x.device().is_cuda() || x.dtype() != rt::DType::f32 || o.groups != 1 || o.down != 1)
    return {};
  if (!engine::fused_conv_supports(e.act.act, float(e.act.gain), o.up)) return {};
  FusedAttr attr{e.act, o, {}, {}};
  if (o.up == 2) {
    // As in conv2d_resample: what the transposed convolution added, the filter's padding takes
    // away.
    if (filter.separable || !filter.defined() || filter.width > 8 || filter.height > 8) return {};
    const int64_t kh = weight.size(1), kw = weight.size(2);
    if (kh == 1 || kw == 1) return {};
    const Padding p = upsample_padding(filter, 2, 2, o.padding);
    attr.fir_padding = {p.x0 - (kw - 1), p.x1 - (kw - 2), p.y0 - (kh - 1), p.y1 - (kh - 2)};
    std::vector<float> taps(filter.taps.begin(), filter.taps.end());
    if (!o.flip_filter) std::reverse(taps.begin(), taps.end());
    for (float& t : taps) t *= 4;
    attr.fir = rt::Tensor::from(taps, {filter.height, filter.width});
    if (!engine::fused_fir_supports(attr.fir)) return {};
  }
  return ag::apply(fused_op, {x, weight, m.in, m.out, e.noise, e.noise_strength, e.bias},
                   std::move(attr));
}

}  // namespace

Modulation modulate_v2(const Var& weight, const Var& styles, bool demodulate) {
  check(styles.rank() == 2 && styles.size(1) == weight.size(3), "styles of shape ", styles.shape(),
        " for a weight of ", weight.shape());
  if (!demodulate) return {styles, {}};
  const Var energy = matmul(square(styles), squared_taps(weight), false, true);
  return {styles, rsqrt(affine(energy, 1, 1e-8))};
}

Modulation modulate_v3(const Var& weight, const Var& styles, bool demodulate,
                       const Var& input_gain) {
  check(styles.rank() == 2 && styles.size(1) == weight.size(3), "styles of shape ", styles.shape(),
        " for a weight of ", weight.shape());
  Modulation m{styles, {}};
  if (demodulate) {
    const Var taps = squared_taps(weight);
    const double count = double(weight.size(1) * weight.size(2));
    // Inverse rms of the weight per output channel, [Co, 1], and of the styles, [1, 1].
    const Var weight_norm = rsqrt(scale(mean(taps, {1}), 1 / count));
    m.in = multiply(styles, rsqrt(mean(square(styles), {0, 1})));
    const Var energy = matmul(square(m.in), multiply(taps, square(weight_norm)), false, true);
    m.out = multiply(rsqrt(affine(energy, 1, 1e-8)), reshape(weight_norm, {1, weight.size(0)}));
  }
  if (input_gain.defined()) m.in = multiply(m.in, input_gain);
  return m;
}

Var modulated_conv2d(const Var& x, const Var& weight, const Modulation& modulation,
                     const Filter& filter, const ResampleOptions& resample,
                     const Epilogue& epilogue) {
  Var y = fused(x, weight, modulation, filter, resample, epilogue);
  if (y.defined()) return y;
  if (plain_surroundings(x, modulation, epilogue)) {
    y = conv2d_resample(scale_channels(x, modulation.in), weight, filter, resample);
    if (!epilogue.noise.defined()) {
      const ActOptions& act = epilogue.act;
      if (!modulation.out.defined()) return bias_act(y, epilogue.bias, act);
      if (!epilogue.bias.defined() && act.act == Act::linear && act.gain == 1 && act.clamp < 0) {
        return scale_channels(y, modulation.out);
      }
    }
    return modulation_epilogue(y, modulation.out, epilogue.noise, epilogue.noise_strength,
                               epilogue.bias, epilogue.act);
  }
  y = multiply(x, per_sample_map(modulation.in, x.size(3)));
  y = conv2d_resample(y, weight, filter, resample);
  if (modulation.out.defined()) y = multiply(y, per_sample_map(modulation.out, y.size(3)));
  if (epilogue.noise.defined()) {
    y = add(y, epilogue.noise_strength.defined() ? multiply(epilogue.noise, epilogue.noise_strength)
                                                 : epilogue.noise);
  }
  return bias_act(y, epilogue.bias, epilogue.act);
}

}  // namespace sgan::ops
