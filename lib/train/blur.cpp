#include "lib/train/blur.hpp"

#include <algorithm>
#include <cmath>

#include "lib/ops/upfirdn2d.hpp"

namespace sgan::train {

double blur_sigma(double initial, double fade_kimg, double nimg) {
  if (fade_kimg <= 0) return 0;
  return std::max(1 - nimg / (fade_kimg * 1000), 0.0) * initial;
}

std::vector<double> blur_kernel(double sigma) {
  const int radius = int(std::floor(3 * sigma));
  std::vector<double> taps;
  double total = 0;
  for (int i = -radius; i <= radius; ++i) {
    taps.push_back(i == 0 ? 1 : std::exp2(-(i / sigma) * (i / sigma)));
    total += taps.back();
  }
  for (double& t : taps) t /= total;
  return taps;
}

ag::Var blur(const ag::Var& images, double sigma) {
  const std::vector<double> taps = blur_kernel(sigma);
  if (taps.size() == 1) return images;
  const int n = int(taps.size());
  return ops::upfirdn2d(images, {taps, 1, n, true}, {.padding = ops::Padding::all(n / 2)});
}

}  // namespace sgan::train
