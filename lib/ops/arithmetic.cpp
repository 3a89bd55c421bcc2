#include "lib/ops/arithmetic.hpp"

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
using kernels::BinaryOp;
using kernels::UnaryOp;

// Merges axes that both operands walk alike, so that the kernel divides less.
template <class T>
kernels::BinaryBroadcast<T> broadcast_plan(const rt::Tensor& a, const rt::Tensor& b,
                                           const rt::Shape& shape) {
  kernels::BinaryBroadcast<T> plan{};
  const auto strides_a = a.shape().strides(), strides_b = b.shape().strides();
  const auto stride = [&](const rt::Tensor& t, const std::vector<int64_t>& strides, int axis) {
    const int own = axis - (shape.rank() - t.rank());
    return own < 0 || t.size(own) == 1 ? int64_t{0} : strides[size_t(own)];
  };
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (shape[axis] == 1) continue;
    const int64_t sa = stride(a, strides_a, axis), sb = stride(b, strides_b, axis);
    const int last = plan.rank - 1;
    if (last >= 0 && plan.stride_a[last] == sa * shape[axis] &&
        plan.stride_b[last] == sb * shape[axis]) {
      plan.size[last] *= shape[axis];
      plan.stride_a[last] = sa;
      plan.stride_b[last] = sb;
      continue;
    }
    check(plan.rank < kernels::max_rank, "too many axes in ", shape);
    plan.size[plan.rank] = shape[axis];
    plan.stride_a[plan.rank] = sa;
    plan.stride_b[plan.rank] = sb;
    ++plan.rank;
  }
  return plan;
}

void binary_forward(BinaryOp op, ag::Tensors in, rt::Tensor& out) {
  check(in[0].dtype() == in[1].dtype(), "operands of ", rt::name_of(in[0].dtype()), " and ",
        rt::name_of(in[1].dtype()));
  rt::dispatch_floating(out.dtype(), [&]<class T>(T) {
    const T *a = in[0].data<T>(), *b = in[1].data<T>();
    if (in[0].shape() == in[1].shape()) {
      rt::launch(out.device(), out.numel(), kernels::BinarySame<T>{op, a, b, out.data<T>()});
      return;
    }
    auto plan = broadcast_plan<T>(in[0], in[1], out.shape());
    plan.op = op;
    plan.a = a;
    plan.b = b;
    plan.y = out.data<T>();
    rt::launch(out.device(), out.numel(), plan);
  });
}

template <BinaryOp op>
void binary(ag::Tensors in, const Attr&, rt::Tensor& out) {
  binary_forward(op, in, out);
}

rt::Shape infer_broadcast(ag::Shapes in, const Attr&) { return rt::broadcast(in[0], in[1]); }

const Op add_op = {
    .name = "add",
    .infer = infer_broadcast,
    .forward = binary<BinaryOp::add>,
    .vjp =
        [](const Node& self, const Var& dy) {
          return Vars{sum_to(dy, self.input(0).shape()), sum_to(dy, self.input(1).shape())};
        },
};

const Op subtract_op = {
    .name = "subtract",
    .infer = infer_broadcast,
    .forward = binary<BinaryOp::subtract>,
    .vjp =
        [](const Node& self, const Var& dy) {
          return Vars{sum_to(dy, self.input(0).shape()),
                      scale(sum_to(dy, self.input(1).shape()), -1)};
        },
};

const Op multiply_op = {
    .name = "multiply",
    .infer = infer_broadcast,
    .forward = binary<BinaryOp::multiply>,
    .vjp =
        [](const Node& self, const Var& dy) {
          const Var &a = self.input(0), &b = self.input(1);
          return Vars{self.wants(0) ? sum_to(multiply(dy, b), a.shape()) : Var(),
                      self.wants(1) ? sum_to(multiply(dy, a), b.shape()) : Var()};
        },
    .saves = ag::saves_inputs,
};

const Op divide_op = {
    .name = "divide",
    .infer = infer_broadcast,
    .forward = binary<BinaryOp::divide>,
    .vjp =
        [](const Node& self, const Var& dy) {
          const Var &a = self.input(0), &b = self.input(1);
          const Var da = divide(dy, b);
          return Vars{
              self.wants(0) ? sum_to(da, a.shape()) : Var(),
              self.wants(1) ? scale(sum_to(multiply(da, divide(a, b)), b.shape()), -1) : Var()};
        },
    .saves = ag::saves_inputs,
};

struct AffineAttr {
  double scale, offset;
};

