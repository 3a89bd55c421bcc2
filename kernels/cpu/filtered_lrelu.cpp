// Plans the filtered nonlinearity: which path, folded filters, pieces of work for the threads.
#include "kernels/cpu/filtered_lrelu.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/cpu/filtered_lrelu_general.hpp"
#include "kernels/cpu/filtered_lrelu_plan.hpp"
#include "kernels/cpu/thread_scratch.hpp"
#include "kernels/parallel.hpp"

namespace sgan::kernels {
namespace {

using flrelu::GeneralFir;
using flrelu::GeneralPlan;
using flrelu::Item;
using flrelu::kMaxTaps;
using flrelu::kTaps;
using flrelu::Plan;

int width(const Fir& f) { return f.taps ? f.width : 1; }
int height(const Fir& f) { return !f.taps ? 1 : f.separable ? f.width : f.height; }

int64_t out_size(int64_t in, int up, int pad0, int pad1, int taps_up, int taps_down, int down) {
  const int64_t samples = in * up + pad0 + pad1 - (taps_up - 1) - (taps_down - 1);
  return samples < 1 ? 0 : (samples + down - 1) / down;
}

bool identity(const Fir& f) {
  return !f.taps || (f.width == 1 && (f.separable || f.height == 1) && f.taps[0] == 1.0f);
}

// Designed filters are symmetric but for rounding: the tolerance is a few units in the last place.
bool mirrored(const float* a, const float* b, int step_b, int n, float largest) {
  for (int i = 0; i < n; ++i)
    if (!(std::abs(a[i] - b[i * step_b]) <= largest * 0x1p-21f)) return false;
  return true;
}

float largest_tap(const float* taps, int n) {
  float largest = 0;
  for (int i = 0; i < n; ++i) largest = std::max(largest, std::abs(taps[i]));
  return largest;
}

bool symmetric(const float* taps, int n, float largest) {
  return n % 2 == 0 && mirrored(taps, taps + n - 1, -1, n / 2, largest);
}

// Filters of an even number of taps grow to the fast path's size by zeros at both ends.
bool fast_up(const FilteredLrelu& p) {
  return (p.up == 2 || p.up == 4) && p.fu.taps && p.fu.separable && p.fu.width <= kTaps * p.up &&
         symmetric(p.fu.taps, p.fu.width, largest_tap(p.fu.taps, p.fu.width));
}

bool fast_down(const FilteredLrelu& p) {
  const Fir& f = p.fd;
  if (p.down != 2 || !f.taps || f.width > 2 * kTaps) return false;
  if (f.separable) return symmetric(f.taps, f.width, largest_tap(f.taps, f.width));
  if (f.width != 2 * kTaps || f.height != 2 * kTaps) return false;
  const float largest = largest_tap(f.taps, f.width * f.height);
  for (int i = 0; i < kTaps; ++i) {
    const float* row = f.taps + i * f.width;
    const float* mirror = f.taps + (f.height - 1 - i) * f.width;
    if (!symmetric(row, f.width, largest) || !mirrored(row, mirror, 1, f.width, largest))
      return false;
  }
  return true;
}

Plan base_plan(const FilteredLrelu& p) {
  Plan plan{};
  plan.h = p.h;
  plan.w = p.w;
  plan.c = p.c;
  plan.out_h = filtered_lrelu_out_h(p);
  plan.out_w = filtered_lrelu_out_w(p);
  plan.x = p.x;
  plan.scale = p.scale;
  plan.bias = p.bias;
  plan.y = p.y;
  // Beyond this the output leaves the caches before it is read, so it need not enter them.
  constexpr int64_t kStreamFloats = (24 << 20) / sizeof(float);
  plan.stream = p.n * plan.out_h * plan.out_w * p.c >= kStreamFloats;
  plan.up = p.up;
  plan.first_x = -p.pad[0];
  plan.first_y = -p.pad[2];
  plan.k.slope = p.slope;
  plan.k.clamp = p.clamp < 0 ? std::numeric_limits<float>::infinity() : p.clamp;
  return plan;
}

Plan fast_plan(const FilteredLrelu& p) {
  Plan plan = base_plan(p);
  const int before_up = (kTaps * p.up - p.fu.width) / 2;
  for (int q = 0; q < p.up / 2; ++q) {
    for (int j = 0; j < kTaps; ++j) {
      const int t = p.up - 1 - q + p.up * j - before_up;
      const float tap =
          t < 0 || t >= p.fu.width
              ? 0.0f
              : 0.5f * (p.fu.taps[t] + p.fu.taps[p.fu.width - 1 - t]) * static_cast<float>(p.up);
      plan.k.up_x[q][j] = tap;
      plan.k.up_y[q][j] = tap * p.gain;
    }
  }
  const int before_down = (2 * kTaps - p.fd.width) / 2;
  double q[6][6];
  for (int i = 0; i < 6; ++i) {
    for (int j = 0; j < 6; ++j) {
      const int y = i - before_down, x = j - before_down;
      if (y < 0 || x < 0)
        q[i][j] = 0;
      else if (p.fd.separable)
        q[i][j] = static_cast<double>(p.fd.taps[y]) * p.fd.taps[x];
      else
        q[i][j] = p.fd.taps[y * p.fd.width + x];
    }
  }
  plan.rank = flrelu::factorise(q, plan.k);
  plan.first_x -= before_up + before_down;
  plan.first_y -= before_up + before_down;
  return plan;
}

// Divides the output into groups of channel vectors, column stripes and, if the cores would starve,
// row segments.
class FastItems {
 public:
  explicit FastItems(const FilteredLrelu& p, const Plan& plan) : n_(p.n), c_(p.c), plan_(plan) {
    // Every chunk of rows passes over the state of all columns and vectors of a piece.
    constexpr int64_t kStateFloats = (1 << 20) / sizeof(float);
    constexpr int64_t kStripe = 128;  // wider ones repeat hardly fewer columns
    const int64_t lanes = flrelu::vector_lanes(), wanted = 4 * num_threads();
    const int64_t blocks = (p.c + lanes - 1) / lanes;
    int64_t most = flrelu::kMaxBlocks;
    while (most > 2 && p.n * ((blocks + most - 1) / most) * ((plan.out_w + kStripe - 1) / kStripe) *
                               std::max<int64_t>(plan.out_h / 96, 1) <
                           wanted)
      most /= 2;
    groups_ = (blocks + most - 1) / most;
    blocks_ = (blocks + groups_ - 1) / groups_;
    groups_ = (blocks + blocks_ - 1) / blocks_;
    channels_ = blocks_ * lanes;
    int64_t stripe = std::min(plan.out_w, kStripe);
    while (stripe > 32 && blocks_ * flrelu::state_floats(stripe) > kStateFloats) stripe -= 4;
    stripes_ = (plan.out_w + stripe - 1) / stripe;
    const int64_t pieces = n_ * groups_ * stripes_;
    parts_ = num_threads() == 1 ? 1 : (wanted + pieces - 1) / pieces;
    parts_ = std::clamp<int64_t>(parts_, 1, std::max<int64_t>(plan.out_h / 48, 1));
    rows_ =
        ((plan.out_h + parts_ - 1) / parts_ + flrelu::kChunk - 1) / flrelu::kChunk * flrelu::kChunk;
    parts_ = (plan.out_h + rows_ - 1) / rows_;
  }

