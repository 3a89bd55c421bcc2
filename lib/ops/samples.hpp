// Ops that treat every sample of a batch in its own way: colour matrices, FIR filters along an
// axis, and the choice of samples. The numbers are constants (no gradient).
#pragma once

#include "lib/ops/arithmetic.hpp"

namespace sgan::ops {

// Samples rows[0], rows[1], ... of x; zeros for -1. No other number may occur twice.
Var take_samples(const Var& x, const std::vector<int64_t>& rows);

// y[n, ..., j] = sum_k m[n, j, k] x[n, ..., k] + m[n, j, C]; x [N, ..., C], m [N, C, C + 1] in
// double.
Var color_matrix(const Var& x, const rt::Tensor& m);

struct FirOptions {
  int up = 1, down = 1;
  int64_t pad = 0;   // zeros before the first element, in the stretched line
  int64_t size = 0;  // of the result's axis
};

// Axis 1 or 2 of x [N, H, W, C] has up - 1 zeros inserted after every element, is padded,
// correlated with taps [N, K] or [1, K] (in double) and every down-th element kept.
Var fir_axis(const Var& x, const rt::Tensor& taps, int axis, const FirOptions& options);

}  // namespace sgan::ops
