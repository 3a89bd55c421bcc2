// Frechet distance between two sets of features taken as Gaussians (M. Heusel et al., "GANs trained
// by a two time-scale update rule converge to a local Nash equilibrium", 2017: FID).
#pragma once

#include "lib/metrics/moments.hpp"

namespace sgan::metrics {

// |mean_a - mean_b|^2 + trace(A + B - 2 (A B)^(1/2)), never below 0.
// With A = F^T F and B = G^T G the trace of the root is the sum of the singular values of F G^T:
// no complex numbers, and a rank below the number of features costs no digits, because F and G
// have no more rows than a covariance of n samples can have rank. Throws Error with too few
// samples.
double frechet_distance(const Moments& a, const Moments& b,
                        Covariance convention = Covariance::population);

}  // namespace sgan::metrics
