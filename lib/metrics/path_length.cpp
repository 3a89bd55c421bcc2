#include "lib/metrics/path_length.hpp"

#include <algorithm>
#include <cmath>

#include "lib/nets/progressive/layers.hpp"
#include "lib/ops/layout.hpp"

namespace sgan::metrics {
namespace {

using ag::Var;
using Space = PathLengthSettings::Space;
using Sampling = PathLengthSettings::Sampling;
using Variant = PathLengthSettings::Variant;

double norm(const double* v, int64_t n) {
  double sum = 0;
  for (int64_t i = 0; i < n; ++i) sum += v[i] * v[i];
  return std::sqrt(sum);
}

rt::Tensor doubles(const rt::Tensor& t) { return t.to(rt::cpu).to(rt::DType::f64); }

// In the lower middle: rows 3/8 to 7/8, columns 2/8 to 6/8.
Var cropped(const Var& x) {
  const int64_t k = x.size(1) / 8;
  return ops::slice(ops::slice(x, 1, 3 * k, 7 * k), 2, 2 * k, 6 * k);
}

// Both ends of the step, [2N, num_ws, w_dim].
Var ends_in_w(const PathLengthNetwork& net, const PathLengthSettings& s, const rt::Tensor& z0,
              const rt::Tensor& z1, const Var& labels, const std::vector<double>& t) {
  const int64_t n = z0.size(0);
  const auto labels_twice = labels.defined() ? ops::concat({labels, labels}, 0) : labels;
  const Var ws = net.map(ops::concat({z0, z1}, 0), labels_twice);
  const Var w0 = ops::slice(ws, 0, 0, n), step = ops::subtract(ops::slice(ws, 0, n, 2 * n), w0);
  const auto at = [&](double more) {
    std::vector<double> along(t);
    for (double& x : along) x += more;
    const rt::Tensor share = rt::Tensor::from(along, {n, 1, 1}).to(w0.dtype()).to(w0.device());
    return ops::add(w0, ops::multiply(step, share));
  };
  return ops::concat({at(0), at(s.epsilon)}, 0);
}

Var ends_in_z(const PathLengthNetwork& net, const PathLengthSettings& s, const rt::Tensor& z0,
              const rt::Tensor& z1, const Var& labels, const std::vector<double>& t) {
  std::vector<double> next(t);
  for (double& x : next) x += s.epsilon;
  const auto as_given = [&](const rt::Tensor& z) { return Var(z.to(z0.dtype()).to(z0.device())); };
  const Var z = ops::concat({as_given(slerp(z0, z1, t)), as_given(slerp(z0, z1, next))}, 0);
  return net.map(z, labels.defined() ? ops::concat({labels, labels}, 0) : labels);
}

}  // namespace

rt::Tensor slerp(const rt::Tensor& a, const rt::Tensor& b, const std::vector<double>& t) {
  const rt::Tensor from = doubles(a).clone(), to = doubles(b).clone();
  const int64_t n = from.size(0), dim = from.size(1);
  rt::Tensor out({n, dim}, rt::DType::f64);
  for (int64_t i = 0; i < n; ++i) {
    double *u = from.data<double>() + i * dim, *v = to.data<double>() + i * dim;
    double* y = out.data<double>() + i * dim;
    const double nu = norm(u, dim), nv = norm(v, dim);
    double dot = 0;
    for (int64_t k = 0; k < dim; ++k) dot += (u[k] /= nu) * (v[k] /= nv);
    const double angle = t[size_t(i)] * std::acos(std::clamp(dot, -1.0, 1.0));
    for (int64_t k = 0; k < dim; ++k) v[k] -= dot * u[k];
    const double rest = std::max(norm(v, dim), 1e-300);
    for (int64_t k = 0; k < dim; ++k) {
      y[k] = u[k] * std::cos(angle) + v[k] / rest * std::sin(angle);
    }
    const double length = norm(y, dim);
    for (int64_t k = 0; k < dim; ++k) y[k] /= length;
  }
  return out;
}

std::vector<double> path_lengths(const PathLengthNetwork& net, const PathLengthSettings& settings,
                                 const rt::Tensor& z0, const rt::Tensor& z1,
                                 const rt::Tensor& labels, const std::vector<double>& t) {
  const ag::NoGrad off;
  const int64_t n = z0.size(0);
  check(settings.epsilon > 0, "the step of a path has to be above 0");
  const std::vector<double> at =
      settings.sampling == Sampling::end ? std::vector<double>(size_t(n), 0.0) : t;
  const Var given = labels.defined() ? Var(labels) : Var();
  const Var ws =
      (settings.space == Space::w ? ends_in_w : ends_in_z)(net, settings, z0, z1, given, at);
  Var pictures = net.synthesize(ws);
  const int64_t whole = pictures.size(1);
  if (settings.crop) pictures = cropped(pictures);
  const int64_t size = settings.variant == Variant::sg1 ? pictures.size(1) : whole;
  pictures = ops::affine(
      nets::progressive::box_down(pictures, int(std::max<int64_t>(size / 256, 1))), 127.5, 127.5);
  const Var distance =
      net.distance(ops::slice(pictures, 0, 0, n), ops::slice(pictures, 0, n, 2 * n));
  std::vector<double> lengths = distance.value().to_doubles();
  for (double& d : lengths) d /= settings.epsilon * settings.epsilon;
  return lengths;
}

PathLengthSummary summarize_path_lengths(std::vector<double> distances) {
  check(!distances.empty(), "no path was measured");
  for (const double d : distances) {
    check(std::isfinite(d), "a path length is not a finite number: the model is damaged");
  }
  std::sort(distances.begin(), distances.end());
  const double last = double(distances.size() - 1);
  PathLengthSummary s;
  s.low = distances[size_t(std::floor(0.01 * last))];
  s.high = distances[size_t(std::ceil(0.99 * last))];
  double sum = 0, squares = 0;
  for (const double d : distances) {
    if (d < s.low || d > s.high) continue;
    sum += d;
    ++s.kept;
  }
  s.mean = sum / double(s.kept);
  for (const double d : distances) {
    if (d >= s.low && d <= s.high) squares += (d - s.mean) * (d - s.mean);
  }
  if (s.kept > 1) s.error = std::sqrt(squares / double(s.kept - 1) / double(s.kept));
  return s;
}

}  // namespace sgan::metrics
