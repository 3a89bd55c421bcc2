#include "lib/metrics/frechet.hpp"

#include <algorithm>

#include "lib/metrics/linalg.hpp"
#include "lib/rt/error.hpp"

namespace sgan::metrics {

double frechet_distance(const Moments& a, const Moments& b, Covariance convention) {
  const int64_t d = a.features();
  check(b.features() == d, "features: ", d, " beside ", b.features());
  double means = 0;
  for (int64_t i = 0; i < d; ++i) {
    const double delta = a.mean()[i] - b.mean()[i];
    means += delta * delta;
  }
  const double traces = a.trace(convention) + b.trace(convention);
  const Factor f = factor(a.covariance(convention), d, std::min(a.count() - 1, d));
  const Factor g = factor(b.covariance(convention), d, std::min(b.count() - 1, d));
  std::vector<double> product(f.rank * g.rank);
  if (!product.empty())
    multiply_transposed(f.rows.data(), g.rows.data(), f.rank, g.rank, d, 1, 0, product.data());
  const double root = nuclear_norm(std::move(product), f.rank, g.rank);
  return std::max(0.0, means + traces - 2 * root);
}

}  // namespace sgan::metrics
