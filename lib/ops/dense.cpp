#include "lib/ops/dense.hpp"

#include <cmath>

#include "lib/ops/cast.hpp"
#include "lib/ops/layout.hpp"
#include "lib/ops/linear.hpp"
#include "lib/ops/reduce.hpp"

namespace sgan::ops {

Var dense(const Var& x, const Var& weight, const Var& bias, double lr_multiplier,
          const ActOptions& act, double weight_gain) {
  check(weight.rank() == 2 && x.rank() == 2 && x.size(1) == weight.size(1), "dense: input ",
        x.shape(), " for a weight of ", weight.shape());
  // Scaling the few results costs less than scaling the weight.
  const double gain = lr_multiplier * weight_gain / std::sqrt(double(weight.size(1)));
  const Var y = scale(matmul(x, weight, false, true), gain);
  if (!bias.defined()) return bias_act(y, {}, act);
  return bias_act(y, lr_multiplier == 1 ? bias : scale(bias, lr_multiplier), act);
}

Var normalize_2nd_moment(const Var& x, int axis, double eps) {
  return multiply(x, rsqrt(affine(mean(square(x), {axis}), 1, eps)));
}

Var minibatch_stddev(const Var& x, int group_size, int num_channels) {
  const int64_t n = x.size(0), h = x.size(1), w = x.size(2), c = x.size(3), f = num_channels;
  const int64_t group = group_size > 0 ? std::min<int64_t>(group_size, n) : n;
  check(n % group == 0, "minibatch_stddev: ", n, " samples do not split into groups of ", group);
  check(f > 0 && c % f == 0, "minibatch_stddev: ", c, " channels do not split into ", f);
  // In double: the root's second derivative nearly cancels for small groups, and this is little
  // work.
  const Var y = reshape(cast(x, rt::DType::f64), {group, n / group, h * w, f, c / f});
  const Var centred = subtract(y, mean(y, {0}));
  const Var deviation = sqrt(affine(mean(square(centred), {0}), 1, 1e-8));  // [1, N/G, HW, F, c]
  const Var statistic = mean(deviation, {2, 4});                            // [1, N/G, 1, F, 1]
  const Var tiled = expand(reshape(statistic, {1, n / group, 1, f}), {group, n / group, h * w, f});
  return concat({x, cast(reshape(tiled, {n, h, w, f}), x.dtype())}, -1);
}

}  // namespace sgan::ops
