#include "lib/metrics/separability.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "lib/metrics/rows.hpp"

namespace sgan::metrics {
namespace {

// H(target | prediction) = H(both) - H(prediction).
double conditional_entropy(const std::vector<double>& table, int classes) {
  const auto term = [](double p) { return p > 0 ? -p * std::log2(p) : 0; };
  double both = 0, predictions = 0;
  for (int row = 0; row < classes; ++row) {
    double sum = 0;
    for (int column = 0; column < classes; ++column) {
      both += term(table[row * classes + column]);
      sum += table[row * classes + column];
    }
    predictions += term(sum);
  }
  return std::max(0.0, both - predictions);
}

// Of a class that no kept sample belongs to: it is predicted of none.
Plane never(int64_t d) {
  return {std::vector<double>(d, 0), -std::numeric_limits<double>::infinity()};
}

int predicted(const double* decisions, int64_t planes) {
  if (planes == 1) return decisions[0] > 0;
  return int(std::max_element(decisions, decisions + planes) - decisions);
}

}  // namespace

rt::Tensor class_probabilities(const rt::Tensor& logits) {
  check_finite(logits, "logits");
  const int64_t n = logits.size(0), columns = logits.size(1),
                classes = std::max<int64_t>(columns, 2);
  check(columns == 1 || columns > 2, "logits: ", columns,
        " columns; two classes have one, more classes one each");
  const auto values = logits.to_doubles();
  rt::Tensor result({n, classes}, rt::DType::f32);
  std::vector<float> row(classes);
  for (int64_t i = 0; i < n; ++i) {
    if (columns == 1)
      row = {float(values[i]), -float(values[i])};
    else
      std::transform(&values[i * columns], &values[i * columns] + columns, row.begin(),
                     [](double v) { return float(v); });
    const float largest = *std::max_element(row.begin(), row.end());
    float sum = 0;
    for (float& v : row) sum += v = std::exp(v - largest);
    for (int64_t c = 0; c < classes; ++c) result.data<float>()[i * classes + c] = row[c] / sum;
  }
  return result;
}

Confident keep_confident(const rt::Tensor& probabilities, int64_t keep) {
  check_finite(probabilities, "class probabilities");
  const int64_t n = probabilities.size(0), classes = probabilities.size(1);
  check(keep >= 1 && keep <= n, "cannot keep ", keep, " of ", n, " samples");
  std::vector<double> surest(n);
  std::vector<int64_t> best(n);
  const rt::Tensor values = probabilities.to(rt::DType::f32);
  for (int64_t i = 0; i < n; ++i) {
    const float* row = values.data<float>() + i * classes;
    best[i] = std::max_element(row, row + classes) - row;
    surest[i] = row[best[i]];
  }
  Confident result{.classes = int(classes)};
  result.kept.resize(n);
  std::iota(result.kept.begin(), result.kept.end(), 0);
  std::stable_sort(result.kept.begin(), result.kept.end(),
                   [&](int64_t a, int64_t b) { return surest[a] > surest[b]; });
  result.kept.resize(keep);
  for (int64_t i : result.kept) result.targets.push_back(best[i]);
  return result;
}

Separation separate(const rt::Tensor& latents, const Confident& confident) {
  check_finite(latents, "latents");
  const int64_t d = latents.size(1), n = int64_t(confident.kept.size());
  const int classes = confident.classes;
  const auto points = gather_rows(latents, confident.kept);
  Separation result;
  result.table.assign(classes * classes, 0);
  const auto& targets = confident.targets;
  const bool one_class =
      std::all_of(targets.begin(), targets.end(), [&](int64_t t) { return t == targets.front(); });
  if (one_class) {
    if (n > 0) result.table[targets.front() * classes + targets.front()] = 1;
    return result;
  }
  const int planes = classes == 2 ? 1 : classes;
  for (int p = 0; p < planes; ++p) {
    std::vector<bool> positive(n);
    for (int64_t i = 0; i < n; ++i) positive[i] = targets[i] == (classes == 2 ? 1 : p);
    const bool any = std::find(positive.begin(), positive.end(), true) != positive.end();
    result.planes.push_back(any ? fit_plane(points, d, positive) : never(d));
  }
  result.decisions.resize(n * planes);
  for (int64_t i = 0; i < n; ++i) {
    for (int p = 0; p < planes; ++p) {
      const Plane& plane = result.planes[p];
      result.decisions[i * planes + p] = std::inner_product(
          plane.normal.begin(), plane.normal.end(), points.begin() + i * d, plane.offset);
    }
    result.table[predicted(&result.decisions[i * planes], planes) * classes + targets[i]] += 1;
  }
  for (double& share : result.table) share /= double(n);
  result.entropy_bits = conditional_entropy(result.table, classes);
  return result;
}

double separability_score(const std::vector<Separation>& attributes) {
  double bits = 0;
  for (const Separation& s : attributes) bits += s.entropy_bits;
  return std::exp2(bits);
}

}  // namespace sgan::metrics
