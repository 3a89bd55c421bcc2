// Sums over axes and their adjoint, stretching.
#pragma once

#include <vector>

#include "lib/ops/arithmetic.hpp"

namespace sgan::ops {

// Sum over the axes (negative counts from the end); they stay as size 1.
Var sum(const Var& x, const std::vector<int>& axes);
Var mean(const Var& x, const std::vector<int>& axes);
Var sum_all(const Var& x);  // a scalar, shape []
// Undoes broadcasting: sums what was stretched from `shape` to x's shape.
Var sum_to(const Var& x, const rt::Shape& shape);
// numpy's broadcast_to.
Var expand(const Var& x, const rt::Shape& shape);

}  // namespace sgan::ops
