#include <algorithm>
#include <cmath>

#include "lib/ops/samples.hpp"
#include "lib/ops/warp.hpp"
#include "lib/train/augment/stages.hpp"

namespace sgan::train {
namespace {

using ag::Var;
using Maps = std::vector<std::array<double, 6>>;

// Smallest and largest place that the maps read, over a result of width x height.
struct Reach {
  double x0 = 0, x1 = 0, y0 = 0, y1 = 0;
  Reach(const Maps& maps, double width, double height) {
    bool first = true;
    for (const auto& m : maps) {
      for (double u : {0.0, width - 1}) {
        for (double v : {0.0, height - 1}) {
          const double x = m[0] * u + m[1] * v + m[2], y = m[3] * u + m[4] * v + m[5];
          x0 = first ? x : std::min(x0, x);
          x1 = first ? x : std::max(x1, x);
          y0 = first ? y : std::min(y0, y);
          y1 = first ? y : std::max(y1, y);
          first = false;
        }
      }
    }
  }
};

rt::Tensor tensor(const Maps& maps) {
  std::vector<double> values;
  for (const auto& m : maps) values.insert(values.end(), m.begin(), m.end());
  return rt::Tensor::from(values, {int64_t(maps.size()), 2, 3});
}

// From the centre to pixels of the source: whether the map meets pixels only is seen here (a
// quarter turn of a picture with one even and one odd side does not).
std::array<double, 6> in_pixels(const Geometry& g, int64_t height, int64_t width) {
  const double cx = double(width - 1) / 2, cy = double(height - 1) / 2;
  auto m = g.m;
  m[2] += cx - m[0] * cx - m[1] * cy;
  m[5] += cy - m[3] * cx - m[4] * cy;
  return m;
}

bool is_blit(const Geometry& g, int64_t height, int64_t width) {
  if (!g.blits_only) return false;
  const auto m = in_pixels(g, height, width);
  return m[2] == std::floor(m[2]) && m[5] == std::floor(m[5]);
}

int64_t amount(double wanted, int64_t limit) {
  return std::clamp<int64_t>(int64_t(std::ceil(wanted)), 0, limit);
}

Var blit(const Var& x, const std::vector<Geometry>& geometry) {
  const int64_t h = x.size(1), w = x.size(2);
  Maps maps;
  for (const Geometry& g : geometry) maps.push_back(in_pixels(g, h, w));
  const Reach r(maps, double(w), double(h));
  const ops::Padding p{amount(-r.x0, 8 * w), amount(r.x1 - double(w - 1), 8 * w),
                       amount(-r.y0, 8 * h), amount(r.y1 - double(h - 1), 8 * h)};
  return ops::affine_sample(ops::mirror_pad(x, p), tensor(maps), {h, w, p.y0, p.x0});
}

// Twice as many pixels, of those that need nothing from outside: pixel j of a line lies at
// (j + 5.5) / 2 of the source. The filter is orthonormal, so halve() undoes it exactly.
Var double_axis(const Var& x, int axis) {
  std::vector<double> taps(sym6.rbegin(), sym6.rend());
  for (double& t : taps) t *= std::sqrt(2.0);
  const auto f = rt::Tensor::from(taps, {1, int64_t(taps.size())});
  return ops::fir_axis(x, f, axis, {.up = 2, .size = 2 * x.size(axis) - 12});
}

// The picture whose pixel i lies at 2 i + 5.5 of x.
Var halve_axis(const Var& x, int axis) {
  std::vector<double> taps = sym6;
  for (double& t : taps) t /= std::sqrt(2.0);
  const auto f = rt::Tensor::from(taps, {1, int64_t(taps.size())});
  return ops::fir_axis(x, f, axis, {.down = 2, .size = (x.size(axis) - 10) / 2});
}

Var resample(const Var& x, const std::vector<Geometry>& geometry) {
  const int64_t h = x.size(1), w = x.size(2), fine_h = 2 * h + 10, fine_w = 2 * w + 10;
  // Pixel i of the fine result lies at (i - 5.5) / 2, pixel j of the doubled picture at the same of
  // the source before borders are added.
  const double cx = double(w - 1) / 2, cy = double(h - 1) / 2;
  Maps maps;
  for (const Geometry& g : geometry) {
    auto m = g.m;
    const double bx = -2.75 - cx, by = -2.75 - cy;
    m[2] = 2 * (m[0] * bx + m[1] * by + m[2] + cx) + 0.5;
    m[5] = 2 * (m[3] * bx + m[4] * by + m[5] + cy) + 0.5;
    maps.push_back(m);
  }
  // Fine pixels from 6 - 2 border on to 2 (size - 1 + border) - 5 are known. What a map asks for
  // beyond seven pictures side by side is black; with the usual strengths none does.
  const Reach r(maps, double(fine_w), double(fine_h));
  const auto before = [](double at, int64_t size) {
    return amount((6 - std::floor(at)) / 2, 3 * size + 8);
  };
  const auto after = [](double at, int64_t size) {
    return amount((std::floor(at) + 6) / 2 - double(size - 1), 3 * size + 8);
  };
  const ops::Padding p{before(r.x0, w), after(r.x1, w), before(r.y0, h), after(r.y1, h)};
  Var y = ops::mirror_pad(x, p);
  y = double_axis(double_axis(y, 2), 1);  // rows first: the fewer the cheaper
  y = ops::affine_sample(y, tensor(maps), {fine_h, fine_w, 2 * p.y0 - 6, 2 * p.x0 - 6});
  return halve_axis(halve_axis(y, 1), 2);
}

// Those samples of x that `chosen` names, treated by f, put back among zeros.
template <class Apply>
Var part(const Var& x, const std::vector<Geometry>& geometry, const std::vector<int64_t>& chosen,
         const Apply& f) {
  if (int64_t(chosen.size()) == x.size(0)) return f(x, geometry);
  std::vector<Geometry> mine;
  std::vector<int64_t> back(size_t(x.size(0)), -1);
  for (size_t i = 0; i < chosen.size(); ++i) {
    mine.push_back(geometry[size_t(chosen[i])]);
    back[size_t(chosen[i])] = int64_t(i);
  }
  return ops::take_samples(f(ops::take_samples(x, chosen), mine), back);
}

}  // namespace

Var apply_geometry(const Var& x, const std::vector<Geometry>& geometry) {
  std::vector<int64_t> kept, blits, maps;
  for (size_t i = 0; i < geometry.size(); ++i) {
    const Geometry& g = geometry[i];
    (g.identity() ? kept : is_blit(g, x.size(1), x.size(2)) ? blits : maps).push_back(int64_t(i));
  }
  Var sum;
  const auto add = [&](const std::vector<int64_t>& chosen, const auto& f) {
    if (chosen.empty()) return;
    const Var y = part(x, geometry, chosen, f);
    sum = sum.defined() ? ops::add(sum, y) : y;
  };
  add(kept, [](const Var& y, const std::vector<Geometry>&) { return y; });
  add(blits, blit);
  add(maps, resample);
  return sum.defined() ? sum : x;
}

}  // namespace sgan::train
