// Linear separability (T. Karras, S. Laine, T. Aila, "A style-based generator architecture for
// generative adversarial networks", 2019, section 4.2 and appendix C): how well a hyperplane in a
// latent space predicts what a classifier says of the images.
#pragma once

#include <cstdint>
#include <vector>

#include "lib/rt/tensor.hpp"

namespace sgan::metrics {

// Class probabilities [n, K] in float32 of an attribute's logits: [n, 1] for two classes
// (softmax of [l, -l]: class 0 where l >= 0), [n, K] for K > 2.
rt::Tensor class_probabilities(const rt::Tensor& logits);

// The samples about which the classifier is surest.
struct Confident {
  std::vector<int64_t> kept;     // surest first; equally sure ones keep their order
  std::vector<int64_t> targets;  // class of each kept sample
  int classes = 2;
};
// `probabilities` [n, K] float32. Throws Error for fewer samples than asked, and naming the row
// that is not finite.
Confident keep_confident(const rt::Tensor& probabilities, int64_t keep);

// A point x lies on the side of the class where normal . x + offset > 0.
struct Plane {
  std::vector<double> normal;
  double offset = 0;
};
// The linear support vector machine of LIBLINEAR and of the paper: minimises
// |w|^2/2 + b^2/2 + sum max(0, 1 - y (w.x + b))^2. `positive`: whether y is 1 or -1. The optimum
// exactly (gradient at rounding). `points` [n, d].
Plane fit_plane(const std::vector<double>& points, int64_t d, const std::vector<bool>& positive);

struct Separation {
  // Towards class 1 for two classes; one a class, against the others, for more (normal 0 and offset
  // -infinity for a class of no kept sample). Empty when all kept
  // samples are of one class: the prediction is then taken as perfect.
  std::vector<Plane> planes;
  std::vector<double> decisions;  // [kept, planes]
  std::vector<double> table;      // [K, K] by prediction and target: shares of the samples
  double entropy_bits = 0;        // H(target | prediction)
};
// `latents` [n, d] holds all samples, in the order of the probabilities.
Separation separate(const rt::Tensor& latents, const Confident& confident);

// 2^(sum of the attributes' entropies in bits): 1 is perfect.
double separability_score(const std::vector<Separation>& attributes);

}  // namespace sgan::metrics
