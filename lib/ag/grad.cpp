// Reverse walk over the recorded nodes, last made first, restricted to those that lead to a target.
#include <algorithm>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "kernels/elementwise.inl"
#include "lib/ag/op.hpp"
#include "lib/ag/ready.hpp"
#include "lib/ag/var.hpp"
#include "lib/rt/dispatch.hpp"
#include "lib/rt/launch.hpp"

namespace sgan::ag {
namespace {

using Targets = std::unordered_set<const Identity*>;

// Nodes from which a target can be reached, found without recursion: graphs are deep.
class Reach {
 public:
  explicit Reach(const Targets& targets) : targets_(targets) {}

  bool leads(const Identity* start) {
    if (!start) return false;
    if (targets_.count(start)) return true;
    if (!start->producer) return false;
    std::vector<const Node*> stack{start->producer.get()};
    while (!stack.empty()) {
      const Node* node = stack.back();
      auto [entry, fresh] = known_.try_emplace(node, State::open);
      if (fresh) {
        for (const Var& input : node->inputs) {
          if (!input.needs_grad()) continue;
          const Node* producer = input.identity()->producer.get();
          if (producer && !known_.count(producer)) stack.push_back(producer);
        }
        continue;
      }
      stack.pop_back();
      if (entry->second != State::open) continue;
      bool found = false;
      for (const Var& input : node->inputs) {
        if (!input.needs_grad()) continue;
        const Identity* identity = input.identity().get();
        if (targets_.count(identity)) found = true;
        const Node* producer = identity->producer.get();
        if (producer && known_.at(producer) == State::leads) found = true;
      }
      known_[node] = found ? State::leads : State::ends;
    }
    return known_.at(start->producer.get()) == State::leads;
  }

 private:
  enum class State { open, leads, ends };
  const Targets& targets_;
  std::unordered_map<const Node*, State> known_;
};

// Says which gradients are final. Nodes are walked from the last made to the first, so that of a
// leaf is when all nodes made since its first use are done.
class Announcer {
 public:
  using Gradients = std::unordered_map<const Identity*, Var>;

