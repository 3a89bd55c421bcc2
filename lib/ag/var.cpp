#include "lib/ag/var.hpp"

#include <atomic>
#include <chrono>

#include "lib/ag/op.hpp"
#include "lib/ag/profile.hpp"

namespace sgan::ag {
namespace {
thread_local bool is_recording = true;
std::atomic<uint64_t> next_order{1};
// Inputs of nodes that ended while another one was ending on this thread.
thread_local std::vector<Vars>* ending = nullptr;
}  // namespace

Var::Var(rt::Tensor value) : value_(std::move(value)) {
  if (!value_.defined()) return;
  identity_ = std::make_shared<Identity>(
      Identity{value_.shape(), value_.dtype(), value_.device(), false, nullptr});
}

Var Var::leaf(rt::Tensor value) {
  Var v(std::move(value));
  check(v.defined() && rt::is_floating(v.dtype()), "only numbers have gradients");
  v.identity_->needs_grad = true;
  return v;
}

const rt::Tensor& Var::value() const {
  if (!value_.defined() && identity_ && identity_->producer) {
    value_ = recomputed(*identity_->producer);
  }
  check(value_.defined(), "the contents of this value were not kept");
  return value_;
}

Var Var::without_value() const {
  Var v;
  v.identity_ = identity_;
  return v;
}

Var make_var(rt::Tensor value, std::shared_ptr<Identity> identity) {
  Var v;
  v.value_ = std::move(value);
  v.identity_ = std::move(identity);
  return v;
}

NoGrad::NoGrad() : before_(is_recording) { is_recording = false; }
NoGrad::~NoGrad() { is_recording = before_; }
bool recording() { return is_recording; }

Node::~Node() {
  if (ending) {
    ending->push_back(std::move(inputs));
    return;
  }
  std::vector<Vars> queue;
  ending = &queue;
  queue.push_back(std::move(inputs));
  while (!queue.empty()) {
    Vars last = std::move(queue.back());
    queue.pop_back();
    last.clear();  // may end the producers, which put their inputs into the queue
  }
  ending = nullptr;
}

void Node::release() {
  for (Var& v : inputs) {
    if (v.defined()) v = v.without_value();
  }
  output_value = {};
  attr.reset();
}

Var Node::output() const {
  auto identity = output_identity.lock();
  if (!identity)
    return Var(output_value);  // nothing else refers to it, so nothing differentiates it
  return make_var(output_value, std::move(identity));
}

namespace {

void run(const Op& op, Tensors values, Shapes shapes, const Attr& attr, rt::Tensor& out) {
  Profile* profile = Profile::current();
  if (!profile) return op.forward(values, attr, out);
  rt::synchronize(out.device());
  const auto start = std::chrono::steady_clock::now();
  op.forward(values, attr, out);
  rt::synchronize(out.device());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  Work work{op.flops ? op.flops(shapes, attr) : 0, double(out.bytes())};
  for (const rt::Tensor& v : values) work.bytes += v.defined() ? double(v.bytes()) : 0;
  profile->add(std::string(op.name), took.count(), work);
}

}  // namespace

rt::Tensor recomputed(const Node& node) {
  if (!node.op->recompute) return {};
  std::vector<rt::Tensor> values;
  std::vector<rt::Shape> shapes;
  for (const Var& v : node.inputs) {
    values.push_back(v.defined() ? Var(v).value() : rt::Tensor());
    shapes.push_back(v.defined() ? v.shape() : rt::Shape());
  }
  rt::Tensor out(node.op->infer(shapes, node.attr), values[0].dtype(), values[0].device());
  if (!out.device().is_meta()) run(*node.op, values, shapes, node.attr, out);
  return out;
}

Var apply(const Op& op, Vars inputs, Attr attr) {
  std::vector<rt::Tensor> values;
  std::vector<rt::Shape> shapes;
  bool needs_grad = false;
  const Var* first = nullptr;
  for (const Var& v : inputs) {
    values.push_back(v.defined() ? v.value() : rt::Tensor());
    shapes.push_back(v.defined() ? v.shape() : rt::Shape());
    needs_grad |= v.needs_grad();
    if (!v.defined()) continue;
    if (!first) first = &v;
    check(v.device() == first->device(), op.name, ": inputs on ", first->device().str(), " and ",
          v.device().str());
  }
  check(first != nullptr, op.name, ": no input");
  rt::Shape shape;
  rt::Tensor out;
  try {
    shape = op.infer(shapes, attr);
    if (op.view) {
      out = op.view(values, attr);
    } else {
      out = rt::Tensor(shape, op.dtype ? op.dtype(values, attr) : first->dtype(), first->device());
      if (!out.device().is_meta())
        run(op, values, shapes, attr, out);
      else if (op.workspace)
        rt::Storage(op.workspace(shapes, attr), rt::meta);
    }
  } catch (const Error& e) {
    const std::string what = e.what();
    if (what.starts_with(op.name)) throw;
    throw Error(cat(op.name, ": ", what));
  }
  Var result(out);
  if (!needs_grad || !is_recording) return result;

  auto node = std::make_shared<Node>();
  node->op = &op;
  node->attr = std::move(attr);
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Var& v = inputs[i];
    const bool keep = (op.saves >> i) & 1;
    const bool again =
        v.defined() && v.identity()->producer && v.identity()->producer->op->recompute;
    node->inputs.push_back((keep && !again) || !v.defined() ? v : v.without_value());
  }
  node->order = next_order++;
  if (op.saves & saves_output) node->output_value = out;
  node->output_identity = result.identity();
  result.identity()->needs_grad = true;
  result.identity()->producer = std::move(node);
  return result;
}

}  // namespace sgan::ag
