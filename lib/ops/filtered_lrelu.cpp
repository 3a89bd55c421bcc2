#include "lib/ops/filtered_lrelu.hpp"

#include "lib/ops/bias_act.hpp"

namespace sgan::ops {

Var filtered_lrelu(const Var& x, const Var& b, const Filter& up_filter, const Filter& down_filter,
                   const FilteredLreluOptions& o) {
  const Var biased = b.defined() ? add(x, b) : x;
  const Var fine = upfirdn2d(biased, up_filter,
                             {.up_x = o.up,
                              .up_y = o.up,
                              .padding = o.padding,
                              .flip = o.flip_filter,
                              .gain = double(o.up) * o.up});
  const Var active =
      bias_act(fine, {}, {.act = Act::lrelu, .alpha = o.slope, .gain = o.gain, .clamp = o.clamp});
  return upfirdn2d(active, down_filter,
                   {.down_x = o.down, .down_y = o.down, .flip = o.flip_filter});
}

}  // namespace sgan::ops
