// Between the planner and the SIMD code of the resampling FIR. Private to kernels/cpu.
#pragma once

#include <cstdint>

#include "kernels/cpu/upfirdn2d_fast.hpp"

namespace sgan::kernels::upfirdn {

inline constexpr int kMaxTaps = 8;

struct Plan {
  const UpfirdnFast* p;
  float column[kMaxTaps], row[kMaxTaps];  // f = column * row
  float clamp;                            // infinity: none
  bool stream;                            // write around the caches
};

int64_t scratch_floats(const Plan& plan, int64_t width);

// Outputs [x, x + width) of rows [y, y + rows) of sample n.
void run_rows(const Plan& plan, int64_t n, int64_t y, int64_t rows, int64_t x, int64_t width,
              float* scratch);

}  // namespace sgan::kernels::upfirdn
