#include "lib/engine/engine.hpp"

#include "lib/engine/cpu_conv.hpp"
#include "lib/engine/cuda/cuda_engine.hpp"
#include "lib/engine/onednn.hpp"
#include "lib/rt/dispatch.hpp"
#include "lib/rt/launch.hpp"

namespace sgan::engine {
namespace {

using rt::DType;
using rt::Tensor;

bool is_cpu_float(const Tensor& t) { return t.device().is_cpu() && t.dtype() == DType::f32; }

bool on_onednn(const Tensor& t, const ConvGeometry& g) {
  return is_cpu_float(t) && onednn::supports(g);
}

}  // namespace

ConvGeometry conv_geometry(const rt::Shape& x, const rt::Shape& weight, int stride_y, int stride_x,
                           int64_t pad_y, int64_t end_y, int64_t pad_x, int64_t end_x, int groups) {
  check(x.rank() == 4 && weight.rank() == 4, "convolution of ", x, " with ", weight,
        ": both need 4 axes");
  check(groups > 0 && weight[0] % groups == 0 && x[3] == weight[3] * groups, "convolution of ", x,
        " with ", weight, " in ", groups, " groups: channels do not fit");
  ConvGeometry g{.n = x[0], .h = x[1], .w = x[2], .ci = x[3]};
  g.co = weight[0];
  g.kh = weight[1];
  g.kw = weight[2];
  g.stride_y = stride_y;
  g.stride_x = stride_x;
  g.pad_y = pad_y;
  g.pad_x = pad_x;
  g.groups = groups;
  const int64_t room_y = g.h + pad_y + end_y - g.kh, room_x = g.w + pad_x + end_x - g.kw;
  check(room_y >= 0 && room_x >= 0, "convolution of ", x, " with ", weight,
        ": the kernel is larger than the padded picture");
  g.ho = room_y / stride_y + 1;
  g.wo = room_x / stride_x + 1;
  return g;
}

void conv_forward(const ConvGeometry& g, const Tensor& x, const Tensor& weight, Tensor& y) {
  if (y.numel() == 0) return;
  if (cuda::supports(x) && cuda::forward(g, x, weight, y)) return;
  if (is_cpu_float(x) && cpu::forward(g, x.data<float>(), weight.data<float>(), y.data<float>())) {
    return;
  }
  if (on_onednn(x, g)) {
    return onednn::forward(g, x.data<float>(), weight.data<float>(), y.data<float>());
  }
  rt::dispatch_floating(x.dtype(), [&]<class T>(T) {
    rt::launch(x.device(), y.numel(),
               kernels::ConvForward<T>{g, x.data<T>(), weight.data<T>(), y.data<T>()});
  });
}

void conv_data_gradient(const ConvGeometry& g, const Tensor& dy, const Tensor& weight, Tensor& dx) {
  if (dx.numel() == 0) return;
  if (cuda::supports(dy) && cuda::data_gradient(g, dy, weight, dx)) return;
  if (is_cpu_float(dy) &&
      cpu::data_gradient(g, dy.data<float>(), weight.data<float>(), dx.data<float>())) {
    return;
  }
  if (on_onednn(dy, g)) {
    return onednn::data_gradient(g, dy.data<float>(), weight.data<float>(), dx.data<float>());
  }
  rt::dispatch_floating(dy.dtype(), [&]<class T>(T) {
    rt::launch(dy.device(), dx.numel(),
               kernels::ConvDataGradient<T>{g, dy.data<T>(), weight.data<T>(), dx.data<T>()});
  });
}

void conv_weight_gradient(const ConvGeometry& g, const Tensor& x, const Tensor& dy,
                          Tensor& dweight) {
  if (dweight.numel() == 0) return;
  if (cuda::supports(x) && cuda::weight_gradient(g, x, dy, dweight)) return;
  if (is_cpu_float(x) &&
      cpu::weight_gradient(g, x.data<float>(), dy.data<float>(), dweight.data<float>())) {
    return;
  }
  if (on_onednn(x, g)) {
    return onednn::weight_gradient(g, x.data<float>(), dy.data<float>(), dweight.data<float>());
  }
  rt::dispatch_floating(x.dtype(), [&]<class T>(T) {
    rt::launch(x.device(), dweight.numel(),
               kernels::ConvWeightGradient<T>{g, x.data<T>(), dy.data<T>(), dweight.data<T>()});
  });
}

void matmul(const Tensor& a, bool transpose_a, const Tensor& b, bool transpose_b, Tensor& y) {
  if (y.numel() == 0) return;
  if (cuda::supports(a) && cuda::matmul(a, transpose_a, b, transpose_b, y)) return;
  const int64_t m = y.size(0), n = y.size(1), k = transpose_a ? a.size(0) : a.size(1);
  if (a.device().is_cpu() && a.dtype() == DType::f32) {
    return onednn::matmul(m, n, k, a.data<float>(), transpose_a, b.data<float>(), transpose_b,
                          y.data<float>());
  }
  rt::dispatch_floating(a.dtype(), [&]<class T>(T) {
    rt::launch(a.device(), y.numel(),
               kernels::MatMul<T>{m, n, k, transpose_a, transpose_b, a.data<T>(), b.data<T>(),
                                  y.data<T>()});
  });
}

}  // namespace sgan::engine
