// StyleGAN3's fading blur of what the discriminator sees (2106.12423, appendix; golden notes
// "Losses"): reals and generated pictures alike, Gaussian, for the first pictures of a training.
#pragma once

#include <vector>

#include "lib/ag/var.hpp"

namespace sgan::train {

// In pixels, after `nimg` pictures: from `initial` linearly to 0 at fade_kimg thousand.
double blur_sigma(double initial, double fade_kimg, double nimg);
// 2^-((i / sigma)^2) for |i| <= floor(3 sigma), normalised; [1] for sigma 0.
std::vector<double> blur_kernel(double sigma);
// images [N, H, W, C], zeros around them; the size stays.
ag::Var blur(const ag::Var& images, double sigma);

}  // namespace sgan::train
