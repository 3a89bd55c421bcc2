#include "lib/ops/unit_channels.hpp"

#include "kernels/channel_norm.inl"
#include "lib/ag/op.hpp"
#include "lib/ops/reduce.hpp"
#include "lib/rt/dispatch.hpp"
#include "lib/rt/launch.hpp"

namespace sgan::ops {
namespace {

using ag::Attr;
using ag::Node;
using ag::Op;

rt::Shape one_channel(ag::Shapes in, const Attr&) {
  rt::Shape shape = in[0];
  shape[-1] = 1;
  return shape;
}

const Op inverse_norm_op = {
    .name = "inverse_norm",
    .infer = one_channel,
    .forward =
        [](ag::Tensors in, const Attr& attr, rt::Tensor& out) {
          rt::dispatch_floating(out.dtype(), [&]<class T>(T) {
            rt::launch(out.device(), out.numel(),
                       kernels::InverseNorm<T>{in[0].size(-1), std::any_cast<double>(attr),
                                               in[0].data<T>(), out.data<T>()});
          });
        },
    .vjp =
        [](const Node& self, const Var& dy) {
          // d(1/(n + e)) = -(1/(n + e))^2 x/n dx, and the direction x/n is 0 where n is.
          const Var& x = self.input(0);
          const Var direction = multiply(x, inverse_norm(x, 0));
          const Var y = inverse_norm(x, self.as<double>());
          return Vars{multiply(scale(multiply(dy, square(y)), -1), direction)};
        },
    .saves = ag::saves_inputs,
};

// For inference. Inputs: a, b, weight.
const Op distance_op = {
    .name = "unit_distance",
    .infer = one_channel,
    .forward =
        [](ag::Tensors in, const Attr& attr, rt::Tensor& out) {
          rt::dispatch_floating(out.dtype(), [&]<class T>(T) {
            rt::launch(out.device(), out.numel(),
                       kernels::UnitDistance<T>{in[0].size(-1), std::any_cast<double>(attr),
                                                in[0].data<T>(), in[1].data<T>(), in[2].data<T>(),
                                                out.data<T>()});
          });
        },
    .vjp = nullptr,
};

}  // namespace

Var inverse_norm(const Var& x, double epsilon) {
  check(x.rank() > 0, "inverse_norm: a scalar has no channels");
  return ag::apply(inverse_norm_op, {x}, epsilon);
}

Var unit_channels(const Var& x, double epsilon) { return multiply(x, inverse_norm(x, epsilon)); }

Var unit_distance(const Var& a, const Var& b, const Var& weight, double epsilon) {
  check(a.rank() > 0 && a.shape() == b.shape() && weight.shape() == rt::Shape{a.size(-1)},
        "unit_distance: ", a.shape(), " and ", b.shape(), " with weights ", weight.shape());
  if (ag::recording() && (a.needs_grad() || b.needs_grad() || weight.needs_grad())) {
    const Var difference = subtract(unit_channels(a, epsilon), unit_channels(b, epsilon));
    return sum(multiply(square(difference), weight), {-1});
  }
  return ag::apply(distance_op, {a, b, weight}, epsilon);
}

void write_unit_channels(const rt::Tensor& x, const rt::Tensor& weight, double epsilon,
                         const rt::Tensor& rows, int64_t first) {
  if (x.numel() == 0) return;
  const int64_t channels = x.size(-1), pixels = x.numel() / x.size(0) / channels;
  check(rows.rank() == 2 && rows.size(0) == x.size(0) && weight.shape() == rt::Shape{channels} &&
            first >= 0 && first + pixels * channels <= rows.size(1),
        "write_unit_channels: ", x.shape(), " at ", first, " of rows ", rows.shape());
  rt::dispatch_floating(x.dtype(), [&]<class T>(T) {
    T* to = rows.data<T>();
    rt::launch(x.device(), x.size(0) * pixels,
               kernels::WeightedUnits<T>{pixels, channels, rows.size(1), epsilon, x.data<T>(),
                                         weight.data<T>(), to ? to + first : to});
  });
}

}  // namespace sgan::ops
