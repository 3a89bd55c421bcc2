// Weight gradient of any convolution: for each kernel position one product, whose inner dimension
// are the output pixels, of the result's gradient with the input's pixels under that position.
#include <algorithm>

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

constexpr int64_t kPixels = 128;  // whose panel of inputs and strip of gradients fit the L1 cache

// Sums: element (tap, co, ci) at sums[(tap * out_c + co) * in_pitch + ci].
struct GradientJob {
  const ConvShape& s;
  const float *x, *dy;
  float *sums, *dweight;
  int64_t in_pitch, out_pitch;
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

HWY_INLINE void copy_row(const float* from, int64_t count, float* to) {
  const Tag d;
  int64_t c = 0;
  for (; c + kLanes <= count; c += kLanes) hn::StoreU(hn::LoadU(d, from + c), d, to + c);
  if (c < count) hn::StoreU(load_some(from + c, count - c), d, to + c);
}

// Adds output pixels [first, last) to the sums of one tap and output channels [begin, end). `in`:
// kPixels rows of in_pitch, zero behind in_c; `out`: kPixels rows of out_pitch.
void accumulate(const GradientJob& job, int64_t tap, int64_t begin, int64_t end, int64_t first,
                int64_t last, float* in, float* out) {
  const ConvShape& s = job.s;
  const int64_t ky = tap / s.kw, kx = tap % s.kw;
  float* sums = job.sums + tap * s.out_c * job.in_pitch;
  for (int64_t p = first; p < last; p += kPixels) {
    const int64_t count = std::min(kPixels, last - p);
    for (int64_t i = 0; i < count; ++i) {
      const int64_t n = (p + i) / (s.out_h * s.out_w);
      const int64_t y = (p + i) / s.out_w % s.out_h * s.stride + ky - s.pad_top;
      const int64_t x = (p + i) % s.out_w * s.stride + kx - s.pad_left;
      float* to = in + i * job.in_pitch;
      if (y >= 0 && y < s.in_h && x >= 0 && x < s.in_w) {
        copy_row(job.x + ((n * s.in_h + y) * s.in_w + x) * s.in_c, s.in_c, to);
      } else {
        std::fill_n(to, s.in_c, 0.0f);
      }
      copy_row(job.dy + (p + i) * s.out_c + begin, end - begin, out + i * job.out_pitch);
    }
    for (int64_t c = 0; c < s.in_c; c += kPanel) {
      for (int64_t o = begin; o < end; o += kTileRows) {
        multiply_columns(std::min(kTileRows, end - o), out + o - begin, job.out_pitch, in + c,
                         job.in_pitch, count, sums + o * job.in_pitch + c, job.in_pitch, p > 0);
      }
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
HWY_EXPORT(accumulate);

struct GradientPlan {
  int64_t taps, strips, groups, in_pitch, out_pitch, worker_floats, pixels;
  explicit GradientPlan(const ConvShape& s) {
    const int64_t panel = HWY_DYNAMIC_DISPATCH(panel_width)();
    taps = s.kh * s.kw;
    strips = ceil_div(s.out_c, kTileRows);
    groups =
        num_threads() == 1 ? 1 : std::clamp<int64_t>(ceil_div(4 * num_threads(), taps), 1, strips);
    in_pitch = odd_pitch(s.in_c, panel);
    out_pitch = odd_pitch(ceil_div(strips, groups) * kTileRows, panel);
    worker_floats = kPixels * (in_pitch + out_pitch);
    // All taps go over some pixels before the next ones are read, from the last-level cache.
    constexpr int64_t kFloats = 1000000;
    const int64_t a_pixel = s.out_c + s.in_c * s.stride * s.stride;
    pixels = round_up(std::max<int64_t>(kFloats / a_pixel, 1), kPixels);
  }
};

}  // namespace
}  // namespace direct

using namespace direct;

size_t conv_direct_gradient_scratch_floats(const ConvShape& s) {
  const GradientPlan p(s);
  return static_cast<size_t>(p.taps * s.out_c * p.in_pitch + num_threads() * p.worker_floats);
}

void conv_direct_weight_gradient(const ConvShape& s, const float* x, const float* dy,
                                 float* dweight, float* scratch) {
  const GradientPlan p(s);
  float* work = scratch + p.taps * s.out_c * p.in_pitch;
  const GradientJob job{s, x, dy, scratch, dweight, p.in_pitch, p.out_pitch};
  std::fill_n(work, num_threads() * p.worker_floats, 0.0f);  // what is behind in_c stays zero
  const int64_t all = s.n * s.out_h * s.out_w;
  for (int64_t first = 0; first < all; first += p.pixels) {
    share(p.taps * p.groups, [&](int64_t i, int worker) {
      const int64_t group = i % p.groups;
      const int64_t begin = p.strips * group / p.groups * kTileRows;
      const int64_t end = std::min(s.out_c, p.strips * (group + 1) / p.groups * kTileRows);
      float* in = work + worker * p.worker_floats;
      HWY_DYNAMIC_DISPATCH(accumulate)
      (job, i / p.groups, begin, end, first, std::min(all, first + p.pixels), in,
       in + kPixels * p.in_pitch);
    });
  }
  for (int64_t o = 0; o < s.out_c; ++o) {
    for (int64_t t = 0; t < p.taps; ++t) {
      std::copy_n(scratch + (t * s.out_c + o) * p.in_pitch, s.in_c,
                  dweight + (o * p.taps + t) * s.in_c);
    }
  }
}

}  // namespace sgan::kernels
#endif
