// Pooling over windows of pictures [N, H, W, C]; each op and its adjoint are a closed family.
#pragma once

#include "lib/ag/var.hpp"

namespace sgan::ops {

using ag::Var;
using ag::Vars;

struct PoolOptions {
  int kernel = 2, stride = 2;  // square windows of at most 15 pixels
  int64_t pad = 0;             // pixels around the picture that take no part; at most kernel / 2
};

// Each axis becomes floor((in + 2 pad - kernel) / stride) + 1.

// The largest of each window; the gradient goes to the first pixel that is as large.
Var max_pool(const Var& x, const PoolOptions& options);
// The mean of a window's pixels, of those that lie in the picture.
Var average_pool(const Var& x, const PoolOptions& options);

}  // namespace sgan::ops
