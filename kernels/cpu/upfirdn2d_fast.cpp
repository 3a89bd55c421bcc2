// Plans the resampling FIR: factors the filter and divides the output into column stripes and rows.
#include "kernels/cpu/upfirdn2d_fast.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/cpu/thread_scratch.hpp"
#include "kernels/cpu/upfirdn2d_plan.hpp"
#include "kernels/parallel.hpp"

namespace sgan::kernels {
namespace {

// f = column * row, through the row and column of the largest tap.
bool factor(const float* f, int fh, int fw, float* column, float* row) {
  int at = 0;
  for (int i = 1; i < fh * fw; ++i)
    if (std::abs(f[i]) > std::abs(f[at])) at = i;
  const int y = at / fw, x = at % fw;
  if (f[at] == 0) {
    std::fill(column, column + fh, 0.0f);
    std::fill(row, row + fw, 0.0f);
  } else {
    for (int i = 0; i < fh; ++i) column[i] = f[i * fw + x] / f[at];
    for (int j = 0; j < fw; ++j) row[j] = f[y * fw + j];
  }
  const float limit = 1e-6f * std::abs(f[at]);
  for (int i = 0; i < fh; ++i)
    for (int j = 0; j < fw; ++j)
      if (!(std::abs(f[i * fw + j] - column[i] * row[j]) <= limit)) return false;
  return true;
}

}  // namespace

bool upfirdn2d_fast_supported(const UpfirdnFast& p) {
  using upfirdn::kMaxTaps;
  if (p.fh < 1 || p.fw < 1 || p.fh > kMaxTaps || p.fw > kMaxTaps) return false;
  if (p.up < 1 || p.up > 2 || p.down < 1 || p.down > 2 || (p.up == 2 && p.down == 2)) return false;
  if (p.act != Act::linear && p.act != Act::relu && p.act != Act::lrelu) return false;
  float column[kMaxTaps], row[kMaxTaps];
  return factor(p.f, p.fh, p.fw, column, row);
}

void upfirdn2d_fast(const UpfirdnFast& p) {
  if (p.n < 1 || p.ho < 1 || p.wo < 1 || p.c < 1) return;
  upfirdn::Plan plan{};
  plan.p = &p;
  factor(p.f, p.fh, p.fw, plan.column, plan.row);
  plan.clamp = p.clamp < 0 ? std::numeric_limits<float>::infinity() : p.clamp;
  // Larger outputs leave the caches before they are read.
  plan.stream = !p.accumulate && p.n * p.ho * p.wo * p.c >= (24 << 20) / 4;
  // A stripe's lines stay in L1 and L2 from one stage to the next, its rows until their last use.
  constexpr int64_t kStripeFloats = 8192;
  const int64_t stripes = std::max<int64_t>(1, (p.wo * p.c + kStripeFloats - 1) / kStripeFloats);
  const int64_t width = std::max<int64_t>(1, (p.wo + stripes - 1) / stripes);
  const int64_t count = (p.wo + width - 1) / width;
  const int64_t floats = upfirdn::scratch_floats(plan, width);
  // Consecutive rows of a stripe share inputs, so a thread takes ranges of rows.
  const int64_t grain = std::max<int64_t>(1, 16384 / (width * p.c));
  parallel_ranges(p.n * count * p.ho, grain, [&](int64_t begin, int64_t end) {
    float* scratch = thread_scratch().floats(static_cast<size_t>(floats));
    while (begin < end) {
      const int64_t stripe = begin / p.ho, y = begin % p.ho;
      const int64_t rows = std::min(p.ho - y, end - begin), x = stripe % count * width;
      upfirdn::run_rows(plan, stripe / count, y, rows, x, std::min(width, p.wo - x), scratch);
      begin += rows;
    }
  });
}

}  // namespace sgan::kernels
