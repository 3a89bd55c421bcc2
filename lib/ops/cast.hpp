// Between element types: float32 weights and sums around a float16 or bfloat16 middle.
#pragma once

#include "lib/ops/arithmetic.hpp"

namespace sgan::ops {

// x as `type` (floating), limited to [-clamp, clamp] before it where clamp >= 0, so that float16
// does not overflow. The gradient comes back in x's type and is zero where clamped.
Var cast(const Var& x, rt::DType type, double clamp = -1);

}  // namespace sgan::ops
