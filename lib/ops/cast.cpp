#include "lib/ops/cast.hpp"

#include "lib/ag/op.hpp"
#include "lib/ops/bias_act.hpp"

namespace sgan::ops {
namespace {

using ag::Attr;
using ag::Node;
using ag::Op;

struct CastAttr {
  rt::DType type;
  double clamp;
};

const Op cast_op = {
    .name = "cast",
    .infer = [](ag::Shapes in, const Attr&) { return in[0]; },
    .forward =
        [](ag::Tensors in, const Attr& attr, rt::Tensor& out) {
          rt::cast(in[0], out, std::any_cast<const CastAttr&>(attr).clamp);
        },
    .vjp = [](const Node& self, const Var& dy) { return Vars{cast(dy, self.input(0).dtype())}; },
    .dtype = [](ag::Tensors,
                const Attr& attr) { return std::any_cast<const CastAttr&>(attr).type; },
};

}  // namespace

Var cast(const Var& x, rt::DType type, double clamp) {
  check(rt::is_floating(type), "cast: ", rt::name_of(type), " is not a floating type");
  const bool differentiable = ag::recording() && x.needs_grad();
  if (clamp >= 0 && (differentiable || x.dtype() == type)) {
    return cast(bias_act(x, {}, {.clamp = clamp}), type);
  }
  if (x.dtype() == type) return x;
  return ag::apply(cast_op, {x}, CastAttr{type, clamp});
}

}  // namespace sgan::ops
