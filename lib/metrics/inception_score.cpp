#include "lib/metrics/inception_score.hpp"

#include <cmath>
#include <vector>

#include "lib/metrics/rows.hpp"

namespace sgan::metrics {

InceptionScore inception_score(const rt::Tensor& probabilities, int splits) {
  check_finite(probabilities, "class probabilities");
  const int64_t n = probabilities.size(0), classes = probabilities.size(1);
  check(splits >= 1, "the inception score needs at least one split");
  check(n >= splits, "the inception score of ", splits, " splits needs as many samples; there ",
        n == 1 ? "is " : "are ", n);
  std::vector<double> scores, row(classes);
  for (int64_t s = 0; s < splits; ++s) {
    const int64_t begin = s * n / splits, end = (s + 1) * n / splits;
    const auto mean = mean_of_rows(probabilities.rows(begin, end));
    double divergence = 0;
    for (int64_t i = begin; i < end; ++i) {
      read_rows(probabilities, i, 1, row.data());
      for (int64_t c = 0; c < classes; ++c) {
        check(row[c] >= 0, "class probabilities: row ", i, " holds ", row[c]);
        if (row[c] > 0) divergence += row[c] * std::log(row[c] / mean[c]);
      }
    }
    scores.push_back(std::exp(divergence / double(end - begin)));
  }
  double mean = 0, variance = 0;
  for (double s : scores) mean += s / splits;
  for (double s : scores) variance += (s - mean) * (s - mean) / splits;
  return {mean, std::sqrt(variance)};
}

}  // namespace sgan::metrics
