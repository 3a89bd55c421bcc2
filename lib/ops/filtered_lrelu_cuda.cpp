#include "lib/ops/filtered_lrelu_cuda.hpp"

#include <algorithm>

#include "kernels/cuda/filtered_lrelu.hpp"
#include "lib/ag/op.hpp"
#include "lib/rt/launch.hpp"

namespace sgan::ops {
namespace {

// inputs: x, b (or undefined). The taps are in correlation order.
struct CudaAttr {
  FilteredLreluOptions options;
  std::vector<float> up_taps, down_taps;
  int up_count, down_count;
  bool radial;

  template <class T>
  kernels::FilteredLreluTask<T> task(const rt::Shape& x) const {
    kernels::FilteredLreluTask<T> t;
    t.n = x[0];
    t.h = x[1];
    t.w = x[2];
    t.c = x[3];
    t.up = options.up;
    t.down = options.down;
    t.up_taps = up_count;
    t.down_taps = down_count;
    t.fu = up_taps.data();
    t.fd = down_taps.data();
    t.radial = radial;
    const Padding& p = options.padding;
    t.pad_x0 = p.x0;
    t.pad_y0 = p.y0;
    const auto size = [&](int64_t in, int64_t p0, int64_t p1) {
      const int64_t room = in * t.up + p0 + p1 - (up_count - 1) - (down_count - 1);
      return room < 1 ? 0 : (room + t.down - 1) / t.down;
    };
    t.ho = size(t.h, p.y0, p.y1);
    t.wo = size(t.w, p.x0, p.x1);
    t.gain = float(options.gain);
    t.slope = float(options.slope);
    t.clamp = float(options.clamp);
    return t;
  }
};

std::vector<float> correlation_taps(const Filter& f, bool flip) {
  std::vector<float> taps(f.taps.begin(), f.taps.end());
  if (!flip) std::reverse(taps.begin(), taps.end());
  return taps;
}

template <class T>
void launch_fused([[maybe_unused]] ag::Tensors in, [[maybe_unused]] const CudaAttr& attr,
                  [[maybe_unused]] rt::Tensor& out) {
#if defined(SGAN_CUDA)
  auto task = attr.task<T>(in[0].shape());
  task.x = in[0].template data<T>();
  if (in[1].defined()) task.bias = in[1].template data<T>();
  task.y = out.data<T>();
  rt::translate_launch_errors([&] {
    check(kernels::launch_filtered_lrelu(task, rt::stream_of(out.device())),
          "this GPU cannot hold the fused kernel");
  });
#else
  fail("this build has no CUDA");
#endif
}

const ag::Op cuda_op = {
    .name = "filtered_lrelu",
    .infer =
        [](ag::Shapes in, const ag::Attr& attr) {
          const auto t = std::any_cast<const CudaAttr&>(attr).task<float>(in[0]);
          return rt::Shape{t.n, t.ho, t.wo, t.c};
        },
    .forward =
        [](ag::Tensors in, const ag::Attr& any, rt::Tensor& out) {
          const auto& attr = std::any_cast<const CudaAttr&>(any);
          if (out.numel() == 0) return;
          switch (out.dtype()) {
            case rt::DType::f32:
              return launch_fused<float>(in, attr, out);
            case rt::DType::f16:
              return launch_fused<kernels::Half>(in, attr, out);
            case rt::DType::bf16:
              return launch_fused<kernels::BFloat16>(in, attr, out);
            default:
              fail("no fused kernel for ", rt::name_of(out.dtype()));
          }
        },
    .vjp = nullptr,
};

}  // namespace

Var filtered_lrelu_cuda(const Var& x, const Var& b, const Filter& up, const Filter& down,
                        const FilteredLreluOptions& o) {
  if (!x.device().is_cuda() || x.rank() != 4 || x.dtype() == rt::DType::f64) return {};
  if (b.defined() && b.dtype() != x.dtype()) return {};
  if (!up.defined() || !down.defined() || !up.separable) return {};
  if (!down.separable && down.width != down.height) return {};
  const CudaAttr attr{o,
                      correlation_taps(up, o.flip_filter),
                      correlation_taps(down, o.flip_filter),
                      up.width,
                      down.width,
                      !down.separable};
  const auto task = attr.task<float>(x.shape());
  if (!kernels::filtered_lrelu_cuda_supported(task) || task.ho < 1 || task.wo < 1) return {};
  return ag::apply(cuda_op, {x, b}, attr);
}

}  // namespace sgan::ops
