// Image-space filtering, noise and cutout.
#include <algorithm>

#include "lib/ops/samples.hpp"
#include "lib/ops/warp.hpp"
#include "lib/rt/philox.hpp"
#include "lib/train/augment/stages.hpp"

namespace sgan::train {

using ag::Var;

Var apply_bands(const Var& x, const std::vector<std::array<double, 4>>& gains) {
  constexpr std::array<double, 4> same = {1, 1, 1, 1};
  if (std::all_of(gains.begin(), gains.end(), [&](const auto& g) { return g == same; })) return x;
  static const auto filters = octaves();
  const int64_t count = int64_t(filters[0].size()), border = count / 2;
  std::vector<double> taps;
  for (const auto& g : gains) {
    for (int64_t k = 0; k < count; ++k) {
      double tap = k == border;  // exactly, where nothing is amplified
      if (g != same) {
        tap = 0;
        for (size_t band = 0; band < 4; ++band) tap += g[band] * filters[band][size_t(k)];
      }
      taps.push_back(tap);
    }
  }
  const auto t = rt::Tensor::from(taps, {int64_t(gains.size()), count}).to(x.device());
  const Var y = ops::mirror_pad(x, ops::Padding::all(border));
  return ops::fir_axis(ops::fir_axis(y, t, 1, {.size = x.size(1)}), t, 2, {.size = x.size(2)});
}

Var apply_noise(const Var& x, const std::vector<double>& deviations, uint64_t seed, uint64_t first,
                uint64_t step) {
  if (std::all_of(deviations.begin(), deviations.end(), [](double d) { return d == 0; })) return x;
  const auto noise = rt::Tensor::zeros(x.shape(), rt::DType::f32, x.device());
  for (size_t n = 0; n < deviations.size(); ++n) {
    if (deviations[n] == 0) continue;
    rt::fill_normal(noise.rows(int64_t(n), int64_t(n) + 1), seed, first + n * step, Draws::pixels);
  }
  const auto scale = rt::Tensor::from(deviations, {x.size(0), 1, 1, 1});
  return ops::add(x, ops::multiply(noise.to(x.dtype()), scale.to(x.dtype()).to(x.device())));
}

Var apply_cutout(const Var& x, const std::vector<Cutout>& cutouts) {
  if (std::all_of(cutouts.begin(), cutouts.end(), [](const Cutout& c) { return c.empty(); })) {
    return x;
  }
  const int64_t h = x.size(1), w = x.size(2);
  std::vector<float> mask(size_t(x.size(0) * h * w), 1.0f);
  for (size_t n = 0; n < cutouts.size(); ++n) {
    const Cutout& c = cutouts[n];
    for (int64_t row = c.y0; row < c.y1 && !c.empty(); ++row) {
      float* line = mask.data() + (int64_t(n) * h + row) * w;
      std::fill(line + c.x0, line + c.x1, 0.0f);
    }
  }
  const auto m = rt::Tensor::from(mask, {x.size(0), h, w, 1});
  return ops::multiply(x, m.to(x.dtype()).to(x.device()));
}

}  // namespace sgan::train
