// The support vector machine of separability.hpp. LIBLINEAR comes near the optimum; as the loss is
// quadratic wherever the same samples violate their margin, Newton steps with those samples then
// find it to the last digit.
#include <linear.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

#include "kernels/parallel.hpp"
#include "lib/metrics/linalg.hpp"
#include "lib/metrics/separability.hpp"

namespace sgan::metrics {
namespace {

constexpr int64_t kBlock = 4096;   // violating samples whose products are summed at once
constexpr int64_t kStart = 20000;  // samples that LIBLINEAR sees: it takes 16 bytes a number
constexpr int kMaxSteps = 100;

// Weights have one more element, of a coordinate that is 1 for all points: the offset.
struct Problem {
  int64_t n, d;
  const std::vector<double>& points;
  const std::vector<bool>& positive;

  const double* point(int64_t i) const { return points.data() + i * d; }
  double sign(int64_t i) const { return positive[i] ? 1 : -1; }
};

// Near the optimum for the points, or for evenly spread ones where there are very many.
std::vector<double> liblinear(const Problem& p) {
  const int64_t n = std::min(p.n, kStart), width = p.d + 2;  // with the 1, and an end mark
  std::vector<feature_node> nodes(n * width);
  std::vector<feature_node*> rows(n);
  std::vector<double> signs(n);
  for (int64_t r = 0; r < n; ++r) {
    const int64_t i = r * p.n / n;
    rows[r] = nodes.data() + r * width;
    for (int64_t c = 0; c < p.d; ++c) rows[r][c] = {int(c + 1), p.point(i)[c]};
    rows[r][p.d] = {int(p.d + 1), 1};
    rows[r][p.d + 1] = {-1, 0};
    signs[r] = p.sign(i);
  }
  if (std::equal(signs.begin() + 1, signs.end(), signs.begin()))
    return std::vector<double>(p.d + 1, 0);  // a rare class is not among them
  const problem task{
      .l = int(n), .n = int(p.d + 1), .y = signs.data(), .x = rows.data(), .bias = -1};
  const parameter settings{.solver_type = L2R_L2LOSS_SVC, .eps = 0.01, .C = 1};
  set_print_string_function([](const char*) {});
  struct Free {
    void operator()(model* m) const { free_and_destroy_model(&m); }
  };
  const std::unique_ptr<model, Free> found(train(&task, &settings));
  std::vector<double> w(found->w, found->w + p.d + 1);
  if (found->label[0] < 0)
    for (double& v : w) v = -v;
  return w;
}

// 1 - y (w.x) of each sample: positive where the margin is violated.
std::vector<double> violations(const Problem& p, const std::vector<double>& w) {
  std::vector<double> result(p.n);
  kernels::parallel_ranges(p.n, 256, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      result[i] =
          1 - p.sign(i) * std::inner_product(p.point(i), p.point(i) + p.d, w.begin(), w.back());
  });
  return result;
}

double loss(const std::vector<double>& w, const std::vector<double>& violations) {
  double sum = std::inner_product(w.begin(), w.end(), w.begin(), 0.0) / 2;
  for (double v : violations) sum += v > 0 ? v * v : 0;
  return sum;
}

// The minimum of |w|^2/2 + sum (1 - y w.x)^2 over the violating samples.
std::vector<double> minimum(const Problem& p, const std::vector<double>& violations) {
  const int64_t width = p.d + 1;
  std::vector<double> hessian(width * width, 0), right(width, 0), block;
  const auto add_block = [&] {
    add_gram(block.data(), int64_t(block.size()) / width, width, hessian.data());
    block.clear();
  };
  for (int64_t i = 0; i < p.n; ++i) {
    if (violations[i] <= 0) continue;
    block.insert(block.end(), p.point(i), p.point(i) + p.d);
    block.push_back(1);
    for (int64_t c = 0; c < width; ++c) right[c] += p.sign(i) * *(block.end() - width + c);
    if (int64_t(block.size()) >= kBlock * width) add_block();
  }
  add_block();
  for (int64_t c = 0; c < width; ++c) hessian[c * width + c] += 0.5;
  solve_positive(hessian, right);
  return right;
}

std::vector<double> refine(const Problem& p, std::vector<double> w) {
  auto margins = violations(p, w);
  double value = loss(w, margins);
  const auto same = [](double a, double b) { return (a > 0) == (b > 0); };
  for (int step = 0; step < kMaxSteps; ++step) {
    const auto target = minimum(p, margins);
    std::vector<double> next = target;
    auto next_margins = violations(p, next);
    // The very samples that it was the minimum for: the optimum.
    if (std::equal(margins.begin(), margins.end(), next_margins.begin(), same)) return next;
    double next_value = loss(next, next_margins);
    for (double part = 0.5; next_value > value && part > 1e-6; part /= 2) {
      for (size_t c = 0; c < w.size(); ++c) next[c] = w[c] + part * (target[c] - w[c]);
      next_margins = violations(p, next);
      next_value = loss(next, next_margins);
    }
    if (next_value >= value) return w;  // a sample on its margin changes sides by rounding
    w = std::move(next), margins = std::move(next_margins), value = next_value;
  }
  return w;
}

}  // namespace

Plane fit_plane(const std::vector<double>& points, int64_t d, const std::vector<bool>& positive) {
  const int64_t n = int64_t(positive.size());
  check(int64_t(points.size()) == n * d, "one class a point");
  const auto positives = std::count(positive.begin(), positive.end(), true);
  check(positives > 0 && positives < n, "a separating plane needs points of both classes");
  const Problem p{n, d, points, positive};
  auto w = refine(p, liblinear(p));
  const double offset = w.back();
  w.pop_back();
  return {std::move(w), offset};
}

}  // namespace sgan::metrics
