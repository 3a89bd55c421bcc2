#include "lib/io/finite.hpp"

#include <cstdint>
#include <cstring>
#include <limits>
#include <numeric>

#if defined(SGAN_CUDA)  // the fuzz programs have no GPU, and link neither ops nor kernels
#include "lib/ops/arithmetic.hpp"
#include "lib/ops/reduce.hpp"
#endif

namespace sgan::io {
namespace {

// Without a branch, so that it is done many values at a time.
bool all_finite(const float* values, size_t count) {
  uint32_t most = 0;
  for (size_t i = 0; i < count; ++i) {
    uint32_t bits;
    std::memcpy(&bits, values + i, sizeof bits);
    bits &= 0x7fffffffu;
    most = bits > most ? bits : most;
  }
  return most < 0x7f800000u;  // the exponent of infinity and NaN
}

}  // namespace

int64_t first_not_finite(const rt::Tensor& batch) {
  rt::Tensor values = batch;
#if defined(SGAN_CUDA)
  if (batch.device().is_cuda()) {
    // 0 * x is 0 for finite x and NaN otherwise, and so is the sum.
    const ag::NoGrad quiet;
    std::vector<int> axes(size_t(batch.rank() - 1));
    std::iota(axes.begin(), axes.end(), 1);
    values = ops::sum(ops::scale(ag::Var(batch), 0), axes).value().to(rt::cpu);
  }
#endif
  const int64_t rows = values.size(0);
  if (values.numel() == 0 || all_finite(values.data<float>(), size_t(values.numel()))) return -1;
  const size_t width = size_t(values.numel() / rows);
  for (int64_t row = 0; row < rows; ++row) {
    if (!all_finite(values.data<float>() + size_t(row) * width, width)) return row;
  }
  return -1;
}

int64_t first_square_overflow(const rt::Tensor& batch) {
  const float* at = batch.data<float>();
  const int64_t rows = batch.size(0), width = rows == 0 ? 0 : batch.numel() / rows;
  for (int64_t row = 0; row < rows; ++row, at += width) {
    double sum = 0;
    for (int64_t i = 0; i < width; ++i) sum += double(at[i]) * double(at[i]);
    if (sum > double(std::numeric_limits<float>::max())) return row;
  }
  return -1;
}

}  // namespace sgan::io
