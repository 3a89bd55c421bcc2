#include "lib/nets/fourier.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "lib/ops/bias_act.hpp"
#include "lib/ops/dense.hpp"
#include "lib/ops/layout.hpp"
#include "lib/ops/linear.hpp"
#include "lib/ops/reduce.hpp"
#include "lib/rt/constant.hpp"

namespace sgan::nets {

using ag::Var;

namespace {

// Pixel centres in units of the plane, [size].
rt::Tensor coordinates(const FourierSettings& in, rt::DType type, rt::Device device) {
  std::vector<double> at(size_t(in.size));
  for (int i = 0; i < in.size; ++i) at[size_t(i)] = (i + 0.5 - in.size / 2.0) / in.sampling_rate;
  return rt::constant(at, {in.size}, type, device);
}

// a * p + b * q
Var combine(const Var& p, double a, const Var& q, double b) {
  return ops::add(ops::scale(p, a), ops::scale(q, b));
}

}  // namespace

std::map<std::string, rt::Shape> fourier_shapes(const FourierSettings& s) {
  std::map<std::string, rt::Shape> shapes;
  shapes["weight"] = {s.channels, s.channels};
  shapes["freqs"] = {s.channels, 2};
  shapes["phases"] = {s.channels};
  shapes["transform"] = {3, 3};
  if (s.w_dim) {
    shapes["affine.weight"] = {4, s.w_dim};
    shapes["affine.bias"] = {4};
  }
  return shapes;
}

FourierInput::FourierInput(const FourierSettings& settings, Weights& weights) : s_(settings) {
  const auto shapes = fourier_shapes(settings);
  const auto get = [&](const std::string& name) {
    return weights.get("synthesis.input." + name, shapes.at(name));
  };
  weight_ = get("weight");
  freqs_ = get("freqs");
  phases_ = get("phases");
  if (settings.w_dim) {
    affine_weight_ = get("affine.weight");
    affine_bias_ = get("affine.bias");
  }
  if (!weights.has("synthesis.input.transform")) return;
  const rt::Tensor own = get("transform").value();
  if (own.device().is_meta()) return;
  const auto values = own.to_doubles();
  std::copy(values.begin(), values.end(), own_transform_.begin());
}

// The transform stored in the model, then the user's.
std::array<double, 9> FourierInput::combined(const std::array<double, 9>& user) const {
  std::array<double, 9> product{};
  for (size_t i = 0; i < 3; ++i)
    for (size_t j = 0; j < 3; ++j)
      for (size_t k = 0; k < 3; ++k)
        product[3 * i + j] += own_transform_[3 * i + k] * user[3 * k + j];
  return product;
}

Var FourierInput::operator()(const Var& w, const std::array<double, 9>& user) const {
  const std::array<double, 9> u = combined(user);
  const int64_t batch = w.size(0), c = s_.channels, size = s_.size;
  // Without a learned transform all pictures begin alike: one is computed.
  const int64_t n = s_.w_dim ? batch : 1;
  Var unit;  // [n, 4]: cosine, sine, x, y
  if (s_.w_dim) {
    const Var t = ops::dense(w, affine_weight_, affine_bias_);
    const Var direction = ops::slice(t, 1, 0, 2);
    unit = ops::multiply(t, ops::rsqrt(ops::sum(ops::square(direction), {1})));
  } else {
    unit = rt::constant({1, 0, 0, 0}, {1, 4}, w.dtype(), w.device());
  }
  const auto column = [&](int i) { return ops::slice(unit, 1, i, i + 1); };  // [n, 1]
  const Var cosine = column(0), sine = column(1);

  // M = rotation(cosine, sine) * translation(-tx, -ty) * user. Its linear part turns frequencies,
  // its last column shifts phases.
  const Var shift_x = ops::affine(column(2), -1, u[2]), shift_y = ops::affine(column(3), -1, u[5]);
  const Var m00 = combine(cosine, u[0], sine, -u[3]), m01 = combine(cosine, u[1], sine, -u[4]);
  const Var m10 = combine(sine, u[0], cosine, u[3]), m11 = combine(sine, u[1], cosine, u[4]);
  const Var m02 = ops::subtract(ops::multiply(cosine, shift_x), ops::multiply(sine, shift_y));
  const Var m12 = ops::add(ops::multiply(sine, shift_x), ops::multiply(cosine, shift_y));

  const Var fx = ops::reshape(ops::slice(freqs_, 1, 0, 1), {1, c});
  const Var fy = ops::reshape(ops::slice(freqs_, 1, 1, 2), {1, c});
  const auto turned = [&](const Var& a, const Var& b) {  // [N, C]
    return ops::add(ops::multiply(fx, a), ops::multiply(fy, b));
  };
  const Var gx = turned(m00, m10), gy = turned(m01, m11);
  const Var phase = ops::add(ops::reshape(phases_, {1, c}), turned(m02, m12));

  // Frequencies beyond the band fade out towards the limit of what the plane can carry. Where the
  // band fills it (critical sampling) nothing is left to fade in, and all sinusoids keep their
  // size.
  const double room = s_.sampling_rate / 2 - s_.bandwidth;
  Var amplitude;
  if (room > 0) {
    const Var norm = ops::sqrt(ops::add(ops::square(gx), ops::square(gy)));
    const Var fade = ops::affine(norm, -1 / room, 1 + s_.bandwidth / room);
    amplitude = ops::affine(
        ops::bias_act(ops::affine(fade, 1, -0.5), {}, {.act = ops::Act::linear, .clamp = 0.5}), 1,
        0.5);
  }

  // sin(a + b) from the sines and cosines of its parts: few of them are computed, and products
  // follow.
  const double turn = 2 * std::numbers::pi;
  const Var at = coordinates(s_, w.dtype(), w.device());
  const Var a =
      ops::scale(ops::multiply(ops::reshape(at, {1, size, 1}), ops::reshape(gx, {n, 1, c})), turn);
  const Var b = ops::scale(
      ops::add(ops::multiply(ops::reshape(at, {1, size, 1}), ops::reshape(gy, {n, 1, c})),
               ops::reshape(phase, {n, 1, c})),
      turn);
  const auto along_x = [&](const Var& v) { return ops::reshape(v, {n, 1, size, c}); };
  const auto along_y = [&](const Var& v) {
    const Var sized =
        amplitude.defined() ? ops::multiply(v, ops::reshape(amplitude, {n, 1, c})) : v;
    return ops::reshape(sized, {n, size, 1, c});
  };
  const Var waves = ops::add(ops::multiply(along_y(ops::cosine(b)), along_x(ops::sine(a))),
                             ops::multiply(along_y(ops::sine(b)), along_x(ops::cosine(a))));
  const Var mixed = ops::matmul(ops::reshape(waves, {n * size * size, c}), weight_, false, true);
  const Var x = ops::scale(ops::reshape(mixed, {n, size, size, c}), 1 / std::sqrt(double(c)));
  return n == batch ? x : ops::expand(x, {batch, size, size, c});
}

}  // namespace sgan::nets
