#include "lib/ops/upfirdn2d.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/cpu/upfirdn2d_fast.hpp"
#include "kernels/cpu/upfirdn2d_general.hpp"
#include "kernels/upfirdn2d.inl"
#include "lib/ag/op.hpp"
#include "lib/rt/constant.hpp"
#include "lib/rt/dispatch.hpp"
#include "lib/rt/launch.hpp"

namespace sgan::ops {
namespace {

using ag::Attr;
using ag::Node;
using ag::Op;

// One pass with an explicit result size, so that the adjoint is of the same form.
struct Pass {
  rt::Tensor taps;  // [fh, fw] in double on the CPU, in correlation order, gain included
  int64_t up_x, up_y, down_x, down_y;
  int64_t pad_x0, pad_y0;
  int64_t ho, wo;
};

Var run(const Var& x, const Pass& pass);

// The SIMD version, where it serves the case.
bool run_fast(const rt::Tensor& x, const rt::Tensor& taps, const Pass& p, const rt::Tensor& out) {
  if (!out.device().is_cpu() || out.dtype() != rt::DType::f32) return false;
  if (p.up_x != p.up_y || p.down_x != p.down_y) return false;
  kernels::UpfirdnFast k;
  k.n = x.size(0);
  k.h = x.size(1);
  k.w = x.size(2);
  k.c = x.size(3);
  k.ho = p.ho;
  k.wo = p.wo;
  k.x = x.data<float>();
  k.y = out.data<float>();
  k.f = taps.data<float>();
  k.fh = int(taps.size(0));
  k.fw = int(taps.size(1));
  k.up = int(p.up_x);
  k.down = int(p.down_x);
  k.pad_x0 = p.pad_x0;
  k.pad_y0 = p.pad_y0;
  if (!kernels::upfirdn2d_fast_supported(k)) return false;
  kernels::upfirdn2d_fast(k);
  return true;
}

const Op pass_op = {
    .name = "upfirdn2d",
    .infer =
        [](ag::Shapes in, const Attr& attr) {
          const auto& p = std::any_cast<const Pass&>(attr);
          check(in[0].rank() == 4, "pictures have 4 axes, not ", in[0]);
          return rt::Shape{in[0][0], p.ho, p.wo, in[0][3]};
        },
    .forward =
        [](ag::Tensors in, const Attr& attr, rt::Tensor& out) {
          const auto& p = std::any_cast<const Pass&>(attr);
          const rt::Tensor& x = in[0];
          kernels::UpfirdnGeometry g{
              .n = x.size(0), .h = x.size(1), .w = x.size(2), .c = x.size(3)};
          g.ho = p.ho;
          g.wo = p.wo;
          g.fh = p.taps.size(0);
          g.fw = p.taps.size(1);
          g.up_x = p.up_x;
          g.up_y = p.up_y;
          g.down_x = p.down_x;
          g.down_y = p.down_y;
          g.pad_x0 = p.pad_x0;
          g.pad_y0 = p.pad_y0;
          const rt::Tensor taps =
              rt::constant(p.taps.to_doubles(), p.taps.shape(), out.dtype(), out.device());
          if (out.numel() == 0 || run_fast(x, taps, p, out)) return;
          if (out.device().is_cpu() && out.dtype() == rt::DType::f32) {
            return kernels::upfirdn2d_general(g, x.data<float>(), taps.data<float>(),
                                              out.data<float>());
          }
          rt::dispatch_floating(out.dtype(), [&]<class T>(T) {
            rt::launch(out.device(), out.numel(),
                       kernels::Upfirdn<T>{g, x.data<T>(), taps.data<T>(), out.data<T>()});
          });
        },
    .vjp =
        [](const Node& self, const Var& dy) {
          const auto& p = self.as<Pass>();
          const rt::Shape& in = self.input(0).shape();
          Pass back = p;
          back.taps = p.taps.clone();
          std::reverse(back.taps.data<double>(), back.taps.data<double>() + back.taps.numel());
          std::swap(back.up_x, back.down_x);
          std::swap(back.up_y, back.down_y);
          back.pad_x0 = p.taps.size(1) - 1 - p.pad_x0;
          back.pad_y0 = p.taps.size(0) - 1 - p.pad_y0;
          back.ho = in[1];
          back.wo = in[2];
          return Vars{run(dy, back)};
        },
};

Var run(const Var& x, const Pass& pass) { return ag::apply(pass_op, {x}, pass); }

int64_t result_size(int64_t in, int64_t up, int64_t p0, int64_t p1, int64_t taps, int64_t down) {
  const int64_t room = in * up + p0 + p1 - taps;
  check(room >= 0, "upfirdn2d: a filter of ", taps, " taps is longer than the padded picture of ",
        in * up + p0 + p1);
  return room / down + 1;
}

rt::Tensor taps_tensor(const std::vector<double>& taps, int64_t height, int64_t width, bool flip,
                       double gain) {
  std::vector<double> t = taps;
  if (!flip) std::reverse(t.begin(), t.end());
  for (double& v : t) v *= gain;
  return rt::Tensor::from(t, {height, width});
}

}  // namespace

Var upfirdn2d(const Var& x, const Filter& filter, const UpfirdnOptions& o) {
  check(x.rank() == 4, "upfirdn2d: pictures have 4 axes, not ", x.shape());
  check(o.up_x > 0 && o.up_y > 0 && o.down_x > 0 && o.down_y > 0,
        "upfirdn2d: factors are at least 1");
  static const Filter unit{{1.0}, 1, 1, false};
  const Filter& f = filter.defined() ? filter : unit;
  const Padding& p = o.padding;
  const int64_t ho = result_size(x.size(1), o.up_y, p.y0, p.y1, f.rows(), o.down_y);
  const int64_t wo = result_size(x.size(2), o.up_x, p.x0, p.x1, f.width, o.down_x);
  if (!f.separable) {
    const auto taps = taps_tensor(f.taps, f.height, f.width, o.flip, o.gain);
    return run(x, {taps, o.up_x, o.up_y, o.down_x, o.down_y, p.x0, p.y0, ho, wo});
  }
  const auto taps = taps_tensor(f.taps, 1, f.width, o.flip, std::sqrt(o.gain));
  const Var rows = run(x, {taps, o.up_x, 1, o.down_x, 1, p.x0, 0, x.size(1), wo});
  return run(rows, {taps.reshape({f.width, 1}), 1, o.up_y, 1, o.down_y, 0, p.y0, ho, wo});
}

Padding upsample_padding(const Filter& f, int up_x, int up_y, const Padding& extra) {
  return {extra.x0 + (f.width + up_x - 1) / 2, extra.x1 + (f.width - up_x) / 2,
          extra.y0 + (f.rows() + up_y - 1) / 2, extra.y1 + (f.rows() - up_y) / 2};
}

Padding downsample_padding(const Filter& f, int down_x, int down_y, const Padding& extra) {
  return {extra.x0 + (f.width - down_x + 1) / 2, extra.x1 + (f.width - down_x) / 2,
          extra.y0 + (f.rows() - down_y + 1) / 2, extra.y1 + (f.rows() - down_y) / 2};
}

Var filter2d(const Var& x, const Filter& f, const UpfirdnOptions& options) {
  UpfirdnOptions o = options;
  o.padding.x0 += f.width / 2;
  o.padding.x1 += (f.width - 1) / 2;
  o.padding.y0 += f.rows() / 2;
  o.padding.y1 += (f.rows() - 1) / 2;
  return upfirdn2d(x, f, o);
}

Var upsample2d(const Var& x, const Filter& f, int up, const UpfirdnOptions& options) {
  UpfirdnOptions o = options;
  o.up_x = o.up_y = up;
  o.padding = upsample_padding(f, up, up, o.padding);
  o.gain *= up * up;
  return upfirdn2d(x, f, o);
}

Var downsample2d(const Var& x, const Filter& f, int down, const UpfirdnOptions& options) {
  UpfirdnOptions o = options;
  o.down_x = o.down_y = down;
  o.padding = downsample_padding(f, down, down, o.padding);
  return upfirdn2d(x, f, o);
}

}  // namespace sgan::ops
