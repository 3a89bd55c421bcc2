// Mean and covariance of features, summed in double. Every block is centred on its own mean before
// its products are summed, so that a mean far from zero costs no digits (T. F. Chan, G. H. Golub,
// R. J. LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances",
// 1979).
#pragma once

#include <cstdint>
#include <vector>

#include "lib/rt/tensor.hpp"

namespace sgan::metrics {

// What the sum of squares is divided by: n (StyleGAN2-ADA, StyleGAN3) or n - 1 (StyleGAN 1, 2).
enum class Covariance { population, unbiased };

class Moments {
 public:
  explicit Moments(int64_t features);
  explicit Moments(const rt::Tensor& rows) : Moments(rows.size(1)) { add(rows); }

  // [n, features], float32 or float64. Throws Error naming the sample that is not finite.
  void add(const rt::Tensor& rows);
  void add(const Moments& other);  // of other samples

  int64_t count() const { return count_; }
  int64_t features() const { return int64_t(mean_.size()); }
  const std::vector<double>& mean() const { return mean_; }
  // [features, features], symmetric. Throws Error with too few samples for the convention.
  std::vector<double> covariance(Covariance convention) const;
  double trace(Covariance convention) const;
  bool rank_deficient() const { return count_ <= features(); }

 private:
  double divisor(Covariance convention) const;
  // The row that makes products about two means products about their common mean, into `row`;
  // moves the mean.
  void join(const double* mean, int64_t count, double* row);

  int64_t count_ = 0;
  std::vector<double> mean_;
  std::vector<double> products_;  // upper triangle of sum (x - mean)^T (x - mean)
};

}  // namespace sgan::metrics