  int64_t count() const { return n_ * parts_ * stripes_ * groups_; }

  int64_t scratch_floats() const {
    return flrelu::scratch_floats(plan_.up, plan_.rank, (plan_.out_w + stripes_ - 1) / stripes_,
                                  static_cast<int>(blocks_));
  }

  Item operator[](int64_t i) const {
    Item item{};
    item.c0 = i % groups_ * channels_;
    item.channels = std::min(channels_, c_ - item.c0);
    i /= groups_;
    const int64_t stripe = i % stripes_;
    i /= stripes_;
    item.x0 = plan_.out_w * stripe / stripes_;
    item.x1 = plan_.out_w * (stripe + 1) / stripes_;
    item.y0 = i % parts_ * rows_;
    item.rows = std::min(rows_, plan_.out_h - item.y0);
    item.n = i / parts_;
    return item;
  }

 private:
  int64_t n_, c_;
  const Plan& plan_;
  int64_t groups_, blocks_, channels_, stripes_, parts_, rows_;
};

void run_fast(const FilteredLrelu& p) {
  const Plan plan = fast_plan(p);
  const FastItems items(p, plan);
  const int64_t floats = items.scratch_floats();
  parallel_each(items.count(), [&](int64_t i) {
    flrelu::run_item(plan, items[i], thread_scratch().floats(static_cast<size_t>(floats)));
  });
}

void general_fir(const Fir& f, bool flip, float gain, GeneralFir& to) {
  const float one = 1;
  const float* taps = f.taps ? f.taps : &one;
  to.width = width(f);
  to.height = f.separable ? 1 : height(f);
  to.separable = f.separable || !f.taps;
  const int count = to.width * to.height;
  for (int i = 0; i < count; ++i) to.tap[i] = taps[flip ? i : count - 1 - i] * gain;
}

GeneralPlan general_plan(const FilteredLrelu& p) {
  GeneralPlan plan{};
  plan.base = base_plan(p);
  const float up = static_cast<float>(p.up);
  general_fir(p.fu, p.flip, p.fu.separable || !p.fu.taps ? up : up * up, plan.fu);
  general_fir(p.fd, p.flip, 1, plan.fd);
  plan.up = p.up;
  plan.down = p.down;
  plan.gain = p.gain;
  return plan;
}

void run_general(const FilteredLrelu& p) {
  const GeneralPlan plan = general_plan(p);
  const int64_t floats = flrelu::general_scratch_floats(plan);
  const int lanes = flrelu::vector_lanes();
  const int64_t oh = plan.base.out_h, ow = plan.base.out_w;
  const int64_t tiles_y = (oh + flrelu::kTile - 1) / flrelu::kTile;
  const int64_t tiles_x = (ow + flrelu::kTile - 1) / flrelu::kTile;
  const int64_t blocks = (p.c + lanes - 1) / lanes;
  parallel_ranges(p.n * tiles_y * tiles_x * blocks, 1, [&](int64_t begin, int64_t end) {
    float* scratch = thread_scratch().floats(static_cast<size_t>(floats));
    for (int64_t i = begin; i < end; ++i) {
      Item item{};
      int64_t rest = i;
      item.c0 = rest % blocks * lanes;
      rest /= blocks;
      item.x0 = rest % tiles_x * flrelu::kTile;
      rest /= tiles_x;
      item.y0 = rest % tiles_y * flrelu::kTile;
      item.n = rest / tiles_y;
      item.x1 = std::min<int64_t>(item.x0 + flrelu::kTile, ow);
      item.rows = std::min<int64_t>(flrelu::kTile, oh - item.y0);
      item.channels = std::min<int64_t>(lanes, p.c - item.c0);
      flrelu::run_general_item(plan, item, scratch);
    }
  });
}

void run_pointwise(const FilteredLrelu& p) {
  const GeneralPlan plan = general_plan(p);
  const int64_t pixels = p.h * p.w;
  const int64_t grain = std::max<int64_t>(16384 / p.c, 1);
  const int64_t floats = flrelu::pointwise_scratch_floats(plan);
  parallel_ranges(p.n * pixels, grain, [&](int64_t begin, int64_t end) {
    float* scratch = thread_scratch().floats(static_cast<size_t>(floats));
    while (begin < end) {
      const int64_t n = begin / pixels, stop = std::min(end, (n + 1) * pixels);
      flrelu::run_pointwise(plan, n, begin - n * pixels, stop - n * pixels, scratch);
      begin = stop;
    }
  });
}

}  // namespace

int64_t filtered_lrelu_out_w(const FilteredLrelu& p) {
  return out_size(p.w, p.up, p.pad[0], p.pad[1], width(p.fu), width(p.fd), p.down);
}

int64_t filtered_lrelu_out_h(const FilteredLrelu& p) {
  return out_size(p.h, p.up, p.pad[2], p.pad[3], height(p.fu), height(p.fd), p.down);
}

bool filtered_lrelu_supported(const FilteredLrelu& p) {
  const auto ok = [](const Fir& f) {
    return width(f) >= 1 && width(f) <= kMaxTaps && height(f) >= 1 && height(f) <= kMaxTaps;
  };
  return p.up >= 1 && p.up <= 4 && p.down >= 1 && p.down <= 4 && ok(p.fu) && ok(p.fd);
}

FilteredLreluPath filtered_lrelu_path(const FilteredLrelu& p) {
  const bool unpadded = std::all_of(p.pad, p.pad + 4, [](int v) { return v == 0; });
  if (p.up == 1 && p.down == 1 && unpadded && identity(p.fu) && identity(p.fd))
    return FilteredLreluPath::pointwise;
  // Gain goes into the filter and the leaky ReLU becomes max(v, slope * v).
  if (fast_up(p) && fast_down(p) && p.gain > 0 && p.slope >= 0 && p.slope <= 1)
    return FilteredLreluPath::fast;
  return FilteredLreluPath::general;
}

void filtered_lrelu(const FilteredLrelu& p) {
  if (p.n < 1 || p.c < 1 || filtered_lrelu_out_h(p) < 1 || filtered_lrelu_out_w(p) < 1) return;
  switch (filtered_lrelu_path(p)) {
    case FilteredLreluPath::pointwise:
      return run_pointwise(p);
    case FilteredLreluPath::fast:
      return run_fast(p);
    case FilteredLreluPath::general:
      return run_general(p);
  }
}

}  // namespace sgan::kernels
