#include "lib/metrics/moments.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/parallel.hpp"
#include "lib/metrics/linalg.hpp"
#include "lib/metrics/rows.hpp"

namespace sgan::metrics {
namespace {

constexpr int64_t kBlock = 2048;  // rows summed at once: 32 MB for 2048 features

}  // namespace

Moments::Moments(int64_t features) : mean_(features, 0), products_(features * features, 0) {}

void Moments::join(const double* mean, int64_t count, double* row) {
  const double total = double(count_ + count);
  const double weight = std::sqrt(double(count_) * double(count) / total);
  for (int64_t c = 0; c < features(); ++c) {
    const double delta = mean[c] - mean_[c];
    row[c] = weight * delta;
    mean_[c] += delta * double(count) / total;
  }
  count_ += count;
}

void Moments::add(const rt::Tensor& rows) {
  check_finite(rows, "features", count_);
  const int64_t d = features();
  check(rows.size(1) == d, "features: rows of ", rows.size(1), " values after rows of ", d);
  std::vector<double> block((std::min(kBlock, rows.size(0)) + 1) * d), mean(d);
  for (int64_t first = 0; first < rows.size(0); first += kBlock) {
    const int64_t n = std::min(kBlock, rows.size(0) - first);
    kernels::parallel_ranges(n, 64, [&](int64_t begin, int64_t end) {
      read_rows(rows, first + begin, end - begin, block.data() + begin * d);
    });
    kernels::parallel_ranges(d, 64, [&](int64_t begin, int64_t end) {
      for (int64_t c = begin; c < end; ++c) mean[c] = 0;
      for (int64_t i = 0; i < n; ++i)
        for (int64_t c = begin; c < end; ++c) mean[c] += block[i * d + c];
      for (int64_t c = begin; c < end; ++c) mean[c] /= double(n);
      for (int64_t i = 0; i < n; ++i)
        for (int64_t c = begin; c < end; ++c) block[i * d + c] -= mean[c];
    });
    join(mean.data(), n, block.data() + n * d);
    add_gram(block.data(), n + 1, d, products_.data());
  }
}

void Moments::add(const Moments& other) {
  check(other.features() == features(), "features: ", other.features(), " beside ", features());
  if (other.count_ == 0) return;
  std::vector<double> row(features());
  join(other.mean_.data(), other.count_, row.data());
  for (size_t i = 0; i < products_.size(); ++i) products_[i] += other.products_[i];
  add_gram(row.data(), 1, features(), products_.data());
}

double Moments::divisor(Covariance convention) const {
  const int64_t least = convention == Covariance::unbiased ? 2 : 1;
  check(count_ >= least, "a covariance needs at least ", least, " sample", least > 1 ? "s" : "",
        "; there ", count_ == 1 ? "is " : "are ", count_);
  return double(count_ - (least - 1));
}

std::vector<double> Moments::covariance(Covariance convention) const {
  const double scale = 1 / divisor(convention);
  const int64_t d = features();
  std::vector<double> result(d * d);
  for (int64_t i = 0; i < d; ++i) {
    for (int64_t j = i; j < d; ++j)
      result[i * d + j] = result[j * d + i] = products_[i * d + j] * scale;
  }
  return result;
}

double Moments::trace(Covariance convention) const {
  double sum = 0;
  for (int64_t i = 0; i < features(); ++i) sum += products_[i * features() + i];
  return sum / divisor(convention);
}

}  // namespace sgan::metrics
