#include "lib/ops/conv_act.hpp"

#include "lib/ag/op.hpp"
#include "lib/engine/engine.hpp"
#include "lib/engine/fused.hpp"

namespace sgan::ops {
namespace {

struct ConvAct {
  ConvOptions conv;
  ActOptions act;
};

rt::Shape result_shape(ag::Shapes in, const ag::Attr& attr) {
  const ConvOptions& o = std::any_cast<const ConvAct&>(attr).conv;
  const auto g = engine::conv_geometry(in[0], in[1], o.stride_y, o.stride_x, o.pad_y, o.end_y,
                                       o.pad_x, o.end_x, o.groups);
  return {g.n, g.ho, g.wo, g.co};
}

// For inference. Inputs: x, weight, bias.
const ag::Op fused_op = {
    .name = "conv2d_act",
    .infer = result_shape,
    .forward =
        [](ag::Tensors in, const ag::Attr& attr, rt::Tensor& out) {
          const auto& a = std::any_cast<const ConvAct&>(attr);
          engine::FusedConv c;
          c.x = in[0];
          c.weight = in[1];
          c.bias = in[2];
          c.act = a.act.act;
          c.alpha = float(a.act.alpha);
          c.gain = float(a.act.gain);
          c.clamp = float(a.act.clamp);
          c.stride = a.conv.stride_y;
          c.pad_y = a.conv.pad_y;
          c.pad_x = a.conv.pad_x;
          engine::fused_conv(c, out);
        },
    .vjp = nullptr,
    .flops =
        [](ag::Shapes in, const ag::Attr& attr) {
          const rt::Shape y = result_shape(in, attr);
          return 2.0 * double(y[0] * y[1] * y[2]) * double(in[1].numel());
        },
    .workspace =
        [](ag::Shapes in, const ag::Attr& attr) {
          return engine::fused_conv_workspace(in[0], in[1], result_shape(in, attr), 1,
                                              std::any_cast<const ConvAct&>(attr).conv.stride_y);
        },
};

}  // namespace

Var conv2d_act(const Var& x, const Var& weight, const Var& bias, const ConvOptions& conv,
               const ActOptions& act) {
  const bool differentiable =
      ag::recording() && (x.needs_grad() || weight.needs_grad() || bias.needs_grad());
  const bool fused = !differentiable && !x.device().is_cuda() && x.dtype() == rt::DType::f32 &&
                     conv.groups == 1 && conv.stride_y == conv.stride_x &&
                     engine::fused_conv_supports(act.act, float(act.gain), 1);
  if (!fused) return bias_act(conv2d(x, weight, conv), bias, act);
  check(!bias.defined() || bias.shape() == rt::Shape{weight.size(0)},
        "conv2d_act: a bias of shape ", bias.defined() ? bias.shape() : rt::Shape(),
        " for a weight of ", weight.shape());
  return ag::apply(fused_op, {x, weight, bias}, ConvAct{conv, act});
}

}  // namespace sgan::ops
