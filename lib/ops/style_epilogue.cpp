#include "lib/ops/style_epilogue.hpp"

#include "kernels/cpu/style_epilogue.hpp"
#include "lib/ag/op.hpp"
#include "lib/engine/fused.hpp"
#include "lib/ops/dense.hpp"
#include "lib/ops/layout.hpp"
#include "lib/ops/linear.hpp"
#include "lib/ops/reduce.hpp"
#include "lib/ops/upfirdn2d.hpp"

namespace sgan::ops {
namespace {

Var blurred(const Var& x, const std::vector<double>& taps) {
  const Filter filter = setup_filter(taps, {.normalize = false});
  const int64_t before = (filter.width - 1) / 2, after = filter.width / 2;
  return upfirdn2d(x, filter, {.padding = {before, after, before, after}, .flip = true});
}

Var instance_normalized(const Var& x) {
  const Var centred = subtract(x, mean(x, {1, 2}));
  return multiply(centred, rsqrt(affine(mean(square(centred), {1, 2}), 1, 1e-8)));
}

Var composite(Var x, const StyleEpilogue& e) {
  const auto show = [&](const char* what) {
    if (e.probe) e.probe(what, x);
  };
  if (e.gain != 1) x = scale(x, e.gain);
  if (!e.blur.empty()) x = blurred(x, e.blur);
  show("conv");
  if (e.noise.defined()) {
    x = add(x, multiply(e.noise, e.noise_strength));
    show("noise");
  }
  x = bias_act(x, e.bias, e.act);
  show("act");
  if (e.pixel_norm) x = normalize_2nd_moment(x, -1, e.pixel_norm_epsilon);
  if (e.instance_norm) {
    x = instance_normalized(x);
    show("inorm");
  }
  if (e.style.defined()) {
    const int64_t c = x.size(3);
    const auto half = [&](int64_t begin) {
      return reshape(slice(e.style, 1, begin, begin + c), {-1, 1, 1, c});
    };
    x = add(multiply(x, affine(half(0), 1, 1)), half(c));
  }
  show("out");
  return x;
}

// inputs: x, noise, noise_strength, bias, style. For inference only.
const ag::Op fused_op = {
    .name = "style_epilogue",
    .infer = [](ag::Shapes in, const ag::Attr&) { return in[0]; },
    .forward =
        [](ag::Tensors in, const ag::Attr& attr, rt::Tensor& out) {
          const auto& e = std::any_cast<const StyleEpilogue&>(attr);
          const auto data = [&](size_t i) -> const float* {
            return in[i].defined() ? in[i].data<float>() : nullptr;
          };
          float taps[3];
          std::copy(e.blur.begin(), e.blur.end(), taps);
          kernels::StyleEpilogue k{
              .n = out.size(0), .h = out.size(1), .w = out.size(2), .c = out.size(3)};
          k.gain = float(e.gain);
          if (!e.blur.empty()) k.taps = taps;
          k.noise = data(1);
          if (k.noise && in[1].size(0) > 1) k.noise_sample_stride = k.h * k.w;
          k.noise_strength = data(2);
          k.bias = data(3);
          k.slope = e.act.act == Act::linear ? 1 : e.act.act == Act::relu ? 0 : float(e.act.alpha);
          k.norm = e.instance_norm ? kernels::FeatureNorm::instance
                   : e.pixel_norm  ? kernels::FeatureNorm::pixel
                                   : kernels::FeatureNorm::none;
          k.epsilon = e.instance_norm ? 1e-8f : float(e.pixel_norm_epsilon);
          k.style = data(4);
          const rt::Tensor scratch({int64_t(kernels::style_epilogue_scratch_bytes(k))},
                                   rt::DType::u8);
          kernels::style_epilogue(k, data(0), out.data<float>(), scratch.bytes_data());
        },
    .vjp = nullptr,
};

struct BareConv {
  int up;
  int64_t pad;
};

rt::Shape bare_conv_shape(ag::Shapes in, const ag::Attr& attr) {
  const auto& [up, pad] = std::any_cast<const BareConv&>(attr);
  const rt::Shape &x = in[0], &w = in[1];
  const auto size = [&, up = up, pad = pad](int axis) {
    return up == 2 ? (x[axis] - 1) * 2 + w[axis] - 2 * pad : x[axis] + 2 * pad + 1 - w[axis];
  };
  return rt::Shape{x[0], size(1), size(2), w[0]};
}

const ag::Op bare_conv_op = {
    .name = "style_conv",
    .infer = bare_conv_shape,
    .forward =
        [](ag::Tensors in, const ag::Attr& attr, rt::Tensor& out) {
          const auto& [up, pad] = std::any_cast<const BareConv&>(attr);
          engine::bare_conv(in[0], in[1], up, pad, out);
        },
    .vjp = nullptr,
    .workspace =
        [](ag::Shapes in, const ag::Attr& attr) {
          return engine::bare_conv_workspace(in[0], in[1], bare_conv_shape(in, attr),
                                             std::any_cast<const BareConv&>(attr).up);
        },
};

bool fusable(const Var& x, const StyleEpilogue& e) {
  const bool differentiable =
      ag::recording() && (x.needs_grad() || e.noise.needs_grad() || e.noise_strength.needs_grad() ||
                          e.bias.needs_grad() || e.style.needs_grad());
  const ActOptions& a = e.act;
  const bool simple = a.gain == 1 && a.clamp < 0 &&
                      (a.act == Act::linear || a.act == Act::relu ||
                       (a.act == Act::lrelu && a.alpha >= 0 && a.alpha <= 1));
  return !differentiable && !e.probe && simple && !x.device().is_cuda() &&
         x.dtype() == rt::DType::f32 && (e.blur.empty() || e.blur.size() == 3) &&
         !(e.pixel_norm && e.instance_norm) && x.shape().numel() > 0;
}

}  // namespace

Var style_conv(const Var& x, const Var& weight, int up, int64_t pad) {
  check(x.rank() == 4 && weight.rank() == 4 && x.size(3) == weight.size(3),
        "style_conv: ", x.shape(), " with a weight of ", weight.shape());
  check(up == 1 || up == 2, "style_conv: a factor of ", up);
  const bool differentiable = ag::recording() && (x.needs_grad() || weight.needs_grad());
  if (!differentiable && !x.device().is_cuda() && x.dtype() == rt::DType::f32) {
    return ag::apply(bare_conv_op, {x, weight}, BareConv{up, pad});
  }
  if (up == 1) return conv2d(x, weight, ConvOptions::same(1, pad));
  const auto size = [&](int axis) { return (x.size(axis) - 1) * 2 + weight.size(axis) - 2 * pad; };
  return conv2d_transpose(x, permute(weight, {3, 1, 2, 0}), size(1), size(2),
                          ConvOptions::same(2, pad));
}

Var style_epilogue(const Var& x, const StyleEpilogue& e) {
  check(x.rank() == 4, "style_epilogue: pictures have 4 axes, not ", x.shape());
  const int64_t n = x.size(0), h = x.size(1), w = x.size(2), c = x.size(3);
  check(!e.noise.defined() || e.noise.shape() == rt::Shape({1, h, w, 1}) ||
            e.noise.shape() == rt::Shape({n, h, w, 1}),
        "style_epilogue: noise of shape ", e.noise.defined() ? e.noise.shape() : rt::Shape(),
        " for ", x.shape());
  for (const Var& v : {e.bias, e.noise.defined() ? e.noise_strength : Var()}) {
    check(!v.defined() || v.shape() == rt::Shape({c}),
          "style_epilogue: ", v.defined() ? v.shape() : rt::Shape(), " where [", c, "] is wanted");
  }
  check(!e.noise.defined() || e.noise_strength.defined(), "style_epilogue: noise without strength");
  check(!e.style.defined() || e.style.shape() == rt::Shape({n, 2 * c}), "style_epilogue: style of ",
        e.style.defined() ? e.style.shape() : rt::Shape(), " for ", x.shape());
  if (!fusable(x, e)) return composite(x, e);
  const Var strength = e.noise.defined() ? e.noise_strength : Var();
  return ag::apply(fused_op, {x, e.noise, strength, e.bias, e.style}, e);
}

}  // namespace sgan::ops