const Op affine_op = {
    .name = "affine",
    .infer = [](ag::Shapes in, const Attr&) { return in[0]; },
    .forward =
        [](ag::Tensors in, const Attr& attr, rt::Tensor& out) {
          const auto& a = std::any_cast<const AffineAttr&>(attr);
          rt::dispatch_floating(out.dtype(), [&]<class T>(T) {
            rt::launch(out.device(), out.numel(),
                       kernels::Affine<T>{a.scale, a.offset, in[0].data<T>(), out.data<T>()});
          });
        },
    .vjp = [](const Node& self,
              const Var& dy) { return Vars{scale(dy, self.as<AffineAttr>().scale)}; },
};

template <UnaryOp op>
void unary(ag::Tensors in, const Attr&, rt::Tensor& out) {
  rt::dispatch_floating(out.dtype(), [&]<class T>(T) {
    rt::launch(out.device(), out.numel(), kernels::Unary<T>{op, in[0].data<T>(), out.data<T>()});
  });
}

rt::Shape infer_same(ag::Shapes in, const Attr&) { return in[0]; }

const Op exp_op = {
    .name = "exp",
    .infer = infer_same,
    .forward = unary<UnaryOp::exp>,
    .vjp = [](const Node& self, const Var& dy) { return Vars{multiply(dy, self.output())}; },
    .saves = ag::saves_output,
};
const Op log_op = {
    .name = "log",
    .infer = infer_same,
    .forward = unary<UnaryOp::log>,
    .vjp = [](const Node& self, const Var& dy) { return Vars{divide(dy, self.input(0))}; },
    .saves = ag::saves_inputs,
};
const Op sqrt_op = {
    .name = "sqrt",
    .infer = infer_same,
    .forward = unary<UnaryOp::sqrt>,
    .vjp = [](const Node& self,
              const Var& dy) { return Vars{scale(divide(dy, self.output()), 0.5)}; },
    .saves = ag::saves_output,
};
const Op rsqrt_op = {
    .name = "rsqrt",
    .infer = infer_same,
    .forward = unary<UnaryOp::rsqrt>,
    .vjp =
        [](const Node& self, const Var& dy) {
          const Var y = self.output();
          return Vars{scale(multiply(dy, multiply(y, square(y))), -0.5)};
        },
    .saves = ag::saves_output,
};
const Op square_op = {
    .name = "square",
    .infer = infer_same,
    .forward = unary<UnaryOp::square>,
    .vjp = [](const Node& self,
              const Var& dy) { return Vars{scale(multiply(dy, self.input(0)), 2)}; },
    .saves = ag::saves_inputs,
};
const Op sine_op = {
    .name = "sine",
    .infer = infer_same,
    .forward = unary<UnaryOp::sine>,
    .vjp = [](const Node& self,
              const Var& dy) { return Vars{multiply(dy, cosine(self.input(0)))}; },
    .saves = ag::saves_inputs,
};
const Op cosine_op = {
    .name = "cosine",
    .infer = infer_same,
    .forward = unary<UnaryOp::cosine>,
    .vjp = [](const Node& self,
              const Var& dy) { return Vars{scale(multiply(dy, sine(self.input(0))), -1)}; },
    .saves = ag::saves_inputs,
};
const Op reciprocal_op = {
    .name = "reciprocal",
    .infer = infer_same,
    .forward = unary<UnaryOp::reciprocal>,
    .vjp = [](const Node& self,
              const Var& dy) { return Vars{scale(multiply(dy, square(self.output())), -1)}; },
    .saves = ag::saves_output,
};

}  // namespace

Var add(const Var& a, const Var& b) { return ag::apply(add_op, {a, b}); }
Var subtract(const Var& a, const Var& b) { return ag::apply(subtract_op, {a, b}); }
Var multiply(const Var& a, const Var& b) { return ag::apply(multiply_op, {a, b}); }
Var divide(const Var& a, const Var& b) { return ag::apply(divide_op, {a, b}); }
Var affine(const Var& x, double scale, double offset) {
  return ag::apply(affine_op, {x}, AffineAttr{scale, offset});
}
Var exp(const Var& x) { return ag::apply(exp_op, {x}); }
Var log(const Var& x) { return ag::apply(log_op, {x}); }
Var sqrt(const Var& x) { return ag::apply(sqrt_op, {x}); }
Var rsqrt(const Var& x) { return ag::apply(rsqrt_op, {x}); }
Var square(const Var& x) { return ag::apply(square_op, {x}); }
Var sine(const Var& x) { return ag::apply(sine_op, {x}); }
Var cosine(const Var& x) { return ag::apply(cosine_op, {x}); }
Var reciprocal(const Var& x) { return ag::apply(reciprocal_op, {x}); }

Var lerp(const Var& a, const Var& b, double t) { return add(scale(a, 1 - t), scale(b, t)); }

Var full_like(const Var& x, double value) {
  return Var(rt::Tensor::full(x.shape(), value, x.dtype(), x.device()));
}

}  // namespace sgan::ops
