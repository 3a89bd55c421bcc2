#include "lib/nets/lpips.hpp"

#include <algorithm>
#include <cmath>

#include "lib/ops/layout.hpp"
#include "lib/ops/reduce.hpp"
#include "lib/ops/resize.hpp"
#include "lib/ops/unit_channels.hpp"

namespace sgan::nets {
namespace {

using ag::Var;

constexpr double epsilon = 1e-10;  // beside a vector's length, not inside the root

bool differentiable(const Var& x) { return ag::recording() && x.needs_grad(); }

// x0[0], x1[0], x0[1], ...
Var interleaved(const Var& x0, const Var& x1) {
  ag::Vars parts;
  for (int64_t n = 0; n < x0.size(0); ++n) {
    parts.emplace_back(x0.value().rows(n, n + 1));
    parts.emplace_back(x1.value().rows(n, n + 1));
  }
  return ops::concat(parts, 0);
}

}  // namespace

Lpips::Lpips(const TensorMap& tensors, rt::Device device, rt::DType type,
             const LpipsOptions& options)
    : vgg_(tensors, device, type), options_(options) {
  const auto& widths = vgg_.widths();
  if (options.heads) check_tensors(tensors, vgg16_shapes(widths, true), "LPIPS");
  for (size_t k = 0; k < widths.size(); ++k) {
    std::vector<double> w(size_t(widths[k]), 1), roots;
    if (options.heads) {
      const std::string name = cat("lin", k, ".model.1.weight");
      w = tensors.at(name).to_doubles();
      check(std::ranges::all_of(w, [](double v) { return v >= 0; }), "LPIPS: tensor '", name,
            "' has weights below 0 or NaN");
    }
    for (double v : w) roots.push_back(std::sqrt(v));
    const auto upload = [&](const std::vector<double>& v) {
      return Var(rt::Tensor::from(v, {widths[k]}).to(type).to(device));
    };
    weights_.push_back(upload(w));
    roots_.push_back(upload(roots));
  }
}

Var Lpips::ranged(const Var& x) const { return options_.unit_range ? ops::affine(x, 2, -1) : x; }

int64_t Lpips::embedding_size(int64_t height, int64_t width) const {
  int64_t size = 0;
  for (int k = 0; k < Vgg16::stages; ++k) {
    size += (height >> k) * (width >> k) * vgg_.widths()[size_t(k)];
  }
  return size;
}

Var Lpips::embed(const Var& x) const {
  const int64_t n = x.size(0);
  if (differentiable(x)) {
    ag::Vars parts;
    vgg_.each_tap(ranged(x), [&](int k, int64_t, const Var& tap) {
      const double area = double(tap.size(1) * tap.size(2));
      const Var weights = ops::scale(roots_[size_t(k)], 1 / std::sqrt(area));
      const Var units = ops::multiply(ops::unit_channels(tap, epsilon), weights);
      parts.push_back(ops::reshape(units, {n, -1}));
    });
    return ops::concat(parts, 1);
  }
  check(x.rank() == 4, "LPIPS: pictures [N, H, W, 3], not ", x.shape());
  const rt::Tensor rows({n, embedding_size(x.size(1), x.size(2))}, x.dtype(), x.device());
  int64_t at[Vgg16::stages + 1] = {};
  for (int k = 0; k < Vgg16::stages; ++k) {
    at[k + 1] = at[k] + (x.size(1) >> k) * (x.size(2) >> k) * vgg_.widths()[size_t(k)];
  }
  vgg_.each_tap(ranged(x), [&](int k, int64_t first, const Var& tap) {
    const double area = double(tap.size(1) * tap.size(2));
    ops::write_unit_channels(tap.value(),
                             ops::scale(roots_[size_t(k)], 1 / std::sqrt(area)).value(), epsilon,
                             rows.rows(first, first + tap.size(0)), at[k]);
  });
  return rows;
}

std::vector<Var> Lpips::maps(const Var& x0, const Var& x1) const {
  check(x0.shape() == x1.shape(), "LPIPS: pictures ", x0.shape(), " and ", x1.shape());
  std::vector<Var> maps;
  if (differentiable(x0) || differentiable(x1)) {
    const auto a = vgg_.taps(ranged(x0)), b = vgg_.taps(ranged(x1));
    for (size_t k = 0; k < a.size(); ++k) {
      maps.push_back(ops::unit_distance(a[k], b[k], weights_[k], epsilon));
    }
    return maps;
  }
  std::vector<ag::Vars> parts(Vgg16::stages);
  const auto visit = [&](int k, int64_t, const Var& tap) {
    for (int64_t i = 0; i < tap.size(0); i += 2) {
      parts[size_t(k)].push_back(ops::unit_distance(tap.value().rows(i, i + 1),
                                                    tap.value().rows(i + 1, i + 2),
                                                    weights_[size_t(k)], epsilon));
    }
  };
  vgg_.each_tap(ranged(interleaved(x0, x1)), visit, 2);
  for (const ag::Vars& p : parts) maps.push_back(ops::concat(p, 0));
  return maps;
}

Var Lpips::per_layer(const Var& x0, const Var& x1) const {
  ag::Vars layers;
  for (const Var& map : maps(x0, x1)) {
    layers.push_back(ops::reshape(ops::mean(map, {1, 2}), {map.size(0), 1}));
  }
  return ops::concat(layers, 1);
}

Var Lpips::distance(const Var& x0, const Var& x1) const {
  return ops::reshape(ops::sum(per_layer(x0, x1), {1}), {x0.size(0)});
}

Var Lpips::spatial(const Var& x0, const Var& x1) const {
  Var total;
  for (const Var& map : maps(x0, x1)) {
    const Var large =
        ops::resize_bilinear(map, x0.size(1), x0.size(2), ops::ResizeGrid::half_pixel);
    total = total.defined() ? ops::add(total, large) : large;
  }
  return total;
}

}  // namespace sgan::nets
