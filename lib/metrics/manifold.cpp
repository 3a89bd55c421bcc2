#include "lib/metrics/manifold.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/parallel.hpp"
#include "lib/metrics/linalg.hpp"
#include "lib/metrics/rows.hpp"

namespace sgan::metrics {
namespace {

constexpr int64_t kRows = 256, kColumns = 2048;  // of the distances taken at once: 2 MB

// Rows about a common centre, in float32, with the squared lengths.
struct Centred {
  std::vector<float> values;
  std::vector<double> lengths;
};

Centred centred(const rt::Tensor& rows, int64_t first, int64_t count,
                const std::vector<double>& centre) {
  const int64_t d = rows.size(1);
  Centred result{std::vector<float>(count * d), std::vector<double>(count)};
  kernels::parallel_ranges(count, 32, [&](int64_t begin, int64_t end) {
    std::vector<double> row(d);
    for (int64_t i = begin; i < end; ++i) {
      read_rows(rows, first + i, 1, row.data());
      double length = 0;
      for (int64_t c = 0; c < d; ++c) {
        const double v = row[c] - centre[c];
        result.values[i * d + c] = float(v);
        length += v * v;
      }
      result.lengths[i] = length;
    }
  });
  return result;
}

// A squared distance taken in float32 is wrong by less than this times the sum of the squared
// lengths: the vectors' rounding, and that of a sum of d products. The latter grows like the square
// root of d; 8 times that is never met, and d itself is the proven limit for short vectors.
double rounding(int64_t d) {
  const double steps = std::min(double(d), 8 * std::sqrt(double(d))) + 8;
  return steps * std::numeric_limits<float>::epsilon();
}

template <class T>
double squared_distance(const T* a, const T* b, int64_t d) {
  double sum = 0;
  for (int64_t c = 0; c < d; ++c) {
    const double delta = double(a[c]) - double(b[c]);
    sum += delta * delta;
  }
  return sum;
}

// Between rows of two tensors of one type, in double; the same number for (a, b) and (b, a).
double exact(const rt::Tensor& a, int64_t i, const rt::Tensor& b, int64_t j) {
  const int64_t d = a.size(1);
  return a.dtype() == rt::DType::f32
             ? squared_distance(a.data<float>() + i * d, b.data<float>() + j * d, d)
             : squared_distance(a.data<double>() + i * d, b.data<double>() + j * d, d);
}

// What the float32 product says of a squared distance.
struct Bounds {
  double least, most;
};

// Calls use(row, first column, bounds, columns) for all pairs, columns of a row in order. Each
// thread has rows of its own, so that none waits for another.
template <class Use>
void for_distances(const rt::Tensor& rows, const rt::Tensor& columns, const Use& use) {
  const int64_t n = rows.size(0), m = columns.size(0), d = rows.size(1);
  const double relative = rounding(d);
  const auto centre = mean_of_rows(columns);
  const Centred b = centred(columns, 0, m, centre);
  kernels::parallel_each((n + kRows - 1) / kRows, [&](int64_t block) {
    const int64_t first = block * kRows, count = std::min(kRows, n - first);
    const Centred a = centred(rows, first, count, centre);
    std::vector<float> products(count * std::min(kColumns, m));
    std::vector<Bounds> bounds(std::min(kColumns, m));
    for (int64_t c = 0; c < m; c += kColumns) {
      const int64_t width = std::min(kColumns, m - c);
      multiply_transposed(a.values.data(), b.values.data() + c * d, count, width, d, -2, 0,
                          products.data());
      for (int64_t i = 0; i < count; ++i) {
        for (int64_t j = 0; j < width; ++j) {
          const double lengths = a.lengths[i] + b.lengths[c + j], error = relative * lengths;
          const double distance = lengths + double(products[i * width + j]);
          bounds[j] = {distance - error, distance + error};
        }
        use(first + i, c, bounds.data(), width);
      }
    }
  });
}

// The samples that may be the nearest k of one sample, while the distances come by.
class Nearest {
 public:
  void add(const Bounds& bounds, int64_t index, int k) {
    if (bounds.least > limit_) return;
    candidates_.push_back({bounds, index});
    if (candidates_.size() >= size_t(4 * k + 32)) prune(k);
  }
  // At least k of the samples, the nearest k among them.
  std::vector<int64_t> indices(int k) {
    prune(k);
    std::vector<int64_t> result;
    for (const Candidate& c : candidates_) result.push_back(c.index);
    return result;
  }

