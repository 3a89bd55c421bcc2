#include "lib/ops/warp.hpp"

#include <type_traits>

#include "kernels/cpu/warp.hpp"
#include "lib/ag/op.hpp"
#include "lib/rt/dispatch.hpp"
#include "lib/rt/launch.hpp"

namespace sgan::ops {
namespace {

using ag::Attr;
using ag::Node;
using ag::Op;

kernels::Runs runs_of(const rt::Tensor& t) {
  return {t.size(1), t.size(2), t.device().is_cpu() ? t.size(2) : 1};
}

int64_t items(const rt::Tensor& t, const kernels::Runs& runs) {
  return t.size(0) * runs.h * runs.in_row();
}

// ---- mirrored borders ----

struct Mirror {
  Padding padding;
  int64_t h, w;  // of the picture without borders
};

Var fold(const Var& x, const Mirror& mirror);

const Op pad_op = {
    .name = "mirror_pad",
    .infer =
        [](ag::Shapes in, const Attr& attr) {
          const auto& p = std::any_cast<const Mirror&>(attr).padding;
          return rt::Shape{in[0][0], in[0][1] + p.y0 + p.y1, in[0][2] + p.x0 + p.x1, in[0][3]};
        },
    .forward =
        [](ag::Tensors in, const Attr& attr, rt::Tensor& out) {
          const auto& p = std::any_cast<const Mirror&>(attr).padding;
          const rt::Tensor& x = in[0];
          const auto runs = runs_of(out);
          rt::dispatch_floating(out.dtype(), [&]<class T>(T) {
            rt::launch(out.device(), items(out, runs),
                       kernels::MirrorPad<T>{runs, x.size(1), x.size(2), x.size(3), p.y0, p.x0,
                                             x.data<T>(), out.data<T>()});
          });
        },
    .vjp = [](const Node& self, const Var& dy) { return Vars{fold(dy, self.as<Mirror>())}; },
};

const Op fold_op = {
    .name = "mirror_fold",
    .infer =
        [](ag::Shapes in, const Attr& attr) {
          const auto& m = std::any_cast<const Mirror&>(attr);
          return rt::Shape{in[0][0], m.h, m.w, in[0][3]};
        },
    .forward =
        [](ag::Tensors in, const Attr& attr, rt::Tensor& out) {
          const auto& p = std::any_cast<const Mirror&>(attr).padding;
          const rt::Tensor& x = in[0];
          const auto runs = runs_of(out);
          rt::dispatch_floating(out.dtype(), [&]<class T>(T) {
            const kernels::MirrorFold<T> fold{runs, x.size(1), x.size(2),   x.size(3),
                                              p.y0, p.x0,      x.data<T>(), out.data<T>()};
            if constexpr (std::is_same_v<T, float>) {
              if (out.device().is_cpu()) return kernels::mirror_fold(fold, out.size(0));
            }
            rt::launch(out.device(), items(out, runs), fold);
          });
        },
    .vjp = [](const Node& self,
              const Var& dy) { return Vars{mirror_pad(dy, self.as<Mirror>().padding)}; },
};

Var fold(const Var& x, const Mirror& mirror) { return ag::apply(fold_op, {x}, mirror); }

// ---- affine maps ----

struct Affine {
  rt::Tensor m;  // on the pictures' device
  AffineWindow window;
  int64_t h, w;  // of the source
};

kernels::AffineMap map_of(const Affine& a, int64_t channels) {
  return {a.h,      a.w,         a.window.height, a.window.width,
          channels, a.window.y0, a.window.x0,     a.m.data<double>()};
}

Var scatter(const Var& x, const Affine& affine);

const Op sample_op = {
    .name = "affine_sample",
    .infer =
        [](ag::Shapes in, const Attr& attr) {
          const auto& a = std::any_cast<const Affine&>(attr);
          return rt::Shape{in[0][0], a.window.height, a.window.width, in[0][3]};
        },
    .forward =
        [](ag::Tensors in, const Attr& attr, rt::Tensor& out) {
          const auto& a = std::any_cast<const Affine&>(attr);
          if (out.device().is_cpu() && out.dtype() == rt::DType::f32 && out.size(3) == 3) {
            return kernels::affine_sample_rgb(map_of(a, 3), out.size(0), in[0].data<float>(),
                                              out.data<float>());
          }
          const auto runs = runs_of(out);
          rt::dispatch_floating(out.dtype(), [&]<class T>(T) {
            rt::launch(out.device(), items(out, runs),
                       kernels::AffineSample<T>{map_of(a, out.size(3)), runs, in[0].data<T>(),
                                                out.data<T>()});
          });
        },
    .vjp = [](const Node& self, const Var& dy) { return Vars{scatter(dy, self.as<Affine>())}; },
};

const Op scatter_op = {
    .name = "affine_adjoint",
    .infer =
        [](ag::Shapes in, const Attr& attr) {
          const auto& a = std::any_cast<const Affine&>(attr);
          return rt::Shape{in[0][0], a.h, a.w, in[0][3]};
        },
    .forward =
        [](ag::Tensors in, const Attr& attr, rt::Tensor& out) {
          const auto& a = std::any_cast<const Affine&>(attr);
          const auto map = map_of(a, out.size(3));
          if (out.device().is_cpu() && out.dtype() == rt::DType::f32) {
            return kernels::affine_scatter(map, out.size(0), in[0].data<float>(),
                                           out.data<float>());
          }
          const auto runs = runs_of(out);
          rt::dispatch_floating(out.dtype(), [&]<class T>(T) {
            rt::launch(out.device(), items(out, runs),
                       kernels::AffineAdjoint<T>{map, runs, in[0].data<T>(), out.data<T>()});
          });
        },
    .vjp =
        [](const Node& self, const Var& dy) {
          const auto& a = self.as<Affine>();
          return Vars{affine_sample(dy, a.m, a.window)};
        },
};

Var scatter(const Var& x, const Affine& affine) { return ag::apply(scatter_op, {x}, affine); }

}  // namespace

Var mirror_pad(const Var& x, const Padding& p) {
  check(x.rank() == 4, "mirror_pad: pictures have 4 axes, not ", x.shape());
  check(x.size(1) > 0 && x.size(2) > 0, "mirror_pad: nothing to mirror in ", x.shape());
  check(p.x0 >= 0 && p.x1 >= 0 && p.y0 >= 0 && p.y1 >= 0, "mirror_pad: amounts are at least 0");
  if (p.x0 + p.x1 + p.y0 + p.y1 == 0) return x;
  return ag::apply(pad_op, {x}, Mirror{p, x.size(1), x.size(2)});
}

Var affine_sample(const Var& x, const rt::Tensor& m, const AffineWindow& window) {
  check(x.rank() == 4, "affine_sample: pictures have 4 axes, not ", x.shape());
  check(m.shape() == rt::Shape{x.size(0), 2, 3} && m.dtype() == rt::DType::f64,
        "affine_sample: a float64 matrix [2, 3] for each of ", x.size(0), " pictures, not ",
        m.shape());
  return ag::apply(sample_op, {x}, Affine{m.to(x.device()), window, x.size(1), x.size(2)});
}

}  // namespace sgan::ops
