#include "lib/ops/epilogue.hpp"

#include <algorithm>
#include <cstdint>

#include "kernels/cpu/channel_dot.hpp"
#include "kernels/modulation.inl"
#include "lib/ag/op.hpp"
#include "lib/ops/layout.hpp"
#include "lib/ops/reduce.hpp"
#include "lib/rt/dispatch.hpp"
#include "lib/rt/launch.hpp"

namespace sgan::ops {
namespace {

using kernels::full_pack;

// Whether all of them can be read and written in whole packs of `bytes`.
bool aligned(std::initializer_list<const void*> pointers, size_t bytes) {
  for (const void* p : pointers) {
    if (reinterpret_cast<uintptr_t>(p) % bytes) return false;
  }
  return true;
}

template <class T>
const T* data_or_null(const rt::Tensor& t) {
  return t.defined() ? t.data<T>() : nullptr;
}

rt::Shape same_as_first(ag::Shapes in, const ag::Attr&) { return in[0]; }

// inputs: x, scale
const ag::Op scale_op = {
    .name = "scale_channels",
    .infer = same_as_first,
    .forward =
        [](ag::Tensors in, const ag::Attr&, rt::Tensor& out) {
          const int64_t c = out.size(3), pixels = out.size(1) * out.size(2);
          rt::dispatch_floating(out.dtype(), [&]<class T>(T) {
            const T *x = in[0].data<T>(), *scale = in[1].data<T>();
            T* y = out.data<T>();
            constexpr int pack = full_pack<T>;
            if (c % pack == 0 && aligned({x, scale, y}, 16)) {
              rt::launch(out.device(), out.numel() / pack,
                         kernels::ScaleChannels<T, pack>{pixels, c, x, scale, y});
            } else {
              rt::launch(out.device(), out.numel(),
                         kernels::ScaleChannels<T, 1>{pixels, c, x, scale, y});
            }
          });
        },
    .vjp =
        [](const ag::Node& self, const Var& dy) {
          return Vars{self.wants(0) ? scale_channels(dy, self.input(1)) : Var(),
                      self.wants(1) ? channel_dot(dy, self.input(0)) : Var()};
        },
    .saves = ag::saves_inputs,
    .recompute = true,
};

// inputs: a, b
const ag::Op dot_op = {
    .name = "channel_dot",
    .infer =
        [](ag::Shapes in, const ag::Attr&) {
          return rt::Shape{in[0][0], in[0][3]};
        },
    .forward =
        [](ag::Tensors in, const ag::Attr&, rt::Tensor& out) {
          rt::dispatch_floating(out.dtype(), [&]<class T>(T) {
            kernels::channel_dot(in[0].size(0), in[0].size(1) * in[0].size(2), in[0].size(3),
                                 in[0].data<T>(), in[1].data<T>(), out.data<T>());
          });
        },
    .vjp =
        [](const ag::Node& self, const Var& dy) {
          return Vars{self.wants(0) ? scale_channels(self.input(1), dy) : Var(),
                      self.wants(1) ? scale_channels(self.input(0), dy) : Var()};
        },
    .saves = ag::saves_inputs,
};

template <class T, int V>
void launch_epilogue(ag::Tensors in, const ActOptions& o, rt::Tensor& out) {
  kernels::ModulationEpilogue<T, V> k{};
  k.act = o.act;
  k.alpha = o.alpha;
  k.gain = o.gain;
  k.clamp = o.clamp;
  k.pixels = out.size(1) * out.size(2);
  k.channels = out.size(3);
  k.x = in[0].data<T>();
  k.scale = data_or_null<T>(in[1]);
  k.noise = data_or_null<T>(in[2]);
  k.noise_step = in[2].defined() && in[2].size(0) > 1 ? k.pixels : 0;
  k.strength = data_or_null<T>(in[3]);
  k.bias = data_or_null<T>(in[4]);
  k.y = out.data<T>();
  rt::launch(out.device(), out.numel() / V, k);
}

// inputs: x, scale, noise, strength, bias
const ag::Op epilogue_op = {
    .name = "modulation_epilogue",
    .infer = same_as_first,
    .forward =
        [](ag::Tensors in, const ag::Attr& attr, rt::Tensor& out) {
          const auto& o = std::any_cast<const ActOptions&>(attr);
          rt::dispatch_floating(out.dtype(), [&]<class T>(T) {
            constexpr int pack = full_pack<T>;
            const bool packed =
                out.size(3) % pack == 0 && aligned({in[0].data<T>(), data_or_null<T>(in[1]),
                                                    data_or_null<T>(in[4]), out.data<T>()},
                                                   16);
            packed ? launch_epilogue<T, pack>(in, o, out) : launch_epilogue<T, 1>(in, o, out);
          });
        },
    .vjp =
        [](const ag::Node& self, const Var& dy) {
          const Var g = act_gradient(dy, self.output().detach(), self.as<ActOptions>());
          const Var &scale = self.input(1), &noise = self.input(2), &strength = self.input(3);
          Vars d(5);
          if (self.wants(0)) d[0] = scale.defined() ? scale_channels(g, scale) : g;
          if (self.wants(1)) d[1] = channel_dot(g, self.input(0));
          if (self.wants(2) || self.wants(3)) {
            const Var pixels = sum(g, {3});
            if (self.wants(2)) {
              d[2] =
                  sum_to(strength.defined() ? multiply(pixels, strength) : pixels, noise.shape());
            }
            if (self.wants(3)) d[3] = reshape(sum_all(multiply(pixels, noise)), strength.shape());
          }
          if (self.wants(4)) d[4] = sum_to(g, self.input(4).shape());
          return d;
        },
    .saves = ag::saves_inputs | ag::saves_output,
};

void check_per_sample(const Var& x, const Var& scale) {
  check(scale.rank() == 2 && scale.size(0) == x.size(0) && scale.size(1) == x.size(3),
        "a scale of shape ", scale.shape(), " for ", x.shape());
}

}  // namespace

Var scale_channels(const Var& x, const Var& scale) {
  check(x.rank() == 4, "scale_channels: pictures have 4 axes, not ", x.shape());
  check_per_sample(x, scale);
  return ag::apply(scale_op, {x, scale});
}

Var channel_dot(const Var& a, const Var& b) {
  check(a.rank() == 4 && a.shape() == b.shape(), "channel_dot: ", a.shape(), " and ", b.shape());
  if (a.device().is_cuda()) {  // whose sums are tiled
    return reshape(sum(multiply(a, b), {1, 2}), {a.size(0), a.size(3)});
  }
  return ag::apply(dot_op, {a, b});
}

Var modulation_epilogue(const Var& x, const Var& scale, const Var& noise, const Var& strength,
                        const Var& bias, const ActOptions& act) {
  check(x.rank() == 4, "modulation_epilogue: pictures have 4 axes, not ", x.shape());
  if (scale.defined()) check_per_sample(x, scale);
  if (noise.defined()) {
    check(noise.rank() == 4 && (noise.size(0) == 1 || noise.size(0) == x.size(0)) &&
              noise.size(1) == x.size(1) && noise.size(2) == x.size(2) && noise.size(3) == 1,
          "noise of shape ", noise.shape(), " for ", x.shape());
  }
  check(!strength.defined() || strength.shape().numel() == 1,
        "a noise strength is one number, not ",
        strength.defined() ? strength.shape() : rt::Shape());
  check(!bias.defined() || (bias.rank() == 1 && bias.size(0) == x.size(3)), "a bias of shape ",
        bias.defined() ? bias.shape() : rt::Shape(), " for ", x.shape());
  const Vars inputs{x, scale, noise, strength, bias};
  const bool differentiable =
      ag::recording() && std::ranges::any_of(inputs, [](const Var& v) { return v.needs_grad(); });
  if (differentiable && !readable_from_result(act)) {
    return bias_act(ag::apply(epilogue_op, inputs, ActOptions{}), {}, act);
  }
  return ag::apply(epilogue_op, inputs, act);
}

}  // namespace sgan::ops
