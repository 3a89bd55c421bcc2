// Inception score (T. Salimans et al., "Improved techniques for training GANs", 2016).
#pragma once

#include "lib/rt/tensor.hpp"

namespace sgan::metrics {

struct InceptionScore {
  double mean, deviation;  // over the splits; the deviation is that of a population
};

// exp(mean KL(p(y|x) || p(y))) of each of `splits` ranges of the rows of `probabilities`
// [samples, classes]. A probability of 0 adds nothing. Throws Error for fewer samples than splits
// and for values that are not finite or are negative.
InceptionScore inception_score(const rt::Tensor& probabilities, int splits = 10);

}  // namespace sgan::metrics
