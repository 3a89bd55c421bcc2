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

// Sum over a, b of (a.b / d + 1)^3, without a = b where `same`.
double kernel_sum(const std::vector<double>& a, const std::vector<double>& b, int64_t m, int64_t d,
                  bool same) {
  std::vector<double> products(m * m), sums(m);
  multiply_transposed(a.data(), b.data(), m, m, d, 1 / double(d), 0, products.data());
  kernels::parallel_ranges(m, 32, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      double sum = 0;
      for (int64_t j = 0; j < m; ++j) {
        const double k = products[i * m + j] + 1;
        sum += same && i == j ? 0 : k * k * k;
      }
      sums[i] = sum;
    }
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0);
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
  std::vector<double> values;
  for (const Subset& subset : subsets) {
    const int64_t m = int64_t(subset.generated.size());
    check(int64_t(subset.real.size()) == m, "KID: ", m, " generated beside ", subset.real.size(),
          " real samples in a subset");
    check(m >= 2, "KID needs at least 2 samples of each; there ", m == 1 ? "is " : "are ", m);
    const auto x = rounded_rows(generated, subset.generated), y = rounded_rows(real, subset.real);
    const double within = kernel_sum(x, x, m, d, true) + kernel_sum(y, y, m, d, true);
    values.push_back(within / (double(m) * double(m - 1)) -
                     2 * kernel_sum(x, y, m, d, false) / (double(m) * double(m)));
  }
  return values;
}

}  // namespace sgan::metrics
