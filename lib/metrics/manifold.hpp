// Precision and recall of generated images (T. Kynkaanniemi et al., "Improved precision and recall
// metric for assessing generative models", 2019): a set of features stands for the union of balls
// around its samples, each as large as the distance to its k-th nearest neighbour.
// Distances are first taken by a float32 matrix product; whatever its rounding could decide wrongly
// is taken again in double, so that the results are those of exact distances.
#pragma once

#include <vector>

#include "lib/rt/tensor.hpp"

namespace sgan::metrics {

// Squared radius of each sample's ball [samples]. Throws Error unless there are more than k samples
// and all are finite.
std::vector<double> squared_radii(const rt::Tensor& samples, int k);

// Which probes lie inside a ball (on its surface is inside) of the manifold.
std::vector<bool> inside(const rt::Tensor& probes, const rt::Tensor& manifold,
                         const std::vector<double>& squared_radii);

struct PrecisionRecall {
  double precision;  // share of generated samples inside the real manifold
  double recall;     // share of real samples inside the generated manifold
};
PrecisionRecall precision_recall(const rt::Tensor& generated, const rt::Tensor& real, int k = 3);

}  // namespace sgan::metrics
