// Small composite ops that every generation uses.
#pragma once

#include "lib/ops/bias_act.hpp"

namespace sgan::ops {

// Fully connected layer with equalised learning rate: act(x (w * multiplier / sqrt(in))^T + b *
// multiplier). x [N, in], weight [out, in], bias [out] or undefined.
Var dense(const Var& x, const Var& weight, const Var& bias, double lr_multiplier = 1,
          const ActOptions& act = {}, double weight_gain = 1);

// x * (mean(x^2) + eps)^(-1/2) over one axis (ProGAN, 1710.10196, section 4.2).
Var normalize_2nd_moment(const Var& x, int axis = -1, double eps = 1e-8);

// Appends `num_channels` channels holding the mean standard deviation over groups of `group_size`
// samples (0: the whole batch); sample n is in group n mod (N / group). x [N, H, W, C].
Var minibatch_stddev(const Var& x, int group_size, int num_channels);

}  // namespace sgan::ops
