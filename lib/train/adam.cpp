#include "lib/train/adam.hpp"

#include <cmath>

#include "kernels/elementwise.inl"
#include "kernels/training.inl"
#include "lib/ops/layout.hpp"
#include "lib/ops/reduce.hpp"
#include "lib/rt/launch.hpp"

namespace sgan::train {
namespace {

// f32 or f64, the types that parameters are kept in.
template <class Body>
void dispatch(rt::DType type, const Body& body) {
  if (type == rt::DType::f64) return body(double{});
  check(type == rt::DType::f32, "parameters are float32 or float64, not ", rt::name_of(type));
  body(float{});
}

// Sum of the absolute values of each gradient: 0 where there is nothing but zeros, not finite where
// any number is not. One wait for the device.
std::vector<double> absolute_sums(const ag::Vars& gradients) {
  const ag::NoGrad quiet;
  ag::Vars sums;
  for (const ag::Var& g : gradients) {
    if (!g.defined()) continue;
    rt::Tensor absolute(g.shape(), g.dtype(), g.device());
    dispatch(g.dtype(), [&]<class T>(T) {
      rt::launch(
          g.device(), absolute.numel(),
          kernels::Unary<T>{kernels::UnaryOp::absolute, g.value().data<T>(), absolute.data<T>()});
    });
    sums.push_back(ops::reshape(ops::sum_all(absolute), {1}));
  }
  std::vector<double> values;
  if (!sums.empty()) values = ops::concat(sums, 0).value().to_doubles();
  std::vector<double> all;
  size_t next = 0;
  for (const ag::Var& g : gradients) all.push_back(g.defined() ? values[next++] : 0);
  return all;
}

int64_t count_not_finite(const rt::Tensor& t) {
  int64_t count = 0;
  for (const double v : t.to_doubles()) count += !std::isfinite(v);
  return count;
}

}  // namespace

AdamSettings AdamSettings::corrected_for(int interval) const {
  AdamSettings s = *this;
  if (interval <= 0) return s;
  const double ratio = double(interval) / (interval + 1);
  s.lr *= ratio;
  s.beta1 = std::pow(beta1, ratio);
  s.beta2 = std::pow(beta2, ratio);
  return s;
}

Adam::Adam(const Parameters& parameters, const AdamSettings& settings)
    : parameters_(parameters), s_(settings) {
  for (const ag::Var& p : parameters.vars) {
    slots_.push_back({rt::Tensor::zeros(p.shape(), p.dtype(), p.device()),
                      rt::Tensor::zeros(p.shape(), p.dtype(), p.device()), 0});
  }
}

int64_t Adam::step(const ag::Vars& gradients) {
  check(gradients.size() == slots_.size(), "Adam: ", gradients.size(), " gradients for ",
        slots_.size(), " parameters");
  const std::vector<double> sums = absolute_sums(gradients);
  int64_t not_finite = 0;
  for (size_t i = 0; i < slots_.size(); ++i) {
    if (!gradients[i].defined() || (sums[i] == 0 && !s_.step_zeros)) continue;
    const rt::Tensor& g = gradients[i].value();
    if (!std::isfinite(sums[i])) not_finite += count_not_finite(g);
    Slot& slot = slots_[i];
    const rt::Tensor& p = parameters_.vars[i].value();
    const double t = double(++slot.steps);
    dispatch(p.dtype(), [&]<class T>(T) {
      rt::launch(p.device(), p.numel(),
                 kernels::AdamStep<T>{T(s_.lr), T(s_.beta1), T(s_.beta2), T(s_.epsilon),
                                      T(1 - std::pow(s_.beta1, t)),
                                      T(std::sqrt(1 - std::pow(s_.beta2, t))), g.data<T>(),
                                      p.data<T>(), slot.mean.data<T>(), slot.square.data<T>()});
    });
    p.storage().drop_derived();
  }
  return not_finite;
}

void Adam::reset() {
  for (Slot& slot : slots_) {
    slot.mean.copy_from(rt::Tensor::zeros(slot.mean.shape(), slot.mean.dtype()));
    slot.square.copy_from(rt::Tensor::zeros(slot.square.shape(), slot.square.dtype()));
    slot.steps = 0;
  }
}

nets::TensorMap Adam::state() const {
  nets::TensorMap state;
  for (size_t i = 0; i < slots_.size(); ++i) {
    const std::string& name = parameters_.names[i];
    state[name + ".exp_avg"] = slots_[i].mean.to(rt::cpu).clone();
    state[name + ".exp_avg_sq"] = slots_[i].square.to(rt::cpu).clone();
    state[name + ".step"] = rt::Tensor::from(std::vector<int64_t>{slots_[i].steps}, {1});
  }
  return state;
}

void Adam::restore(const nets::TensorMap& state) {
  check(state.size() == 3 * slots_.size(), "the optimiser's state belongs to other parameters");
  for (size_t i = 0; i < slots_.size(); ++i) {
    const auto find = [&](const char* tail) {
      const auto found = state.find(parameters_.names[i] + tail);
      check(found != state.end(), "the optimiser's state has no '", parameters_.names[i], tail,
            "'");
      return found->second;
    };
    slots_[i].mean.copy_from(find(".exp_avg"));
    slots_[i].square.copy_from(find(".exp_avg_sq"));
    slots_[i].steps = int64_t(find(".step").item());
  }
}

}  // namespace sgan::train
