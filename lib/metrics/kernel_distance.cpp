#include "lib/metrics/kernel_distance.hpp"

#include <algorithm>
#include <numeric>

#include "kernels/parallel.hpp"
#include "lib/metrics/linalg.hpp"
#include "lib/metrics/rows.hpp"
#include "lib/rt/numpy_random.hpp"

namespace sgan::metrics {
namespace {

std::vector<int64_t> choose(rt::NumpyRandom& random, int64_t n, int64_t count) {
  std::vector<int64_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  random.shuffle(std::span(order));
  order.resize(count);
  return order;
}

std::vector<double> rounded_rows(const rt::Tensor& rows, const std::vector<int64_t>& indices) {
  std::vector<double> values = gather_rows(rows, indices);
  for (double& v : values) v = double(float(v));
  return values;
}

double cube(double v) { return v * v * v; }

// Sum over all pairs of (a.b / d + 1)^3.
double sum_between(const std::vector<double>& a, const std::vector<double>& b, int64_t m,
                   int64_t d) {
  std::vector<double> products(m * m);
  multiply_transposed(a.data(), b.data(), m, m, d, 1 / double(d), 0, products.data());
  double sum = 0;
  for (double p : products) sum += cube(p + 1);
  return sum;
}

// The same over pairs of different samples of one set.
double sum_within(const std::vector<double>& a, int64_t m, int64_t d) {
  std::vector<double> products(m * m);
  inner_products(a.data(), m, d, 1 / double(d), products.data());
  double sum = 0;
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = i + 1; j < m; ++j) sum += cube(products[i * m + j] + 1);
  return 2 * sum;
}

double kernel_distance(const rt::Tensor& generated, const rt::Tensor& real, const Subset& subset) {
  const int64_t m = int64_t(subset.real.size()), d = real.size(1);
  const auto x = rounded_rows(generated, subset.generated), y = rounded_rows(real, subset.real);
  return (sum_within(x, m, d) + sum_within(y, m, d)) / (double(m) * double(m - 1)) -
         2 * sum_between(x, y, m, d) / (double(m) * double(m));
}

void check_indices(const std::vector<int64_t>& indices, int64_t rows) {
  for (int64_t i : indices) check(i >= 0 && i < rows, "KID: sample ", i, " of ", rows);
}

}  // namespace

std::vector<Subset> draw_subsets(int64_t generated, int64_t real, uint32_t seed, int count,
                                 int64_t largest) {
  const int64_t size = std::min({generated, real, largest});
  rt::NumpyRandom random(seed);
  std::vector<Subset> subsets(count);
  for (Subset& subset : subsets) {
    subset.generated = choose(random, generated, size);
    subset.real = choose(random, real, size);
  }
  return subsets;
}

std::vector<double> kernel_distances(const rt::Tensor& generated, const rt::Tensor& real,
                                     const std::vector<Subset>& subsets) {
  check_finite(generated, "features of the generated images");
  check_finite(real, "features of the real images");
  const int64_t d = generated.size(1);
  check(real.size(1) == d, "features: ", d, " beside ", real.size(1));
  for (const Subset& subset : subsets) {
    const int64_t m = int64_t(subset.generated.size());
    check(int64_t(subset.real.size()) == m, "KID: ", m, " generated beside ", subset.real.size(),
          " real samples in a subset");
    check(m >= 2, "KID needs at least 2 samples of each; there ", m == 1 ? "is " : "are ", m);
    check_indices(subset.generated, generated.size(0));
    check_indices(subset.real, real.size(0));
  }
  // A thread a subset.
  std::vector<double> values(subsets.size());
  kernels::parallel_each(int64_t(subsets.size()), [&](int64_t s) {
    values[s] = kernel_distance(generated, real, subsets[s]);
  });
  return values;
}

}  // namespace sgan::metrics
