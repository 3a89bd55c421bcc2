#include "lib/ops/filtered_lrelu.hpp"

#include "kernels/cpu/filtered_lrelu.hpp"
#include "lib/ag/op.hpp"
#include "lib/ops/bias_act.hpp"
#include "lib/ops/filtered_lrelu_coded.hpp"
#include "lib/ops/filtered_lrelu_cuda.hpp"

namespace sgan::ops {
namespace {

// For inference on the CPU: one kernel, the oversampled signal never in memory. Inputs: x, b.
struct FusedAttr {
  FilteredLreluOptions options;
  Filter up, down;
  std::vector<float> up_taps, down_taps;

  kernels::FilteredLrelu kernel(const rt::Shape& x) const {
    kernels::FilteredLrelu k;
    k.n = x[0];
    k.h = x[1];
    k.w = x[2];
    k.c = x[3];
    if (up.defined()) k.fu = {up_taps.data(), up.width, up.height, up.separable};
    if (down.defined()) k.fd = {down_taps.data(), down.width, down.height, down.separable};
    k.up = options.up;
    k.down = options.down;
    const Padding& p = options.padding;
    const int64_t pads[4] = {p.x0, p.x1, p.y0, p.y1};
    for (int i = 0; i < 4; ++i) k.pad[i] = int(pads[i]);
    k.gain = float(options.gain);
    k.slope = float(options.slope);
    k.clamp = float(options.clamp);
    k.flip = options.flip_filter;
    return k;
  }
};

const ag::Op fused_op = {
    .name = "filtered_lrelu",
    .infer =
        [](ag::Shapes in, const ag::Attr& attr) {
          const auto k = std::any_cast<const FusedAttr&>(attr).kernel(in[0]);
          return rt::Shape{in[0][0], kernels::filtered_lrelu_out_h(k),
                           kernels::filtered_lrelu_out_w(k), in[0][3]};
        },
    .forward =
        [](ag::Tensors in, const ag::Attr& attr, rt::Tensor& out) {
          if (out.numel() == 0) return;
          auto k = std::any_cast<const FusedAttr&>(attr).kernel(in[0].shape());
          k.x = in[0].data<float>();
          k.bias = in[1].defined() ? in[1].data<float>() : nullptr;
          k.y = out.data<float>();
          kernels::filtered_lrelu(k);
        },
    .vjp = nullptr,
    .flops =
        [](ag::Shapes in, const ag::Attr& attr) {
          const auto& a = std::any_cast<const FusedAttr&>(attr);
          const auto k = a.kernel(in[0]);
          const double ut = a.up.defined() ? k.fu.width : 1, dt = a.down.defined() ? k.fd.width : 1;
          const double fine_h = double(k.h * k.up + k.pad[2] + k.pad[3]) - ut + 1;
          const double fine_w = double(k.w * k.up + k.pad[0] + k.pad[1]) - ut + 1;
          const double h = double(kernels::filtered_lrelu_out_h(k));
          const double w = double(kernels::filtered_lrelu_out_w(k));
          const double up = (double(k.h) + fine_h) * fine_w * ut / k.up;
          const double down = k.fd.separable ? (fine_w + w) * h * dt : h * w * dt * dt;
          return 2 * double(k.n * k.c) * (up + down);
        },
};

Var fused(const Var& x, const Var& b, const Filter& up, const Filter& down,
          const FilteredLreluOptions& o) {
  if (ag::recording() && (x.needs_grad() || (b.defined() && b.needs_grad()))) return {};
  if (x.device().is_cuda()) return filtered_lrelu_cuda(x, b, up, down, o);
  if (x.dtype() != rt::DType::f32 || x.rank() != 4) return {};
  FusedAttr attr{o, up, down, {}, {}};
  attr.up_taps.assign(up.taps.begin(), up.taps.end());
  attr.down_taps.assign(down.taps.begin(), down.taps.end());
  const auto k = attr.kernel(x.shape());
  if (!kernels::filtered_lrelu_supported(k) || kernels::filtered_lrelu_out_h(k) < 1 ||
      kernels::filtered_lrelu_out_w(k) < 1) {
    return {};
  }
  return ag::apply(fused_op, {x, b}, std::move(attr));
}

}  // namespace

Var filtered_lrelu(const Var& x, const Var& b, const Filter& up_filter, const Filter& down_filter,
                   const FilteredLreluOptions& o) {
  if (const Var y = fused(x, b, up_filter, down_filter, o); y.defined()) return y;
  const Padding& p = o.padding;
  if (o.up == 1 && o.down == 1 && !up_filter.defined() && !down_filter.defined() && !p.x0 &&
      !p.x1 && !p.y0 && !p.y1) {
    return bias_act(x, b, {.act = Act::lrelu, .alpha = o.slope, .gain = o.gain, .clamp = o.clamp});
  }
  if (const Var y = filtered_lrelu_coded(x, b, up_filter, down_filter, o); y.defined()) return y;
  const Var biased = b.defined() ? add(x, b) : x;
  const Var fine = upfirdn2d(biased, up_filter,
                             {.up_x = o.up,
                              .up_y = o.up,
                              .padding = o.padding,
                              .flip = o.flip_filter,
                              .gain = double(o.up) * o.up});
  const Var active =
      bias_act(fine, {}, {.act = Act::lrelu, .alpha = o.slope, .gain = o.gain, .clamp = o.clamp});
  return upfirdn2d(active, down_filter,
                   {.down_x = o.down, .down_y = o.down, .flip = o.flip_filter});
}

}  // namespace sgan::ops