  Announcer(const OnReady::Ready* ready, std::span<const Var> ys, std::span<const Var> xs)
      : ready_(ready), xs_(xs) {
    if (!ready) return;
    std::unordered_map<const Identity*, uint64_t> first_use;
    std::unordered_set<const Node*> seen;
    std::vector<const Node*> stack;
    const auto visit = [&](const Identity* identity) {
      const Node* node = identity ? identity->producer.get() : nullptr;
      if (node && seen.insert(node).second) stack.push_back(node);
    };
    for (const Var& y : ys) visit(y.identity().get());
    while (!stack.empty()) {
      const Node* node = stack.back();
      stack.pop_back();
      for (const Var& input : node->inputs) {
        if (!input.needs_grad()) continue;
        const Identity* identity = input.identity().get();
        const auto [entry, fresh] = first_use.try_emplace(identity, node->order);
        if (!fresh) entry->second = std::min(entry->second, node->order);
        visit(identity);
      }
    }
    for (size_t i = 0; i < xs.size(); ++i) {
      const Identity* identity = xs[i].identity().get();
      const auto found = first_use.find(identity);
      const bool early = !identity->producer && found != first_use.end();
      waiting_.emplace_back(early ? found->second : 0, i);
    }
    std::stable_sort(waiting_.begin(), waiting_.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
  }

  // All nodes from this order on are done.
  void done_from(uint64_t order, const Gradients& gradients) {
    for (; next_ < waiting_.size() && waiting_[next_].first >= order; ++next_) {
      const size_t x = waiting_[next_].second;
      const auto found = gradients.find(xs_[x].identity().get());
      if (found != gradients.end()) (*ready_)(x, found->second);
    }
  }

 private:
  const OnReady::Ready* ready_;
  std::span<const Var> xs_;
  std::vector<std::pair<uint64_t, size_t>> waiting_;  // order of the first use, place in xs
  size_t next_ = 0;
};

const Op accumulate_op = {
    .name = "accumulate",
    .infer = [](Shapes in, const Attr&) { return in[0]; },
    .forward =
        [](Tensors in, const Attr&, rt::Tensor& out) {
          rt::dispatch_floating(out.dtype(), [&]<class T>(T) {
            rt::launch(out.device(), out.numel(),
                       kernels::BinarySame<T>{kernels::BinaryOp::add, in[0].data<T>(),
                                              in[1].data<T>(), out.data<T>()});
          });
        },
    .vjp =
        [](const Node&, const Var& dy) {
          return Vars{dy, dy};
        },
};

}  // namespace

Var accumulate(const Var& a, const Var& b) {
  check(a.shape() == b.shape(), "gradients of shapes ", a.shape(), " and ", b.shape(), " meet");
  return apply(accumulate_op, {a, b});
}

Vars grad(std::span<const Var> ys, std::span<const Var> xs, std::span<const Var> dys, Graph graph) {
  check(ys.size() == dys.size(), "grad: one dy for each y");
  Targets targets;
  for (const Var& x : xs) {
    check(x.needs_grad(), "grad: a target does not take part in any differentiable computation");
    targets.insert(x.identity().get());
  }
  Reach reach(targets);

  std::unordered_map<const Identity*, Var> gradients;
  std::map<uint64_t, std::shared_ptr<Node>> pending;  // by order; the last is the next
  const auto receive = [&](const std::shared_ptr<Identity>& to, const Var& gradient) {
    auto [entry, fresh] = gradients.try_emplace(to.get(), gradient);
    if (!fresh) entry->second = accumulate(entry->second, gradient);
    if (to->producer) pending.emplace(to->producer->order, to->producer);
  };

  std::unique_ptr<NoGrad> quiet;
  if (graph != Graph::create) quiet = std::make_unique<NoGrad>();

  for (size_t i = 0; i < ys.size(); ++i) {
    const Var& y = ys[i];
    if (!y.needs_grad() || !reach.leads(y.identity().get())) continue;
    Var dy = dys[i];
    if (!dy.defined()) dy = Var(rt::Tensor::full(y.shape(), 1, y.dtype(), y.device()));
    check(dy.shape() == y.shape(), "grad: dy of shape ", dy.shape(), " for y of shape ", y.shape());
    receive(y.identity(), dy);
  }

  Announcer announcer(graph == Graph::create ? nullptr : OnReady::current(), ys, xs);
  while (!pending.empty()) {
    const auto last = std::prev(pending.end());
    announcer.done_from(last->first + 1, gradients);
    const std::shared_ptr<Node> node = last->second;
    pending.erase(last);
    const auto identity = node->output_identity.lock();
    const auto found = gradients.find(identity.get());
    if (found == gradients.end()) continue;
    const Var dy = found->second;
    if (!targets.count(identity.get())) gradients.erase(found);
    bool needed = false;
    for (const Var& input : node->inputs) {
      needed |= input.needs_grad() && reach.leads(input.identity().get());
    }
    if (!needed) continue;
    const Vars results = node->op->vjp(*node, dy);
    if (graph == Graph::release) node->release();
    for (size_t i = 0; i < results.size(); ++i) {
      const Var& input = node->inputs[i];
      if (!results[i].defined() || !input.needs_grad()) continue;
      if (!reach.leads(input.identity().get())) continue;
      check(results[i].shape() == input.shape(), node->op->name, ": gradient of input ", i,
            " has shape ", results[i].shape(), ", not ", input.shape());
      receive(input.identity(), results[i]);
    }
  }

  announcer.done_from(0, gradients);

  Vars answers;
  for (const Var& x : xs) {
    const auto found = gradients.find(x.identity().get());
    answers.push_back(found == gradients.end() ? Var() : found->second);
  }
  return answers;
}

Vars grad(const Var& y, std::span<const Var> xs, const Var& dy, Graph graph) {
  return grad(std::span(&y, 1), xs, std::span(&dy, 1), graph);
}

}  // namespace sgan::ag
