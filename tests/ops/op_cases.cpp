#include "tests/ops/op_cases.hpp"

#include <cmath>
#include <map>
#include <mutex>
#include <random>

namespace sgan::op_cases {
namespace {

Arrays draw(const OpCase& c, uint64_t seed) {
  Arrays arrays;
  std::mt19937_64 engine(seed);
  std::normal_distribution<float> normal;
  for (const Shape& shape : c.inputs) {
    std::vector<float> v(size_t(shape.numel()));
    for (float& x : v) x = c.positive ? std::abs(normal(engine)) + 0.3f : normal(engine);
    arrays.push_back({shape, rt::Tensor::from(v, shape).to(rt::DType::bf16).to_doubles()});
  }
  return arrays;
}

// Of a few seeds the one whose inputs stay farthest from corners, where differences mean nothing
// and a rounding decides which way a gradient goes.
uint64_t best_seed(const OpCase& c) {
  if (!c.reference) return 1000;  // numbers unlike any case's
  uint64_t best = 0;
  double farthest = -1;
  for (uint64_t seed = 1; seed <= (c.differences ? 64u : 4u); ++seed) {
    reference::reset_corners();
    c.reference(draw(c, seed));
    const double nearest = reference::corners().nearest;
    if (nearest > farthest) {
      farthest = nearest;
      best = seed;
    }
    if (nearest > 0.05) break;
  }
  return best;
}

}  // namespace

const std::vector<OpCase>& all() {
  static const Table table = [] {
    Table t;
    add_elementwise(t);
    add_layout(t);
    add_linear(t);
    add_filters(t);
    add_networks(t);
    add_style(t);
    add_augment(t);
    add_features(t);
    return t;
  }();
  return table;
}

Arrays input_arrays(const OpCase& c) {
  static std::mutex mutex;
  static std::map<std::string, uint64_t> seeds;
  std::lock_guard lock(mutex);
  const auto [entry, fresh] = seeds.try_emplace(c.name);
  if (fresh) entry->second = best_seed(c);
  return draw(c, entry->second);
}

Vars make_inputs(const OpCase& c, rt::DType type, rt::Device device) {
  Vars vars;
  for (const Array& a : input_arrays(c)) {
    vars.push_back(ag::Var::leaf(rt::Tensor::from(a.v, a.shape).to(type).to(device)));
  }
  return vars;
}

}  // namespace sgan::op_cases
