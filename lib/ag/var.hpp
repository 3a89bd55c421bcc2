// Differentiable values. An op is data (lib/ag/op.hpp); applying one to Vars that need gradients
// records a node; grad() walks the nodes backwards with ops again, so gradients of any order come
// for free.
#pragma once

#include <any>
#include <memory>
#include <span>
#include <vector>

#include "lib/rt/tensor.hpp"

namespace sgan::ag {

struct Node;

// What is known of a Var apart from its contents; its address is the Var's identity.
struct Identity {
  rt::Shape shape;
  rt::DType dtype = rt::DType::f32;
  rt::Device device;
  bool needs_grad = false;
  std::shared_ptr<Node> producer;  // null for leaves and constants
};

class Var {
 public:
  Var() = default;  // undefined
  // A constant. Implicit, so that tensors can be passed wherever ops take Vars.
  Var(rt::Tensor value);  // NOLINT(google-explicit-constructor)
  // A leaf whose gradient may be asked for.
  static Var leaf(rt::Tensor value);

  bool defined() const { return identity_ != nullptr; }
  const rt::Shape& shape() const { return identity_->shape; }
  int64_t size(int axis) const { return identity_->shape[axis]; }
  int rank() const { return identity_->shape.rank(); }
  rt::DType dtype() const { return identity_->dtype; }
  rt::Device device() const { return identity_->device; }
  bool needs_grad() const { return identity_ && identity_->needs_grad; }
  const std::shared_ptr<Identity>& identity() const { return identity_; }

  // The contents, computed again where the op says so; throws Error when they were not kept (an
  // input that the op's vjp does not read).
  const rt::Tensor& value() const;
  bool has_value() const { return value_.defined(); }
  Var without_value() const;  // same identity, contents dropped
  Var detach() const { return Var(value()); }

 private:
  friend Var make_var(rt::Tensor, std::shared_ptr<Identity>);
  mutable rt::Tensor value_;  // filled in by value()
  std::shared_ptr<Identity> identity_;
};

Var make_var(rt::Tensor value, std::shared_ptr<Identity> identity);

using Vars = std::vector<Var>;

// While one lives, ops on this thread record nothing.
class NoGrad {
 public:
  NoGrad();
  ~NoGrad();
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

 private:
  bool before_;
};
bool recording();

enum class Graph {
  keep,    // ys can be differentiated again
  create,  // and so can the results
  release  // what the graph saved is freed on the way: the last gradient of these ys
};

// Gradients of sum(y * dy) with respect to xs; dy undefined means ones. A result is undefined where
// y does not depend on the x.
Vars grad(const Var& y, std::span<const Var> xs, const Var& dy, Graph graph);
// The same for a sum over several outputs.
Vars grad(std::span<const Var> ys, std::span<const Var> xs, std::span<const Var> dys, Graph graph);

inline Vars grad(const Var& y, std::span<const Var> xs, const Var& dy = {},
                 bool create_graph = false) {
  return grad(y, xs, dy, create_graph ? Graph::create : Graph::keep);
}
inline Vars grad(std::span<const Var> ys, std::span<const Var> xs, std::span<const Var> dys,
                 bool create_graph = false) {
  return grad(ys, xs, dys, create_graph ? Graph::create : Graph::keep);
}

}  // namespace sgan::ag
