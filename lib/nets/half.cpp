#include "lib/nets/half.hpp"

#include <algorithm>
#include <cmath>

#include "lib/ops/cast.hpp"
#include "lib/ops/layout.hpp"
#include "lib/ops/reduce.hpp"

namespace sgan::nets {

using ag::Var;

LayerTypes::LayerTypes(const Precision& precision, int stated, int resolution, rt::DType own)
    : half_(precision.type), own_(own), first_(0) {
  check(half_ == rt::DType::f32 || is_half(half_), "precision ", rt::name_of(half_),
        " is not one of float32, float16, bfloat16");
  const int count = precision.resolutions >= 0 ? precision.resolutions : stated > 0 ? stated : 4;
  first_ = std::max(8.0, std::ldexp(double(resolution), 1 - std::min(count, 32)));
}

rt::DType LayerTypes::at(double rate) const {
  return is_half(half_) && rate >= first_ ? half_ : own_;
}

double layer_clamp(rt::DType type, double own) {
  return type == rt::DType::f16 && own < 0 ? 256 : own;
}

namespace {

bool differentiated(const Var& v) { return ag::recording() && v.needs_grad(); }

// Whether something may be kept beside the contents of v.
bool keepable(const Var& v) {
  return !differentiated(v) && !v.device().is_meta() &&
         v.value().storage().bytes() == v.value().bytes();
}

// 1 / norm of the weight of each result channel, [Co], a constant: what is scaled by it is undone.
Var inverse_norm(const Var& weight) {
  const ag::NoGrad constant;
  const Var energy = ops::reshape(ops::sum(ops::square(weight), {1, 2, 3}), {weight.size(0)});
  return ops::rsqrt(ops::affine(energy, 1, 1e-8));
}

struct UnitWeight {
  Var weight;   // in 16 bits, of unit norm per result channel
  Var inverse;  // 1 / norm before, [Co]
};

UnitWeight make_unit_weight(rt::DType type, const Var& weight) {
  const Var inverse = inverse_norm(weight);
  const Var unit = ops::multiply(weight, ops::reshape(inverse, {-1, 1, 1, 1}));
  return {ops::cast(unit, type), inverse};
}

UnitWeight unit_weight(rt::DType type, const Var& weight) {
  if (!keepable(weight)) return make_unit_weight(type, weight);
  return *weight.value().storage().derived<UnitWeight>(
      type == rt::DType::f16 ? "unit f16" : "unit bf16",
      [&] { return std::make_shared<UnitWeight>(make_unit_weight(type, weight)); });
}

}  // namespace

Var scaled_as(rt::DType type, const Var& value, double gain) {
  if (!is_half(type)) return gain == 1 ? value : ops::scale(value, gain);
  const auto make = [&] { return ops::cast(gain == 1 ? value : ops::scale(value, gain), type); };
  if (!keepable(value)) return make();
  struct Scaled {
    double gain;
    Var value;
  };
  const auto kept = value.value().storage().derived<Scaled>(
      type == rt::DType::f16 ? "scaled f16" : "scaled bf16",
      [&] { return std::make_shared<Scaled>(gain, make()); });
  return kept->gain == gain ? kept->value : make();
}

Var modulated_conv2d(rt::DType type, const Var& x, const Var& weight,
                     const ops::Modulation& modulation, const ops::Filter& filter,
                     const ops::ResampleOptions& resample, const ops::Epilogue& epilogue) {
  const Var input = ops::cast(x, type);
  if (!is_half(type)) {
    return ops::modulated_conv2d(input, weight, modulation, filter, resample, epilogue);
  }
  const auto [unit, inverse] = unit_weight(type, weight);
  Var rms, in_gain;  // of the styles, [N, 1], and its inverse: constants too
  {
    const ag::NoGrad constant;
    const Var energy = ops::mean(ops::square(modulation.in), {1});
    in_gain = ops::rsqrt(ops::affine(energy, 1, 1e-12));
    rms = ops::reciprocal(in_gain);
  }
  const Var norm = ops::reshape(ops::reciprocal(inverse), {1, -1});
  const Var undo = ops::multiply(rms, norm);  // [N, Co]
  const Var out = modulation.out.defined() ? ops::multiply(modulation.out, undo) : undo;
  ops::Epilogue half = epilogue;
  for (Var* v : {&half.noise, &half.noise_strength, &half.bias}) {
    if (v->defined()) *v = scaled_as(type, *v, 1);
  }
  return ops::modulated_conv2d(
      input, unit, {ops::cast(ops::multiply(modulation.in, in_gain), type), ops::cast(out, type)},
      filter, resample, half);
}

}  // namespace sgan::nets
