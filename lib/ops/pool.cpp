#include "lib/ops/pool.hpp"

#include "kernels/cpu/pool.hpp"
#include "lib/ag/op.hpp"
#include "lib/rt/dispatch.hpp"
#include "lib/rt/launch.hpp"

namespace sgan::ops {
namespace {

using ag::Attr;
using ag::Node;
using ag::Op;

struct Pool {
  PoolOptions options;
  rt::Shape x;        // of the pictures
  rt::Tensor choice;  // which pixel of its window each result is; with max_pool's linear parts

  rt::Shape y() const {
    rt::Shape shape = x;
    for (int axis : {1, 2}) {
      shape[axis] = (x[axis] + 2 * options.pad - options.kernel) / options.stride + 1;
    }
    return shape;
  }
  kernels::PoolGeometry geometry(rt::Device device) const {
    const rt::Shape to = y();
    return {x[0],  x[1],           x[2],           x[3],        to[1],
            to[2], options.kernel, options.stride, options.pad, device.is_cpu() ? x[3] : 1};
  }
};

const Pool& pool_of(const Attr& attr) { return std::any_cast<const Pool&>(attr); }

// Queues Kernel{geometry, fields...} for every run of channels of a tensor's pixels.
template <class Kernel, class... Fields>
void launch(const Pool& pool, const rt::Tensor& items, const Fields&... fields) {
  const auto g = pool.geometry(items.device());
  if (items.numel() == 0) return;
  rt::launch(items.device(), items.numel() / g.c * g.runs(), Kernel{g, fields...});
}

bool on_vectors(const rt::Tensor& out) {
  return out.device().is_cpu() && out.dtype() == rt::DType::f32;
}

rt::Shape picture_shape(ag::Shapes, const Attr& attr) { return pool_of(attr).x; }
rt::Shape result_shape(ag::Shapes, const Attr& attr) { return pool_of(attr).y(); }

// ---- maximum ----

Var choose(const Var& x, const Pool& pool);

const Op spread_op = {
    .name = "max_pool_gradient",
    .infer = picture_shape,
    .forward =
        [](ag::Tensors in, const Attr& attr, rt::Tensor& out) {
          const Pool& pool = pool_of(attr);
          rt::dispatch_floating(out.dtype(), [&]<class T>(T) {
            launch<kernels::PoolSpread<T>>(pool, out, pool.choice.data<uint8_t>(), in[0].data<T>(),
                                           out.data<T>());
          });
        },
    .vjp = [](const Node& self, const Var& dx) { return Vars{choose(dx, self.as<Pool>())}; },
};

const Op choose_op = {
    .name = "max_pool_choose",
    .infer = result_shape,
    .forward =
        [](ag::Tensors in, const Attr& attr, rt::Tensor& out) {
          const Pool& pool = pool_of(attr);
          rt::dispatch_floating(out.dtype(), [&]<class T>(T) {
            launch<kernels::PoolChoose<T>>(pool, out, pool.choice.data<uint8_t>(), in[0].data<T>(),
                                           out.data<T>());
          });
        },
    .vjp = [](const Node& self,
              const Var& dy) { return Vars{ag::apply(spread_op, {dy}, self.as<Pool>())}; },
};

Var choose(const Var& x, const Pool& pool) { return ag::apply(choose_op, {x}, pool); }

const Op max_op = {
    .name = "max_pool",
    .infer = result_shape,
    .forward =
        [](ag::Tensors in, const Attr& attr, rt::Tensor& out) {
          if (on_vectors(out)) {
            return kernels::max_pool_fast(pool_of(attr).geometry(rt::cpu), in[0].data<float>(),
                                          out.data<float>());
          }
          rt::dispatch_floating(out.dtype(), [&]<class T>(T) {
            launch<kernels::MaxPool<T>>(pool_of(attr), out, in[0].data<T>(), out.data<T>());
          });
        },
    .vjp =
        [](const Node& self, const Var& dy) {
          Pool pool = self.as<Pool>();
          const rt::Tensor& x = self.input(0).value();
          pool.choice = rt::Tensor(pool.y(), rt::DType::u8, x.device());
          rt::dispatch_floating(x.dtype(), [&]<class T>(T) {
            launch<kernels::MaxPoolChoice<T>>(pool, pool.choice, x.data<T>(),
                                              pool.choice.data<uint8_t>());
          });
          return Vars{ag::apply(spread_op, {dy}, pool)};
        },
    .saves = ag::saves_inputs,
};

// ---- mean ----

Var spread_average(const Var& y, const Pool& pool);

const Op average_op = {
    .name = "average_pool",
    .infer = result_shape,
    .forward =
        [](ag::Tensors in, const Attr& attr, rt::Tensor& out) {
          if (on_vectors(out)) {
            return kernels::average_pool_fast(pool_of(attr).geometry(rt::cpu), in[0].data<float>(),
                                              out.data<float>());
          }
          rt::dispatch_floating(out.dtype(), [&]<class T>(T) {
            launch<kernels::AveragePool<T>>(pool_of(attr), out, in[0].data<T>(), out.data<T>());
          });
        },
    .vjp = [](const Node& self,
              const Var& dy) { return Vars{spread_average(dy, self.as<Pool>())}; },
};

const Op average_spread_op = {
    .name = "average_pool_gradient",
    .infer = picture_shape,
    .forward =
        [](ag::Tensors in, const Attr& attr, rt::Tensor& out) {
          rt::dispatch_floating(out.dtype(), [&]<class T>(T) {
            launch<kernels::AveragePoolSpread<T>>(pool_of(attr), out, in[0].data<T>(),
                                                  out.data<T>());
          });
        },
    .vjp = [](const Node& self,
              const Var& dx) { return Vars{ag::apply(average_op, {dx}, self.as<Pool>())}; },
};

Var spread_average(const Var& y, const Pool& pool) {
  return ag::apply(average_spread_op, {y}, pool);
}

Var pooled(const Op& op, const Var& x, const PoolOptions& o) {
  check(x.rank() == 4, op.name, ": pictures have 4 axes, not ", x.shape());
  check(o.kernel >= 1 && o.kernel <= 15 && o.stride >= 1 && o.pad >= 0 && 2 * o.pad <= o.kernel,
        op.name, ": no windows of ", o.kernel, " pixels with stride ", o.stride, " and padding ",
        o.pad);
  for (int axis : {1, 2}) {
    check(x.size(axis) + 2 * o.pad >= o.kernel, op.name, ": pictures ", x.shape(),
          " are smaller than the window of ", o.kernel, " pixels");
  }
  return ag::apply(op, {x}, Pool{o, x.shape(), {}});
}

}  // namespace

Var max_pool(const Var& x, const PoolOptions& options) { return pooled(max_op, x, options); }
Var average_pool(const Var& x, const PoolOptions& options) {
  return pooled(average_op, x, options);
}

}  // namespace sgan::ops
