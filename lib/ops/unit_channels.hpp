// The channels of every pixel as a vector of length 1 (LPIPS, 1801.03924, section 3).
#pragma once

#include "lib/ops/arithmetic.hpp"

namespace sgan::ops {

// 1 / (|x| + epsilon) over the last axis, which becomes 1. Where x is zero 0, and so is the
// gradient: there is no direction to point to.
Var inverse_norm(const Var& x, double epsilon);

// x / (|x| + epsilon) over the last axis; zeros stay zeros, with a gradient of 0.
Var unit_channels(const Var& x, double epsilon);

// Sum over the last axis, which becomes 1, of weight [C] times the squared difference of
// unit_channels(a) and unit_channels(b). One pass where nothing is differentiated.
Var unit_distance(const Var& a, const Var& b, const Var& weight, double epsilon);

// For inference: weight [C] times unit_channels(x), x [N, H, W, C], into the rows [N, ...] from
// column `first` on.
void write_unit_channels(const rt::Tensor& x, const rt::Tensor& weight, double epsilon,
                         const rt::Tensor& rows, int64_t first);

}  // namespace sgan::ops
