#include "lib/ops/reduce.hpp"

#include "kernels/cuda/sum.cuh"
#include "kernels/layout.inl"
#include "lib/ag/op.hpp"
#include "lib/ops/layout.hpp"
#include "lib/rt/dispatch.hpp"
#include "lib/rt/launch.hpp"

namespace sgan::ops {
namespace {

using ag::Attr;
using ag::Node;
using ag::Op;

// attr: the result's shape, of x's rank with 1 where summed.
const Op sum_op = {
    .name = "sum",
    .infer = [](ag::Shapes, const Attr& attr) { return std::any_cast<const rt::Shape&>(attr); },
    .forward =
        [](ag::Tensors in, const Attr&, rt::Tensor& out) {
          const rt::Tensor& x = in[0];
          const auto strides = x.shape().strides();
          rt::dispatch_floating(out.dtype(), [&]<class T>(T) {
            kernels::SumAxes<T> plan{};
            plan.terms = 1;
            for (int axis = 0; axis < x.rank(); ++axis) {
              if (x.size(axis) == 1) continue;
              kernels::Axes& axes = out.size(axis) == 1 ? plan.reduced : plan.kept;
              if (out.size(axis) == 1) plan.terms *= x.size(axis);
              const int64_t stride = strides[size_t(axis)];
              if (const int last = axes.rank - 1;
                  last >= 0 && axes.stride[last] == stride * x.size(axis)) {
                axes.size[last] *= x.size(axis);
                axes.stride[last] = stride;
                continue;
              }
              check(axes.rank < kernels::max_rank, "too many axes in ", x.shape());
              axes.size[axes.rank] = x.size(axis);
              axes.stride[axes.rank++] = stride;
            }
            plan.x = x.data<T>();
            plan.y = out.data<T>();
            rt::Tensor scratch;
            if (const int64_t parts = kernels::sum_plan(plan).scratch();
                parts > 0 && out.device().is_cuda()) {
              scratch = rt::Tensor({parts}, rt::DType::f64, out.device());
              plan.scratch = scratch.data<double>();
            }
            rt::launch(out.device(), out.numel(), plan);
          });
        },
    .vjp = [](const Node& self, const Var& dy) { return Vars{expand(dy, self.input(0).shape())}; },
};

const Op expand_op = {
    .name = "expand",
    .infer = [](ag::Shapes, const Attr& attr) { return std::any_cast<const rt::Shape&>(attr); },
    .forward =
        [](ag::Tensors in, const Attr&, rt::Tensor& out) {
          const rt::Tensor& x = in[0];
          const auto strides = x.shape().strides();
          rt::dispatch_floating(out.dtype(), [&]<class T>(T) {
            kernels::StridedCopy<T> plan{};
            check(out.rank() <= kernels::max_rank, "too many axes in ", out.shape());
            plan.rank = out.rank();
            for (int axis = 0; axis < out.rank(); ++axis) {
              const int own = axis - (out.rank() - x.rank());
              plan.size[axis] = plan.limit[axis] = out.size(axis);
              plan.stride[axis] = own < 0 || x.size(own) == 1 ? 0 : strides[size_t(own)];
            }
            plan.x = x.data<T>();
            plan.y = out.data<T>();
            rt::launch(out.device(), out.numel(), plan);
          });
        },
    .vjp = [](const Node& self, const Var& dy) { return Vars{sum_to(dy, self.input(0).shape())}; },
};

}  // namespace

Var sum(const Var& x, const std::vector<int>& axes) {
  rt::Shape shape = x.shape();
  for (int axis : axes) {
    check(axis >= -x.rank() && axis < x.rank(), "sum: axis ", axis, " of ", x.shape());
    shape[axis] = 1;
  }
  return shape == x.shape() ? x : ag::apply(sum_op, {x}, shape);
}

Var mean(const Var& x, const std::vector<int>& axes) {
  const Var total = sum(x, axes);
  return scale(total, double(total.shape().numel()) / double(x.shape().numel()));
}

Var sum_all(const Var& x) {
  std::vector<int> axes;
  for (int axis = 0; axis < x.rank(); ++axis) axes.push_back(axis);
  return reshape(sum(x, axes), {});
}

Var sum_to(const Var& x, const rt::Shape& shape) {
  if (x.shape() == shape) return x;
  const int extra = x.rank() - shape.rank();
  std::vector<int> axes;
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (axis < extra || (shape[axis - extra] == 1 && x.size(axis) != 1)) axes.push_back(axis);
  }
  return reshape(sum(x, axes), shape);
}

Var expand(const Var& x, const rt::Shape& shape) {
  if (x.shape() == shape) return x;
  check(rt::broadcast(x.shape(), shape) == shape, "expand: ", x.shape(), " does not stretch to ",
        shape);
  return ag::apply(expand_op, {x}, shape);
}

}  // namespace sgan::ops