 private:
  struct Candidate {
    Bounds bounds;
    int64_t index;
  };
  void prune(int k) {
    std::nth_element(
        candidates_.begin(), candidates_.begin() + (k - 1), candidates_.end(),
        [](const Candidate& a, const Candidate& b) { return a.bounds.most < b.bounds.most; });
    limit_ = std::min(limit_, candidates_[k - 1].bounds.most);
    std::erase_if(candidates_, [&](const Candidate& c) { return c.bounds.least > limit_; });
  }

  std::vector<Candidate> candidates_;
  double limit_ = std::numeric_limits<double>::infinity();  // the k-th cannot be farther
};

void check_pair(const rt::Tensor& a, const rt::Tensor& b) {
  check(a.size(1) == b.size(1), "features: ", a.size(1), " beside ", b.size(1));
  check(a.dtype() == b.dtype(), "features: ", rt::name_of(a.dtype()), " beside ",
        rt::name_of(b.dtype()));
}

double share(const std::vector<bool>& flags) {
  return double(std::count(flags.begin(), flags.end(), true)) / double(flags.size());
}

}  // namespace

std::vector<double> squared_radii(const rt::Tensor& samples, int k) {
  check_finite(samples, "features");
  const int64_t n = samples.size(0);
  check(k >= 1, "precision and recall need at least one neighbour");
  check(n > k, "precision and recall with ", k, " neighbours need more than ", k,
        " samples of each set; there ", n == 1 ? "is " : "are ", n);
  std::vector<Nearest> nearest(n);
  for_distances(samples, samples,
                [&](int64_t i, int64_t first, const Bounds* bounds, int64_t count) {
                  for (int64_t j = 0; j < count; ++j)
                    if (first + j != i) nearest[i].add(bounds[j], first + j, k);
                });
  std::vector<double> radii(n);
  kernels::parallel_ranges(n, 16, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      std::vector<double> distances;
      for (int64_t j : nearest[i].indices(k)) distances.push_back(exact(samples, i, samples, j));
      std::nth_element(distances.begin(), distances.begin() + (k - 1), distances.end());
      radii[i] = distances[k - 1];
    }
  });
  return radii;
}

std::vector<bool> inside(const rt::Tensor& probes, const rt::Tensor& manifold,
                         const std::vector<double>& squared_radii) {
  check_finite(probes, "features");
  check_finite(manifold, "features");
  check_pair(probes, manifold);
  check(int64_t(squared_radii.size()) == manifold.size(0), "one radius a sample of the manifold");
  std::vector<char> found(probes.size(0), 0);  // not of bits: several threads write
  for_distances(
      probes, manifold, [&](int64_t i, int64_t first, const Bounds* bounds, int64_t count) {
        for (int64_t j = 0; j < count && !found[i]; ++j) {
          const double radius = squared_radii[first + j];
          if (bounds[j].least > radius) continue;
          found[i] = bounds[j].most <= radius || exact(probes, i, manifold, first + j) <= radius;
        }
      });
  return {found.begin(), found.end()};
}

PrecisionRecall precision_recall(const rt::Tensor& generated, const rt::Tensor& real, int k) {
  const auto real_radii = squared_radii(real, k), generated_radii = squared_radii(generated, k);
  return {share(inside(generated, real, real_radii)),
          share(inside(real, generated, generated_radii))};
}

}  // namespace sgan::metrics
