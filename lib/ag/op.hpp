// An operator as data: shape inference, forward, and a vector-Jacobian product written in ops on
// Vars.
#pragma once

#include <any>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "lib/ag/var.hpp"

namespace sgan::ag {

using Attr = std::any;  // an op's settings: its own plain struct
using Shapes = std::span<const rt::Shape>;
using Tensors = std::span<const rt::Tensor>;

// Which tensors a vjp reads, as bits: input i is 1 << i. Everything else is freed after the
// forward.
using Saves = uint32_t;
inline constexpr Saves saves_none = 0;
inline constexpr Saves saves_output = 1u << 31;
inline constexpr Saves saves_inputs = ~saves_output;

struct Op {
  std::string_view name;
  // Shape of the result; validates and throws Error.
  rt::Shape (*infer)(Shapes inputs, const Attr& attr);
  // Computes into `out`, already allocated on the inputs' device with the inferred shape.
  void (*forward)(Tensors inputs, const Attr& attr, rt::Tensor& out);
  // Gradients of the inputs from that of the output; undefined where there is none. Only reads what
  // `saves` names. May leave out inputs for which node.wants(i) is false.
  Vars (*vjp)(const Node& self, const Var& dy);
  Saves saves = saves_none;
  // Element type of the result; null: that of the first input.
  rt::DType (*dtype)(Tensors inputs, const Attr& attr) = nullptr;
  // Floating-point operations of its definition, for the profile; null: negligible.
  double (*flops)(Shapes inputs, const Attr& attr) = nullptr;
  // Bytes that forward takes for itself beside its inputs and result, so that a dry run counts
  // them.
  size_t (*workspace)(Shapes inputs, const Attr& attr) = nullptr;
  // Instead of forward, for results that share their input's storage.
  rt::Tensor (*view)(Tensors inputs, const Attr& attr) = nullptr;
  // Cheap, from inputs that are kept anyway: ops that save its result save how to compute it again.
  bool recompute = false;
};

// One application of an op.
struct Node {
  const Op* op = nullptr;
  Attr attr;
  Vars inputs;              // contents only where op->saves says so
  uint64_t order = 0;       // increases along every path, so it sorts the graph
  rt::Tensor output_value;  // with saves_output
  std::weak_ptr<Identity> output_identity;

  Node() = default;
  ~Node();  // frees the graph behind it without recursion: graphs are deep
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  const Var& input(int i) const { return inputs[size_t(i)]; }
  void release();      // drops what was saved: no vjp any more
  Var output() const;  // with saves_output
  bool wants(int i) const { return inputs[size_t(i)].needs_grad(); }
  template <class T>
  const T& as() const {
    return std::any_cast<const T&>(attr);
  }
};

// Runs the op; records a node when an input needs a gradient. Undefined inputs are allowed where
// the op allows them (an optional bias, say).
Var apply(const Op& op, Vars inputs, Attr attr = {});

// The result of a node whose op says `recompute`, anew; undefined for other ops.
rt::Tensor recomputed(const Node& node);

// Sum of two gradients of one shape; what grad() itself needs of arithmetic.
Var accumulate(const Var& a, const Var& b);

}  // namespace sgan::ag
