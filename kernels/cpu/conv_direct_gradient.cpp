// Weight gradient of any convolution: for each kernel position one product, whose inner dimension
// are the output pixels, of the result's gradient with the input's pixels under that position.
#include <algorithm>
#include <cstring>

#include "kernels/cpu/conv_direct.hpp"
#include "kernels/cpu/conv_tiles.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/conv_direct_gradient.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/cpu/conv_tiles-inl.hpp"

#ifndef SGAN_CONV_DIRECT_GRADIENT_ONCE
#define SGAN_CONV_DIRECT_GRADIENT_ONCE
namespace sgan::kernels::direct {
namespace {

using namespace convtiles;

constexpr int64_t kPixels = 256;  // of which a panel of inputs and a strip of gradients fit the L1
// Floats of a strip; an odd number of cache lines, or all strips of a pixel fell into few sets.
constexpr int64_t kStrip = kPixels * kTileRows + 16;

// Pixels from `first` on, a whole number of blocks of kPixels but for the last. `out`: their
// gradients, (block, strip of kTileRows channels, pixel, channel). `sums`: (tap, panel, out_c,
// kPanel).
struct GradientJob {
  const ConvShape& s;
  const float *x, *dy;
  float *out, *sums;
  int64_t first, last, strips, panels;
};

}  // namespace
}  // namespace sgan::kernels::direct
#endif

