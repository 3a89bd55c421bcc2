// The differentiable filtered nonlinearity on the CPU in one pass.
#pragma once

#include "lib/ops/filtered_lrelu.hpp"

namespace sgan::ops {

// filtered_lrelu that keeps two bits an oversampled sample for its gradients, which are one pass
// each. Undefined where there is none for the case: another device or element type than float32,
// 2-D filters, more than 32 taps, factors beyond 4.
Var filtered_lrelu_coded(const Var& x, const Var& b, const Filter& up_filter,
                         const Filter& down_filter, const FilteredLreluOptions& options);

}  // namespace sgan::ops
