// Ops that move numbers without changing them.
#pragma once

#include <vector>

#include "lib/ops/arithmetic.hpp"

namespace sgan::ops {

Var reshape(const Var& x, const rt::Shape& shape);  // shares storage; one size may be -1
Var permute(const Var& x, const std::vector<int>& axes);
// Adds zeros before and after along each axis; negative amounts crop.
Var pad(const Var& x, const std::vector<int64_t>& before, const std::vector<int64_t>& after);
Var slice(const Var& x, int axis, int64_t begin, int64_t end);
Var flip(const Var& x, const std::vector<int>& axes);
Var concat(const Vars& parts, int axis);

}  // namespace sgan::ops
