// The fused filtered nonlinearity on CUDA.
#pragma once

#include "lib/ops/filtered_lrelu.hpp"

namespace sgan::ops {

// filtered_lrelu in one kernel. Undefined where there is none for the case: another device,
// float64, other factors or longer filters. Not differentiable.
Var filtered_lrelu_cuda(const Var& x, const Var& b, const Filter& up_filter,
                        const Filter& down_filter, const FilteredLreluOptions& options);

}  // namespace sgan::ops
