#include "lib/nets/progressive/layers.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "lib/ops/layout.hpp"
#include "lib/ops/linear.hpp"
#include "lib/ops/reduce.hpp"
#include "lib/ops/upfirdn2d.hpp"

namespace sgan::nets::progressive {

Var nearest_up(const Var& x, int factor) {
  if (factor == 1) return x;
  const int64_t n = x.size(0), h = x.size(1), w = x.size(2), c = x.size(3), f = factor;
  const Var wide = ops::expand(ops::reshape(x, {n, h, 1, w, 1, c}), {n, h, f, w, f, c});
  return ops::reshape(wide, {n, h * f, w * f, c});
}

Var box_down(const Var& x, int factor) {
  if (factor == 1) return x;
  const int64_t n = x.size(0), h = x.size(1) / factor, w = x.size(2) / factor, c = x.size(3);
  const Var squares = ops::reshape(x, {n, h, factor, w, factor, c});
  return ops::reshape(ops::mean(squares, {2, 4}), {n, h, w, c});
}

ops::Filter blur_filter(const Settings& s) {
  return s.blur.empty() ? ops::Filter{} : ops::setup_filter(s.blur);
}

std::vector<double> normalized(std::vector<double> taps) {
  const double sum = std::accumulate(taps.begin(), taps.end(), 0.0);
  for (double& tap : taps) tap /= sum;
  return taps;
}

Var blur(const Var& x, const ops::Filter& filter) {
  if (!filter.defined()) return x;
  const int64_t before = (filter.width - 1) / 2, after = filter.width / 2;
  return ops::upfirdn2d(x, filter, {.padding = {before, after, before, after}, .flip = true});
}

namespace {

// y[i] = x[i] + x[i - 1] along one axis, one longer than x.
Var sum_of_shifts(const Var& x, int axis) {
  std::vector<int64_t> none(size_t(x.rank()), 0), one = none;
  one[size_t(axis)] = 1;
  return ops::add(ops::pad(x, one, none), ops::pad(x, none, one));
}

}  // namespace

Var up_kernel(const Var& weight, bool rotated) {
  const Var w = rotated ? ops::flip(weight, {1, 2}) : weight;
  return sum_of_shifts(sum_of_shifts(w, 1), 2);
}

Var down_kernel(const Var& weight) {
  return ops::scale(sum_of_shifts(sum_of_shifts(weight, 1), 2), 0.25);
}

Var down_conv(const Var& x, const Var& kernel) {
  return ops::conv2d(x, kernel, ops::ConvOptions::same(2, 1));
}

double model_lod(Weights& weights) {
  if (!weights.has("lod")) return 0;
  const Var lod = weights.get("lod", {});
  const double value = lod.device().is_meta() ? 0 : lod.value().item();
  check(std::isfinite(value), "the model's level of detail is ", value);
  return value;
}

Detail detail(const Settings& s, double lod) {
  const double coarsest = s.levels() - 1;
  check(std::isfinite(lod), "a level of detail of ", lod);
  lod = s.fixed ? 0 : std::clamp(lod, 0.0, coarsest);
  const double level = std::floor(lod);
  return {int(level), lod - level};
}

}  // namespace sgan::nets::progressive
