#include "lib/ops/bias_act.hpp"

#include <array>
#include <cmath>

#include "kernels/elementwise.inl"
#include "lib/ag/op.hpp"
#include "lib/ops/reduce.hpp"
#include "lib/rt/dispatch.hpp"
#include "lib/rt/launch.hpp"

namespace sgan::ops {
namespace {

using ag::Attr;
using ag::Node;
using ag::Op;

struct OrderedAct {
  ActOptions options;
  int order;  // of the derivative
};

const OrderedAct& attr_of(const Attr& attr) { return std::any_cast<const OrderedAct&>(attr); }

// inputs: x, g (order > 0). y = g * d^order/dx^order of clamp(gain * act(x)).
const Op activate_op = {
    .name = "activate",
    .infer = [](ag::Shapes in, const Attr&) { return in[0]; },
    .forward =
        [](ag::Tensors in, const Attr& attr, rt::Tensor& out) {
          const auto& [o, order] = attr_of(attr);
          rt::dispatch_floating(out.dtype(), [&]<class T>(T) {
            rt::launch(out.device(), out.numel(),
                       kernels::Activate<T>{o.act, order, o.alpha, o.gain, o.clamp, in[0].data<T>(),
                                            order ? in[1].data<T>() : nullptr, out.data<T>()});
          });
        },
    .vjp =
        [](const Node& self, const Var& dy) {
          const auto& [o, order] = self.as<OrderedAct>();
          const Var& x = self.input(0);
          const auto derivative = [&](int n, const Var& g) {
            check(n <= 3, "activations are differentiable three times");
            // Piecewise linear activations have no curvature: nothing is connected there.
            const bool flat = o.act == Act::linear || o.act == Act::relu || o.act == Act::lrelu;
            if (flat && n > 1) return Var();
            return ag::apply(*self.op, {x, g}, OrderedAct{o, n});
          };
          if (order == 0) return Vars{derivative(1, dy)};
          const Var& g = self.input(1);
          return Vars{self.wants(0) ? derivative(order + 1, multiply(g, dy)) : Var(),
                      self.wants(1) ? derivative(order, dy) : Var()};
        },
    .saves = ag::saves_inputs,
};

// inputs: dy, y. Linear in dy, so that its own gradient is of the same form.
const Op gradient_op = {
    .name = "act_gradient",
    .infer = [](ag::Shapes in, const Attr&) { return in[0]; },
    .forward =
        [](ag::Tensors in, const Attr& attr, rt::Tensor& out) {
          const auto& o = attr_of(attr).options;
          rt::dispatch_floating(out.dtype(), [&]<class T>(T) {
            rt::launch(
                out.device(), out.numel(),
                kernels::FlatGradient<T>{o.gain, o.gain * kernels::low_slope(o.act, o.alpha),
                                         o.clamp, in[0].data<T>(), in[1].data<T>(), out.data<T>()});
          });
        },
    .vjp =
        [](const Node& self, const Var& ddx) {
          return Vars{act_gradient(ddx, self.input(1), self.as<OrderedAct>().options), Var()};
        },
    .saves = 1u << 1,
};

// inputs: x, b (or undefined). In one pass; differentiable where readable_from_result().
const Op fused_op = {
    .name = "bias_act",
    .infer = [](ag::Shapes in, const Attr&) { return in[0]; },
    .forward =
        [](ag::Tensors in, const Attr& attr, rt::Tensor& out) {
          const auto& o = attr_of(attr).options;
          rt::dispatch_floating(out.dtype(), [&]<class T>(T) {
            rt::launch(out.device(), out.numel(),
                       kernels::BiasActivate<T>{
                           o.act, o.alpha, o.gain, o.clamp, out.size(-1), in[0].data<T>(),
                           in[1].defined() ? in[1].data<T>() : nullptr, out.data<T>()});
          });
        },
    .vjp =
        [](const Node& self, const Var& dy) {
          const Var dx = act_gradient(dy, self.output().detach(), self.as<OrderedAct>().options);
          return Vars{dx, self.wants(1) ? sum_to(dx, self.input(1).shape()) : Var()};
        },
    .saves = ag::saves_output,
};

struct Named {
  std::string_view name;
  Act act;
};
constexpr std::array<Named, 9> names{{{"linear", Act::linear},
                                      {"relu", Act::relu},
                                      {"lrelu", Act::lrelu},
                                      {"tanh", Act::tanh},
                                      {"sigmoid", Act::sigmoid},
                                      {"elu", Act::elu},
                                      {"selu", Act::selu},
                                      {"softplus", Act::softplus},
                                      {"swish", Act::swish}}};

}  // namespace

Act parse_act(std::string_view name) {
  for (const auto& [known, act] : names) {
    if (known == name) return act;
  }
  fail("activation '", name,
       "' is not one of linear, relu, lrelu, tanh, sigmoid, elu, selu, softplus, swish");
}

double default_gain(Act act) {
  return act == Act::relu || act == Act::lrelu || act == Act::swish ? std::sqrt(2.0) : 1.0;
}

Var bias_act(const Var& x, const Var& b, const ActOptions& options) {
  const bool plain = options.act == Act::linear && options.gain == 1 && options.clamp < 0;
  if (b.defined()) {
    check(b.rank() == 1 && b.size(0) == x.size(-1), "bias_act: a bias of shape ", b.shape(),
          " for ", x.shape());
    if (plain) return add(x, b);
    const bool differentiable = ag::recording() && (x.needs_grad() || b.needs_grad());
    if (!differentiable || readable_from_result(options)) {
      return ag::apply(fused_op, {x, b}, OrderedAct{options, 0});
    }
    return bias_act(add(x, b), {}, options);
  }
  if (plain) return x;
  if (options.act == Act::linear && options.clamp < 0) return scale(x, options.gain);
  if (x.rank() > 0 && readable_from_result(options)) {
    return ag::apply(fused_op, {x, Var()}, OrderedAct{options, 0});
  }
  return ag::apply(activate_op, {x}, OrderedAct{options, 0});
}

bool readable_from_result(const ActOptions& o) {
  return kernels::is_flat(o.act) && o.gain > 0 && kernels::low_slope(o.act, o.alpha) >= 0;
}

Var act_gradient(const Var& dy, const Var& y, const ActOptions& options) {
  check(dy.shape() == y.shape(), "act_gradient: ", dy.shape(), " for a result of ", y.shape());
  return ag::apply(gradient_op, {dy, y}, OrderedAct{options, 1});
}

}  // namespace sgan::ops