HWY_BEFORE_NAMESPACE();
namespace sgan::kernels::direct {
namespace {
namespace HWY_NAMESPACE {

using namespace convtiles::HWY_NAMESPACE;

int64_t panel_width() { return kPanel; }

// Pixels [begin, end), counted from the first, into `out`.
void pack_gradients(const GradientJob& job, int64_t begin, int64_t end) {
  const int64_t channels = job.s.out_c;
  for (int64_t i = begin; i < end; ++i) {
    const float* from = job.dy + (job.first + i) * channels;
    float* to = job.out + i / kPixels * job.strips * kStrip + i % kPixels * kTileRows;
    int64_t c = 0;
    for (; c + kTileRows <= channels; c += kTileRows, to += kStrip) {
      std::memcpy(to, from + c, kTileRows * sizeof(float));
    }
    std::copy(from + c, from + channels, to);
  }
}

// Channels [c, c + kPanel) of the inputs under one tap of `count` pixels from `first` on.
void pack_inputs(const GradientJob& job, int64_t tap, int64_t c, int64_t first, int64_t count,
                 float* to) {
  const ConvShape& s = job.s;
  const Tag d;
  const int64_t ky = tap / s.kw, kx = tap % s.kw, left = s.in_c - c;
  int64_t ox = first % s.out_w, oy = first / s.out_w % s.out_h, n = first / (s.out_h * s.out_w);
  for (int64_t i = 0; i < count; ++i, to += kPanel) {
    const int64_t y = oy * s.stride + ky - s.pad_top, x = ox * s.stride + kx - s.pad_left;
    const bool inside = y >= 0 && y < s.in_h && x >= 0 && x < s.in_w;
    const float* from = job.x + ((n * s.in_h + y) * s.in_w + x) * s.in_c + c;
    V v0 = hn::Zero(d), v1 = v0;
    if (inside && left >= kPanel) {
      v0 = hn::LoadU(d, from), v1 = hn::LoadU(d, from + kLanes);
    } else if (inside) {
      v0 = load_some(from, std::min(left, kLanes));
      if (left > kLanes) v1 = load_some(from + kLanes, left - kLanes);
    }
    hn::StoreU(v0, d, to);
    hn::StoreU(v1, d, to + kLanes);
    if (++ox < s.out_w) continue;
    ox = 0;
    if (++oy < s.out_h) continue;
    oy = 0, ++n;
  }
}

// Adds all pixels to the sums of one tap and panel, strips [begin, end). `in`: kPixels rows.
void accumulate(const GradientJob& job, int64_t tap, int64_t panel, int64_t begin, int64_t end,
                float* in) {
  const int64_t channels = job.s.out_c;
  float* sums = job.sums + (tap * job.panels + panel) * channels * kPanel;
  for (int64_t p = job.first; p < job.last; p += kPixels) {
    const int64_t count = std::min(kPixels, job.last - p);
    pack_inputs(job, tap, panel * kPanel, p, count, in);
    const float* out = job.out + (p - job.first) / kPixels * job.strips * kStrip;
    for (int64_t strip = begin; strip < end; ++strip) {
      const int64_t o = strip * kTileRows;
      multiply_columns(std::min(kTileRows, channels - o), out + strip * kStrip, kTileRows, in,
                       kPanel, count, sums + o * kPanel, kPanel, p > 0);
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace
}  // namespace sgan::kernels::direct
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sgan::kernels {
namespace direct {
namespace {

HWY_EXPORT(panel_width);
HWY_EXPORT(pack_gradients);
HWY_EXPORT(accumulate);

struct GradientPlan {
  int64_t taps, strips, panel, panels, groups, pixels, out_floats, sum_floats, worker_floats;
  explicit GradientPlan(const ConvShape& s) {
    panel = HWY_DYNAMIC_DISPATCH(panel_width)();
    taps = s.kh * s.kw;
    strips = ceil_div(s.out_c, kTileRows);
    panels = ceil_div(s.in_c, panel);
    // Few panels: the threads divide the strips too, and each packs its inputs.
    groups = std::clamp<int64_t>(ceil_div(2 * num_threads(), taps * panels), 1, strips);
    if (num_threads() == 1) groups = 1;
    // All taps go over some pixels before the next ones are read, from the last-level cache.
    constexpr int64_t kFloats = 1000000;
    const int64_t a_pixel = s.out_c + s.in_c * s.stride * s.stride;
    const int64_t all = s.n * s.out_h * s.out_w;
    pixels = round_up(std::clamp<int64_t>(kFloats / a_pixel, 1, all), kPixels);
    out_floats = pixels / kPixels * strips * kStrip;
    sum_floats = taps * panels * s.out_c * panel;
    worker_floats = kPixels * panel;
  }
};

}  // namespace
}  // namespace direct

using namespace direct;

size_t conv_direct_gradient_scratch_floats(const ConvShape& s) {
  const GradientPlan p(s);
  return static_cast<size_t>(p.out_floats + p.sum_floats + num_threads() * p.worker_floats);
}

void conv_direct_weight_gradient(const ConvShape& s, const float* x, const float* dy,
                                 float* dweight, float* scratch) {
  const GradientPlan p(s);
  float* sums = scratch + p.out_floats;
  float* work = sums + p.sum_floats;
  const int64_t all = s.n * s.out_h * s.out_w;
  for (int64_t first = 0; first < all; first += p.pixels) {
    const GradientJob job{
        s, x, dy, scratch, sums, first, std::min(all, first + p.pixels), p.strips, p.panels};
    parallel_ranges(job.last - first, 16, [&](int64_t begin, int64_t end) {
      HWY_DYNAMIC_DISPATCH(pack_gradients)(job, begin, end);
    });
    share(p.taps * p.panels * p.groups, [&](int64_t i, int worker) {
      const int64_t group = i % p.groups, at = i / p.groups;
      HWY_DYNAMIC_DISPATCH(accumulate)
      (job, at / p.panels, at % p.panels, p.strips * group / p.groups,
       p.strips * (group + 1) / p.groups, work + worker * p.worker_floats);
    });
  }
  for (int64_t o = 0; o < s.out_c; ++o) {
    for (int64_t t = 0; t < p.taps; ++t) {
      for (int64_t c = 0; c < s.in_c; c += p.panel) {
        std::copy_n(sums + ((t * p.panels + c / p.panel) * s.out_c + o) * p.panel,
                    std::min(p.panel, s.in_c - c), dweight + (o * p.taps + t) * s.in_c + c);
      }
    }
  }
}

}  // namespace sgan::kernels
#endif
