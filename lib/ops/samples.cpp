#include "lib/ops/samples.hpp"

#include <algorithm>
#include <cstring>

#include "kernels/cpu/fir_axis.hpp"
#include "lib/ag/op.hpp"
#include "lib/rt/dispatch.hpp"
#include "lib/rt/launch.hpp"

namespace sgan::ops {
namespace {

using ag::Attr;
using ag::Node;
using ag::Op;

// ---- choice of samples ----

struct Choice {
  std::vector<int64_t> rows;
  rt::Tensor on_device;
};

const Op take_op = {
    .name = "take_samples",
    .infer =
        [](ag::Shapes in, const Attr& attr) {
          rt::Shape shape = in[0];
          shape[0] = int64_t(std::any_cast<const Choice&>(attr).rows.size());
          return shape;
        },
    .forward =
        [](ag::Tensors in, const Attr& attr, rt::Tensor& out) {
          const auto& choice = std::any_cast<const Choice&>(attr);
          if (out.numel() == 0) return;
          rt::dispatch_floating(out.dtype(), [&]<class T>(T) {
            rt::launch(
                out.device(), out.numel(),
                kernels::TakeSamples<T>{out.numel() / out.size(0), choice.on_device.data<int64_t>(),
                                        in[0].data<T>(), out.data<T>()});
          });
        },
    .vjp =
        [](const Node& self, const Var& dy) {
          const auto& rows = self.as<Choice>().rows;
          std::vector<int64_t> back(size_t(self.input(0).size(0)), -1);
          for (size_t i = 0; i < rows.size(); ++i) {
            if (rows[i] >= 0) back[size_t(rows[i])] = int64_t(i);
          }
          return Vars{take_samples(dy, back)};
        },
};

// ---- colour matrices ----

struct Colors {
  rt::Tensor m;
  bool transposed, offset;
};

const Op color_op = {
    .name = "color_matrix",
    .infer = [](ag::Shapes in, const Attr&) { return in[0]; },
    .forward =
        [](ag::Tensors in, const Attr& attr, rt::Tensor& out) {
          const auto& colors = std::any_cast<const Colors&>(attr);
          if (out.numel() == 0) return;
          const int64_t c = out.size(-1), pixels = out.numel() / out.size(0) / c;
          const int64_t run = out.device().is_cpu() ? 64 : 1;
          rt::dispatch_floating(out.dtype(), [&]<class T>(T) {
            const kernels::ColorMatrix<T> kernel{pixels,
                                                 c,
                                                 run,
                                                 colors.transposed,
                                                 colors.offset,
                                                 colors.m.data<double>(),
                                                 in[0].data<T>(),
                                                 out.data<T>()};
            rt::launch(out.device(), out.size(0) * kernel.in_picture(), kernel);
          });
        },
    .vjp =
        [](const Node& self, const Var& dy) {
          const auto& colors = self.as<Colors>();
          return Vars{ag::apply(*self.op, {dy}, Colors{colors.m, !colors.transposed, false})};
        },
};

// ---- FIR filters along an axis ----

struct Fir {
  rt::Tensor taps;
  int axis;
  FirOptions options;
  bool flip;
};

kernels::FirAxisGeometry geometry(const Fir& fir, const rt::Tensor& x) {
  kernels::FirAxisGeometry g;
  g.n = x.size(0);
  g.outer = fir.axis == 1 ? x.size(0) : x.size(0) * x.size(1);
  g.in = x.size(fir.axis);
  g.out = fir.options.size;
  g.inner = fir.axis == 1 ? x.size(2) * x.size(3) : x.size(3);
  g.up = fir.options.up;
  g.down = fir.options.down;
  g.pad = fir.options.pad;
  g.count = fir.taps.size(1);
  g.tap_stride = fir.taps.size(0) == 1 ? 0 : g.count;
  return g;
}

void run_fast(const kernels::FirAxisGeometry& g, const Fir& fir, const rt::Tensor& x,
              const rt::Tensor& out) {
  std::vector<float> taps;
  for (int64_t row = 0; row < fir.taps.size(0); ++row) {
    const double* from = fir.taps.data<double>() + row * g.count;
    for (int64_t k = 0; k < g.count; ++k) {
      taps.push_back(float(from[fir.flip ? g.count - 1 - k : k]));
    }
  }
  kernels::fir_axis_fast(g, x.data<float>(), taps.data(), out.data<float>());
}

const Op fir_op = {
    .name = "fir_axis",
    .infer =
        [](ag::Shapes in, const Attr& attr) {
          const auto& fir = std::any_cast<const Fir&>(attr);
          rt::Shape shape = in[0];
          shape[fir.axis] = fir.options.size;
          return shape;
        },
    .forward =
        [](ag::Tensors in, const Attr& attr, rt::Tensor& out) {
          const auto& fir = std::any_cast<const Fir&>(attr);
          if (out.numel() == 0) return;
          const auto g = geometry(fir, in[0]);
          if (out.device().is_cpu() && out.dtype() == rt::DType::f32 &&
              kernels::fir_axis_fast_supported(g)) {
            return run_fast(g, fir, in[0], out);
          }
          rt::dispatch_floating(out.dtype(), [&]<class T>(T) {
            rt::launch(out.device(), out.numel(),
                       kernels::FirAxis<T>{g, in[0].data<T>(), fir.taps.data<double>(), fir.flip,
                                           out.data<T>()});
          });
        },
    .vjp =
        [](const Node& self, const Var& dy) {
          Fir back = self.as<Fir>();
          std::swap(back.options.up, back.options.down);
          back.options.pad = back.taps.size(1) - 1 - back.options.pad;
          back.options.size = self.input(0).size(back.axis);
          back.flip = !back.flip;
          return Vars{ag::apply(*self.op, {dy}, back)};
        },
};

}  // namespace

Var take_samples(const Var& x, const std::vector<int64_t>& rows) {
  std::vector<bool> taken(size_t(x.size(0)), false);
  for (int64_t row : rows) {
    check(row >= -1 && row < x.size(0), "take_samples: no sample ", row, " in ", x.shape());
    if (row < 0) continue;
    check(!taken[size_t(row)], "take_samples: sample ", row, " is taken twice");
    taken[size_t(row)] = true;
  }
  const auto on_device = rt::Tensor::from(rows, {int64_t(rows.size())}).to(x.device());
  return ag::apply(take_op, {x}, Choice{rows, on_device});
}

Var color_matrix(const Var& x, const rt::Tensor& m) {
  check(x.rank() >= 2 && m.shape() == rt::Shape{x.size(0), x.size(-1), x.size(-1) + 1} &&
            m.dtype() == rt::DType::f64,
        "color_matrix: matrices ", m.shape(), " for pictures ", x.shape());
  return ag::apply(color_op, {x}, Colors{m.to(x.device()), false, true});
}

Var fir_axis(const Var& x, const rt::Tensor& taps, int axis, const FirOptions& o) {
  check(x.rank() == 4, "fir_axis: pictures have 4 axes, not ", x.shape());
  check(axis == 1 || axis == 2, "fir_axis: axis 1 or 2, not ", axis);
  check(taps.rank() == 2 && (taps.size(0) == 1 || taps.size(0) == x.size(0)) && taps.size(1) > 0 &&
            taps.dtype() == rt::DType::f64,
        "fir_axis: taps ", taps.shape(), " for pictures ", x.shape());
  check(o.up > 0 && o.down > 0 && o.size >= 0, "fir_axis: factors are at least 1");
  return ag::apply(fir_op, {x}, Fir{taps.to(x.device()), axis, o, false});
}

}  // namespace sgan::ops
