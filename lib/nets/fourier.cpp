#include "lib/nets/fourier.hpp"

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
rt::Tensor coordinates(const FourierInput& in, rt::DType type, rt::Device device) {
  std::vector<double> at(size_t(in.size));
  for (int i = 0; i < in.size; ++i) at[size_t(i)] = (i + 0.5 - in.size / 2.0) / in.sampling_rate;
  return rt::constant(at, {in.size}, type, device);
}

// a * p + b * q
Var combine(const Var& p, double a, const Var& q, double b) {
  return ops::add(ops::scale(p, a), ops::scale(q, b));
}

}  // namespace

Var fourier_features(const FourierInput& in, const Var& w, const std::array<double, 9>& u) {
  const int64_t n = w.size(0), c = in.freqs.size(0), size = in.size;
  const Var t = ops::dense(w, in.affine_weight, in.affine_bias);  // [N, 4]
  const Var direction = ops::slice(t, 1, 0, 2);
  const Var unit = ops::multiply(t, ops::rsqrt(ops::sum(ops::square(direction), {1})));
  const auto column = [&](int i) { return ops::slice(unit, 1, i, i + 1); };  // [N, 1]
  const Var cosine = column(0), sine = column(1);

  // M = rotation(cosine, sine) * translation(-tx, -ty) * user. Its linear part turns frequencies,
  // its last column shifts phases.
  const Var shift_x = ops::affine(column(2), -1, u[2]), shift_y = ops::affine(column(3), -1, u[5]);
  const Var m00 = combine(cosine, u[0], sine, -u[3]), m01 = combine(cosine, u[1], sine, -u[4]);
  const Var m10 = combine(sine, u[0], cosine, u[3]), m11 = combine(sine, u[1], cosine, u[4]);
  const Var m02 = ops::subtract(ops::multiply(cosine, shift_x), ops::multiply(sine, shift_y));
  const Var m12 = ops::add(ops::multiply(sine, shift_x), ops::multiply(cosine, shift_y));

  const Var fx = ops::reshape(ops::slice(in.freqs, 1, 0, 1), {1, c});
  const Var fy = ops::reshape(ops::slice(in.freqs, 1, 1, 2), {1, c});
  const auto turned = [&](const Var& a, const Var& b) {  // [N, C]
    return ops::add(ops::multiply(fx, a), ops::multiply(fy, b));
  };
  const Var gx = turned(m00, m10), gy = turned(m01, m11);
  const Var phase = ops::add(ops::reshape(in.phases, {1, c}), turned(m02, m12));

  // Frequencies beyond the band fade out: the plane cannot carry them.
  const Var norm = ops::sqrt(ops::add(ops::square(gx), ops::square(gy)));
  const double room = in.sampling_rate / 2 - in.bandwidth;
  const Var fade = ops::affine(norm, -1 / room, 1 + in.bandwidth / room);
  const Var amplitude = ops::affine(
      ops::bias_act(ops::affine(fade, 1, -0.5), {}, {.act = ops::Act::linear, .clamp = 0.5}), 1,
      0.5);

  // sin(a + b) from the sines and cosines of its parts: few of them are computed, and products
  // follow.
  const double turn = 2 * std::numbers::pi;
  const Var at = coordinates(in, w.dtype(), w.device());
  const Var a =
      ops::scale(ops::multiply(ops::reshape(at, {1, size, 1}), ops::reshape(gx, {n, 1, c})), turn);
  const Var b = ops::scale(
      ops::add(ops::multiply(ops::reshape(at, {1, size, 1}), ops::reshape(gy, {n, 1, c})),
               ops::reshape(phase, {n, 1, c})),
      turn);
  const auto along_x = [&](const Var& v) { return ops::reshape(v, {n, 1, size, c}); };
  const auto along_y = [&](const Var& v) {
    return ops::reshape(ops::multiply(v, ops::reshape(amplitude, {n, 1, c})), {n, size, 1, c});
  };
  const Var waves = ops::add(ops::multiply(along_y(ops::cosine(b)), along_x(ops::sine(a))),
                             ops::multiply(along_y(ops::sine(b)), along_x(ops::cosine(a))));
  const Var mixed = ops::matmul(ops::reshape(waves, {n * size * size, c}), in.weight, false, true);
  return ops::scale(ops::reshape(mixed, {n, size, size, c}), 1 / std::sqrt(double(c)));
}

}  // namespace sgan::nets
