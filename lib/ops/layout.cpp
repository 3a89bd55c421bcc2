#include "lib/ops/layout.hpp"

#include "kernels/layout.inl"
#include "lib/ag/op.hpp"
#include "lib/rt/dispatch.hpp"
#include "lib/rt/launch.hpp"

namespace sgan::ops {
namespace {

using ag::Attr;
using ag::Node;
using ag::Op;
using Amounts = std::vector<int64_t>;

template <class T>
kernels::StridedCopy<T> plain_copy(const rt::Tensor& x, const rt::Tensor& out) {
  check(out.rank() <= kernels::max_rank, "too many axes in ", out.shape());
  kernels::StridedCopy<T> plan{};
  plan.rank = out.rank();
  const auto strides = x.shape().strides();
  for (int axis = 0; axis < out.rank(); ++axis) {
    plan.size[axis] = out.size(axis);
    plan.limit[axis] = x.size(axis);
    plan.stride[axis] = strides[size_t(axis)];
  }
  plan.x = x.data<T>();
  plan.y = out.data<T>();
  return plan;
}

const Op reshape_op = {
    .name = "reshape",
    .infer = [](ag::Shapes, const Attr& attr) { return std::any_cast<const rt::Shape&>(attr); },
    .forward = nullptr,
    .vjp = [](const Node& self, const Var& dy) { return Vars{reshape(dy, self.input(0).shape())}; },
    .view = [](ag::Tensors in,
               const Attr& attr) { return in[0].reshape(std::any_cast<const rt::Shape&>(attr)); },
};

const Op permute_op = {
    .name = "permute",
    .infer =
        [](ag::Shapes in, const Attr& attr) {
          const auto& axes = std::any_cast<const std::vector<int>&>(attr);
          check(int(axes.size()) == in[0].rank(), "permutation of ", axes.size(), " axes for ",
                in[0]);
          std::vector<int64_t> dims;
          for (int axis : axes) dims.push_back(in[0][axis]);
          return rt::Shape(dims);
        },
    .forward =
        [](ag::Tensors in, const Attr& attr, rt::Tensor& out) {
          const auto& axes = std::any_cast<const std::vector<int>&>(attr);
          rt::dispatch_floating(out.dtype(), [&]<class T>(T) {
            auto plan = plain_copy<T>(in[0], out);
            const auto strides = in[0].shape().strides();
            for (int axis = 0; axis < out.rank(); ++axis) {
              plan.limit[axis] = out.size(axis);
              plan.stride[axis] = strides[size_t(axes[size_t(axis)])];
            }
            rt::launch(out.device(), out.numel(), plan);
          });
        },
    .vjp =
        [](const Node& self, const Var& dy) {
          const auto& axes = self.as<std::vector<int>>();
          std::vector<int> inverse(axes.size());
          for (size_t i = 0; i < axes.size(); ++i) inverse[size_t(axes[i])] = int(i);
          return Vars{permute(dy, inverse)};
        },
};

struct PadAttr {
  Amounts before, after;
};

const Op pad_op = {
    .name = "pad",
    .infer =
        [](ag::Shapes in, const Attr& attr) {
          const auto& a = std::any_cast<const PadAttr&>(attr);
          rt::Shape shape = in[0];
          check(int(a.before.size()) == shape.rank() && a.before.size() == a.after.size(),
                "one amount an axis is needed for ", shape);
          for (int axis = 0; axis < shape.rank(); ++axis) {
            shape[axis] += a.before[size_t(axis)] + a.after[size_t(axis)];
            check(shape[axis] >= 0, "nothing is left of ", in[0]);
          }
          return shape;
        },
    .forward =
        [](ag::Tensors in, const Attr& attr, rt::Tensor& out) {
          const auto& a = std::any_cast<const PadAttr&>(attr);
          rt::dispatch_floating(out.dtype(), [&]<class T>(T) {
            auto plan = plain_copy<T>(in[0], out);
            for (int axis = 0; axis < out.rank(); ++axis) {
              plan.shift[axis] = a.before[size_t(axis)];
            }
            rt::launch(out.device(), out.numel(), plan);
          });
        },
    .vjp =
        [](const Node& self, const Var& dy) {
          PadAttr back = self.as<PadAttr>();
          for (auto& amount : back.before) amount = -amount;
          for (auto& amount : back.after) amount = -amount;
          return Vars{pad(dy, back.before, back.after)};
        },
};

const Op concat_op = {
    .name = "concat",
    .infer =
        [](ag::Shapes in, const Attr& attr) {
          const int axis = std::any_cast<int>(attr);
          rt::Shape shape = in[0];
          for (const rt::Shape& part : in.subspan(1)) {
            rt::Shape rest = part;
            check(rest.rank() == shape.rank(), "joins ", in[0], " and ", part);
            shape[axis] += part[axis];
            rest[axis] = in[0][axis];
            check(rest == in[0], "joins ", in[0], " and ", part, " along axis ", axis);
          }
          return shape;
        },
    .forward =
        [](ag::Tensors in, const Attr& attr, rt::Tensor& out) {
          const int axis = std::any_cast<int>(attr);
          if (out.numel() == 0) return;
          int64_t rows = 1;
          for (int i = 0; i < axis; ++i) rows *= out.size(i);
          rt::dispatch_floating(out.dtype(), [&]<class T>(T) {
            int64_t at = 0;
            for (const rt::Tensor& part : in) {
              const int64_t width = part.numel() / rows;
              rt::launch(out.device(), part.numel(),
                         kernels::PlaceRows<T>{width, out.numel() / rows, part.data<T>(),
                                               out.data<T>() + at});
              at += width;
            }
          });
        },
    .vjp =
        [](const Node& self, const Var& dy) {
          const int axis = self.as<int>();
          Vars gradients;
          int64_t at = 0;
          for (size_t i = 0; i < self.inputs.size(); ++i) {
            const int64_t size = self.inputs[i].size(axis);
            gradients.push_back(self.wants(int(i)) ? slice(dy, axis, at, at + size) : Var());
            at += size;
          }
          return gradients;
        },
};

const Op flip_op = {
    .name = "flip",
    .infer = [](ag::Shapes in, const Attr&) { return in[0]; },
    .forward =
        [](ag::Tensors in, const Attr& attr, rt::Tensor& out) {
          rt::dispatch_floating(out.dtype(), [&]<class T>(T) {
            auto plan = plain_copy<T>(in[0], out);
            for (int axis : std::any_cast<const std::vector<int>&>(attr)) {
              if (axis < 0) axis += out.rank();
              plan.base += (out.size(axis) - 1) * plan.stride[axis];
              plan.stride[axis] = -plan.stride[axis];
            }
            rt::launch(out.device(), out.numel(), plan);
          });
        },
    .vjp = [](const Node& self,
              const Var& dy) { return Vars{flip(dy, self.as<std::vector<int>>())}; },
};

}  // namespace

Var reshape(const Var& x, const rt::Shape& shape) {
  if (x.shape() == shape) return x;
  rt::Shape known = shape;
  int64_t rest = x.shape().numel();
  int unknown = -1;
  for (int i = 0; i < shape.rank(); ++i) {
    if (shape[i] < 0)
      unknown = i;
    else if (shape[i] > 0)
      rest /= shape[i];
  }
  if (unknown >= 0) known[unknown] = rest;
  return ag::apply(reshape_op, {x}, known);
}

Var permute(const Var& x, const std::vector<int>& axes) { return ag::apply(permute_op, {x}, axes); }

Var pad(const Var& x, const Amounts& before, const Amounts& after) {
  for (size_t i = 0; i < before.size(); ++i) {
    if (before[i] || after[i]) return ag::apply(pad_op, {x}, PadAttr{before, after});
  }
  return x;
}

Var slice(const Var& x, int axis, int64_t begin, int64_t end) {
  if (axis < 0) axis += x.rank();
  check(0 <= begin && begin <= end && end <= x.size(axis), "slice: ", begin, " to ", end,
        " of axis ", axis, " of ", x.shape());
  Amounts before(size_t(x.rank()), 0), after = before;
  before[size_t(axis)] = -begin;
  after[size_t(axis)] = end - x.size(axis);
  return pad(x, before, after);
}

Var flip(const Var& x, const std::vector<int>& axes) { return ag::apply(flip_op, {x}, axes); }

Var concat(const Vars& parts, int axis) {
  check(!parts.empty(), "concat: nothing to join");
  if (axis < 0) axis += parts[0].rank();
  check(axis >= 0 && axis < parts[0].rank(), "concat: axis ", axis, " of ", parts[0].shape());
  return parts.size() == 1 ? parts[0] : ag::apply(concat_op, parts, axis);
}

}  // namespace sgan::ops
