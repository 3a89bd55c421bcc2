// Convolution and matrix product: each family is closed under differentiation.
#pragma once

#include "lib/ops/arithmetic.hpp"

namespace sgan::ops {

struct ConvOptions {
  int stride_y = 1, stride_x = 1;
  int64_t pad_y = 0, end_y = 0, pad_x = 0, end_x = 0;  // zeros before and after; >= 0
  int groups = 1;
  static ConvOptions same(int stride, int64_t padding) {
    return {stride, stride, padding, padding, padding, padding, 1};
  }
};

// x [N, H, W, Ci] correlated with weight [Co, kh, kw, Ci / groups] -> [N, Ho, Wo, Co].
Var conv2d(const Var& x, const Var& weight, const ConvOptions& options = {});
// The adjoint of conv2d in x: y [N, Ho, Wo, Co] and weight as above -> [N, height, width, Ci].
Var conv2d_transpose(const Var& y, const Var& weight, int64_t height, int64_t width,
                     const ConvOptions& options = {});

// op(a) op(b) of two matrices; op transposes where asked.
Var matmul(const Var& a, const Var& b, bool transpose_a = false, bool transpose_b = false);

}  // namespace sgan::ops
