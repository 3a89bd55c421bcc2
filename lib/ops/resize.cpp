#include "lib/ops/resize.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/pool.inl"
#include "lib/ag/op.hpp"
#include "lib/rt/constant.hpp"
#include "lib/rt/dispatch.hpp"
#include "lib/rt/launch.hpp"

namespace sgan::ops {
namespace {

using ag::Attr;
using ag::Node;
using ag::Op;

// One axis. The tables are on the pictures' device.
struct Axis {
  int axis;
  int64_t in, out;
  rt::Tensor low, part;  // [out]
  rt::Tensor first;      // [in + 1]: the first output that begins at this pixel or behind it
};

Axis axis_of(int axis, int64_t in, int64_t out, ResizeGrid grid, rt::DType type,
             rt::Device device) {
  std::vector<double> low, part;
  for (int64_t i = 0; i < out; ++i) {
    double at = 0;
    if (grid == ResizeGrid::corner) {
      const float step = float(double(in) / double(out));
      at = type == rt::DType::f64 ? double(i) * double(step) : double(float(i) * step);
    } else {
      at = std::max(0.0, (double(i) + 0.5) * double(in) / double(out) - 0.5);
    }
    low.push_back(std::min(std::floor(at), double(in - 1)));
    part.push_back(at - low.back());
  }
  std::vector<double> first;
  for (int64_t i = 0; i <= in; ++i) {
    first.push_back(double(std::lower_bound(low.begin(), low.end(), double(i)) - low.begin()));
  }
  const auto table = [&](const std::vector<double>& values, rt::DType kind) {
    return rt::constant(values, {int64_t(values.size())}, kind, device);
  };
  return {axis,
          in,
          out,
          table(low, rt::DType::i32),
          table(part, rt::DType::f64),
          table(first, rt::DType::i32)};
}

kernels::ResizeGeometry geometry(const Axis& a, const rt::Shape& x, rt::Device device) {
  kernels::ResizeGeometry g{};
  g.outer = a.axis == 1 ? x[0] : x[0] * x[1];
  g.in = a.in;
  g.out = a.out;
  g.inner = a.axis == 1 ? x[2] * x[3] : x[3];
  g.run = device.is_cpu() ? g.inner : 1;
  g.low = a.low.data<int32_t>();
  g.part = a.part.data<double>();
  return g;
}

rt::Shape with_size(rt::Shape shape, const Axis& a, int64_t size) {
  shape[a.axis] = size;
  return shape;
}

const Axis& attr_of(const Attr& attr) { return std::any_cast<const Axis&>(attr); }

Var spread(const Var& y, const Axis& a);

const Op resize_op = {
    .name = "resize_axis",
    .infer = [](ag::Shapes in,
                const Attr& attr) { return with_size(in[0], attr_of(attr), attr_of(attr).out); },
    .forward =
        [](ag::Tensors in, const Attr& attr, rt::Tensor& out) {
          if (out.numel() == 0) return;
          const auto g = geometry(attr_of(attr), out.shape(), out.device());
          rt::dispatch_floating(out.dtype(), [&]<class T>(T) {
            rt::launch(out.device(), g.outer * g.out * g.runs(),
                       kernels::ResizeAxis<T>{g, in[0].data<T>(), out.data<T>()});
          });
        },
    .vjp = [](const Node& self, const Var& dy) { return Vars{spread(dy, self.as<Axis>())}; },
};

const Op spread_op = {
    .name = "resize_axis_gradient",
    .infer = [](ag::Shapes in,
                const Attr& attr) { return with_size(in[0], attr_of(attr), attr_of(attr).in); },
    .forward =
        [](ag::Tensors in, const Attr& attr, rt::Tensor& out) {
          if (out.numel() == 0) return;
          const Axis& a = attr_of(attr);
          const auto g = geometry(a, out.shape(), out.device());
          rt::dispatch_floating(out.dtype(), [&]<class T>(T) {
            rt::launch(out.device(), g.outer * g.in * g.runs(),
                       kernels::ResizeAxisSpread<T>{g, a.first.data<int32_t>(), in[0].data<T>(),
                                                    out.data<T>()});
          });
        },
    .vjp = [](const Node& self,
              const Var& dx) { return Vars{ag::apply(resize_op, {dx}, self.as<Axis>())}; },
};

Var spread(const Var& y, const Axis& a) { return ag::apply(spread_op, {y}, a); }

}  // namespace

Var resize_bilinear(const Var& x, int64_t height, int64_t width, ResizeGrid grid) {
  check(x.rank() == 4, "resize_bilinear: pictures have 4 axes, not ", x.shape());
  check(x.size(1) > 0 && x.size(2) > 0 && height > 0 && width > 0, "resize_bilinear: ", x.shape(),
        " to ", height, " x ", width);
  Var y = x;
  for (const auto& [axis, size] : {std::pair{2, width}, std::pair{1, height}}) {
    if (y.size(axis) == size) continue;
    y = ag::apply(resize_op, {y}, axis_of(axis, y.size(axis), size, grid, x.dtype(), x.device()));
  }
  return y;
}

}  // namespace sgan::ops
