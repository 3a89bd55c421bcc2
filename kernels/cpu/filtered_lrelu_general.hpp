// The filtered nonlinearity for any filter, factor, slope and gain: SIMD over channels, tiles in
// L2. Private to kernels/cpu.
#pragma once

#include <cstdint>

#include "kernels/cpu/filtered_lrelu_plan.hpp"

namespace sgan::kernels::flrelu {

inline constexpr int kMaxTaps = 32;
inline constexpr int kTile = 8;  // outputs per tile side

// One resampling filter as a correlation, gain included. Separable: tap[0..width) in both
// directions.
struct GeneralFir {
  float tap[kMaxTaps * kMaxTaps];
  int width, height;
  bool separable;
};

struct GeneralPlan {
  Plan base;  // shapes, pointers, first_x, first_y; k.slope and k.clamp
  GeneralFir fu, fd;
  int up, down;
  float gain;
};

int64_t general_scratch_floats(const GeneralPlan& plan);

// Channels [c0, c0 + lanes) of outputs [x0, x1) x [y0, y0 + rows), at most kTile x kTile.
void run_general_item(const GeneralPlan& plan, const Item& item, float* scratch);

// y = clamp(gain * lrelu(x * scale + bias)) for pixels [begin, end) of sample n: no filters, no
// padding.
void run_pointwise(const GeneralPlan& plan, int64_t n, int64_t begin, int64_t end, float* scratch);
int64_t pointwise_scratch_floats(const GeneralPlan& plan);

}  // namespace sgan::kernels::flrelu
