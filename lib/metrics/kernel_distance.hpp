// Kernel distance (M. Binkowski et al., "Demystifying MMD GANs", 2018: KID): squared maximum mean
// discrepancy with the kernel (a.b / features + 1)^3, unbiased, averaged over random subsets.
#pragma once

#include <vector>

#include "lib/rt/tensor.hpp"

namespace sgan::metrics {

// Rows of the two sets that are compared; as many of each.
struct Subset {
  std::vector<int64_t> generated, real;
};

// The official drawing: for each subset numpy's RandomState(seed).choice without replacement, first
// of the generated, then of the real samples; at most `largest` of each.
std::vector<Subset> draw_subsets(int64_t generated, int64_t real, uint32_t seed, int count = 100,
                                 int64_t largest = 1000);

// Value of each subset; KID is their mean. Features are rounded to float32, sums are in double.
// Throws Error for subsets of less than 2 samples and for features that are not finite.
std::vector<double> kernel_distances(const rt::Tensor& generated, const rt::Tensor& real,
                                     const std::vector<Subset>& subsets);

}  // namespace sgan::metrics
