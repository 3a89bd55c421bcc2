#include "lib/train/augment/augment.hpp"

#include "lib/train/augment/stages.hpp"

namespace sgan::train {

ag::Var AugmentPipe::operator()(const ag::Var& images, double p, uint64_t seed, uint64_t first,
                                uint64_t step) const {
  check(images.rank() == 4, "augmentation: pictures have 4 axes, not ", images.shape());
  check(p >= 0 && p < 1e6, "augmentation: a probability is from 0, not ", p);
  const int64_t h = images.size(1), w = images.size(2);
  std::vector<Geometry> geometry;
  std::vector<ColorTransform> colors;
  std::vector<std::array<double, 4>> gains;
  std::vector<double> deviations;
  std::vector<Cutout> cutouts;
  for (int64_t n = 0; n < images.size(0); ++n) {
    const Draws draws(seed, first + uint64_t(n) * step);
    geometry.push_back(draw_geometry(settings_, p, draws, h, w));
    colors.push_back(draw_color(settings_, p, draws));
    gains.push_back(draw_bands(settings_, p, draws));
    deviations.push_back(draw_noise(settings_, p, draws));
    cutouts.push_back(draw_cutout(settings_, p, draws, h, w));
  }
  ag::Var x = apply_geometry(images, geometry);
  x = apply_color(x, colors);
  x = apply_bands(x, gains);
  x = apply_noise(x, deviations, seed, first, step);
  return apply_cutout(x, cutouts);
}

}  // namespace sgan::train
