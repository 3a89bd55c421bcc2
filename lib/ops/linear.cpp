#include "lib/ops/linear.hpp"

#include "lib/ag/op.hpp"
#include "lib/engine/engine.hpp"

namespace sgan::ops {
namespace {

using ag::Attr;
using ag::Node;
using ag::Op;

// What all three members of the family know: the options and the shapes of x and weight.
struct ConvAttr {
  ConvOptions options;
  rt::Shape x, weight;
  engine::ConvGeometry geometry() const {
    const ConvOptions& o = options;
    return engine::conv_geometry(x, weight, o.stride_y, o.stride_x, o.pad_y, o.end_y, o.pad_x,
                                 o.end_x, o.groups);
  }
  rt::Shape y() const {
    const auto g = geometry();
    return {g.n, g.ho, g.wo, g.co};
  }
};

Var forward(const Var& x, const Var& weight, const ConvAttr& attr);
Var data_gradient(const Var& dy, const Var& weight, const ConvAttr& attr);
Var weight_gradient(const Var& x, const Var& dy, const ConvAttr& attr);

const ConvAttr& attr_of(const Attr& attr) { return std::any_cast<const ConvAttr&>(attr); }

const Op forward_op = {
    .name = "conv2d",
    .infer = [](ag::Shapes, const Attr& attr) { return attr_of(attr).y(); },
    .forward =
        [](ag::Tensors in, const Attr& attr, rt::Tensor& out) {
          engine::conv_forward(attr_of(attr).geometry(), in[0], in[1], out);
        },
    .vjp =
        [](const Node& self, const Var& dy) {
          const auto& attr = self.as<ConvAttr>();
          return Vars{self.wants(0) ? data_gradient(dy, self.input(1), attr) : Var(),
                      self.wants(1) ? weight_gradient(self.input(0), dy, attr) : Var()};
        },
    .saves = ag::saves_inputs,
};

const Op data_gradient_op = {
    .name = "conv2d_transpose",
    .infer =
        [](ag::Shapes in, const Attr& attr) {
          const auto& a = attr_of(attr);
          check(in[0] == a.y() && in[1] == a.weight, "a result of ", in[0], " does not belong to ",
                a.x, " and ", a.weight);
          return a.x;
        },
    .forward =
        [](ag::Tensors in, const Attr& attr, rt::Tensor& out) {
          engine::conv_data_gradient(attr_of(attr).geometry(), in[0], in[1], out);
        },
    .vjp =
        [](const Node& self, const Var& dx) {
          const auto& attr = self.as<ConvAttr>();
          return Vars{self.wants(0) ? forward(dx, self.input(1), attr) : Var(),
                      self.wants(1) ? weight_gradient(dx, self.input(0), attr) : Var()};
        },
    .saves = ag::saves_inputs,
};

const Op weight_gradient_op = {
    .name = "conv2d_weight_gradient",
    .infer = [](ag::Shapes, const Attr& attr) { return attr_of(attr).weight; },
    .forward =
        [](ag::Tensors in, const Attr& attr, rt::Tensor& out) {
          engine::conv_weight_gradient(attr_of(attr).geometry(), in[0], in[1], out);
        },
    .vjp =
        [](const Node& self, const Var& dw) {
          const auto& attr = self.as<ConvAttr>();
          return Vars{self.wants(0) ? data_gradient(self.input(1), dw, attr) : Var(),
                      self.wants(1) ? forward(self.input(0), dw, attr) : Var()};
        },
    .saves = ag::saves_inputs,
};

Var forward(const Var& x, const Var& weight, const ConvAttr& attr) {
  return ag::apply(forward_op, {x, weight}, attr);
}
Var data_gradient(const Var& dy, const Var& weight, const ConvAttr& attr) {
  return ag::apply(data_gradient_op, {dy, weight}, attr);
}
Var weight_gradient(const Var& x, const Var& dy, const ConvAttr& attr) {
  return ag::apply(weight_gradient_op, {x, dy}, attr);
}

struct MatMulAttr {
  bool transpose_a, transpose_b;
};

const Op matmul_op = {
    .name = "matmul",
    .infer =
        [](ag::Shapes in, const Attr& attr) {
          const auto& t = std::any_cast<const MatMulAttr&>(attr);
          check(in[0].rank() == 2 && in[1].rank() == 2, "matrix product of ", in[0], " and ",
                in[1]);
          check(in[0][t.transpose_a ? 0 : 1] == in[1][t.transpose_b ? 1 : 0], "matrix product of ",
                in[0], " and ", in[1], ": inner sizes differ");
          return rt::Shape{in[0][t.transpose_a ? 1 : 0], in[1][t.transpose_b ? 0 : 1]};
        },
    .forward =
        [](ag::Tensors in, const Attr& attr, rt::Tensor& out) {
          const auto& t = std::any_cast<const MatMulAttr&>(attr);
          engine::matmul(in[0], t.transpose_a, in[1], t.transpose_b, out);
        },
    .vjp =
        [](const Node& self, const Var& dy) {
          const auto [ta, tb] = self.as<MatMulAttr>();
          const Var &a = self.input(0), &b = self.input(1);
          Var da, db;
          if (self.wants(0)) da = ta ? matmul(b, dy, tb, true) : matmul(dy, b, false, !tb);
          if (self.wants(1)) db = tb ? matmul(dy, a, true, ta) : matmul(a, dy, !ta, false);
          return Vars{da, db};
        },
    .saves = ag::saves_inputs,
    .flops =
        [](ag::Shapes in, const Attr& attr) {
          const auto& t = std::any_cast<const MatMulAttr&>(attr);
          return 2.0 * double(in[0].numel()) * double(in[1][t.transpose_b ? 0 : 1]);
        },
};

}  // namespace

Var conv2d(const Var& x, const Var& weight, const ConvOptions& options) {
  return forward(x, weight, ConvAttr{options, x.shape(), weight.shape()});
}

Var conv2d_transpose(const Var& y, const Var& weight, int64_t height, int64_t width,
                     const ConvOptions& options) {
  const rt::Shape x{y.size(0), height, width, weight.size(3) * options.groups};
  return data_gradient(y, weight, ConvAttr{options, x, weight.shape()});
}

Var matmul(const Var& a, const Var& b, bool transpose_a, bool transpose_b) {
  return ag::apply(matmul_op, {a, b}, MatMulAttr{transpose_a, transpose_b});
}

}  // namespace sgan::ops
