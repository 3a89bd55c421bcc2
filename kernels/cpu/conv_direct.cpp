#include "kernels/cpu/conv_direct.hpp"

#include <algorithm>

#include "kernels/cpu/conv_tiles.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/conv_direct.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/cpu/conv_tiles-inl.hpp"

#ifndef SGAN_CONV_DIRECT_ONCE
#define SGAN_CONV_DIRECT_ONCE
namespace sgan::kernels::direct {
namespace {

using namespace convtiles;

constexpr int kMaxStride = 4;
constexpr int64_t kStepChannels = 320;
constexpr int64_t kBlockRows = 96;  // output pixels that go through all weights together

// Output (oy*out_step + y0, ox*out_step + x0), oy < rows, ox < cols, is the sum over taps of input
// (oy*in_step + dy, ox*in_step + dx). A forward convolution has one phase, a transposed one
// stride^2.
struct Tap {
  int dy, dx, ky, kx;
};
struct Phase {
  int y0 = 0, x0 = 0, taps = 0, first = 0;  // first: position of its taps among all
  int64_t rows = 0, cols = 0;
  Tap tap[kConvMaxTaps];
};
struct Phases {
  int count = 0, in_step = 1, out_step = 1, most_taps = 0, all_taps = 0;
  Phase phase[kMaxStride * kMaxStride];
};

Phases phases_of(const ConvShape& s, bool transposed) {
  Phases all;
  all.in_step = transposed ? 1 : s.stride;
  all.out_step = transposed ? s.stride : 1;
  for (int y0 = 0; y0 < all.out_step; ++y0) {
    for (int x0 = 0; x0 < all.out_step; ++x0) {
      Phase& p = all.phase[all.count++];
      p.y0 = y0, p.x0 = x0, p.first = all.all_taps;
      p.rows = s.out_h > y0 ? ceil_div(s.out_h - y0, all.out_step) : 0;
      p.cols = s.out_w > x0 ? ceil_div(s.out_w - x0, all.out_step) : 0;
      for (int ky = 0; ky < s.kh; ++ky) {
        for (int kx = 0; kx < s.kw; ++kx) {
          if (!transposed) {
            p.tap[p.taps++] = {ky - s.pad_top, kx - s.pad_left, ky, kx};
          } else {
            const int y = y0 + s.pad_top - ky, x = x0 + s.pad_left - kx;
            if (y % s.stride || x % s.stride) continue;
            p.tap[p.taps++] = {y / s.stride, x / s.stride, ky, kx};
          }
        }
      }
      all.all_taps += p.taps;
      all.most_taps = std::max(all.most_taps, p.taps);
    }
  }
  return all;
}

struct Job {
  const ConvShape& s;
  const Phases& phases;
  const float *x, *packed, *zeros;
  float* y;
  Finish finish;
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

// Output pixels [first, first + rows) of a phase and panels [begin, end). `pointers`: taps times
// kBlockRows, `sums`: kBlockRows times `pitch`.
void block(const Job& job, const Phase& phase, int64_t first, int64_t rows, int64_t begin,
           int64_t end, const float** pointers, float* sums, int64_t pitch) {
  const ConvShape& s = job.s;
  const int in_step = job.phases.in_step, out_step = job.phases.out_step;
  int64_t out[kBlockRows];  // pixel of y, all samples in one row
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t i = first + r, ox = i % phase.cols, oy = i / phase.cols % phase.rows;
    const int64_t n = i / (phase.cols * phase.rows);
    out[r] = (n * s.out_h + oy * out_step + phase.y0) * s.out_w + ox * out_step + phase.x0;
    for (int t = 0; t < phase.taps; ++t) {
      const int64_t y = oy * in_step + phase.tap[t].dy, x = ox * in_step + phase.tap[t].dx;
      const bool inside = y >= 0 && y < s.in_h && x >= 0 && x < s.in_w;
      pointers[t * kBlockRows + r] =
          inside ? job.x + ((n * s.in_h + y) * s.in_w + x) * s.in_c : job.zeros;
    }
  }
  // Steps of several taps, or of a part of one's channels, whose part of a panel stays in the
  // first-level cache.
  const int64_t parts = ceil_div(s.in_c, kStepChannels), panels = ceil_div(s.out_c, kPanel);
  const int64_t group = std::max<int64_t>(1, kStepChannels / s.in_c);
  for (int64_t step = 0; step < std::max<int64_t>(1, ceil_div(phase.taps, group) * parts); ++step) {
    const int64_t t = step / parts * group, taps = std::clamp<int64_t>(phase.taps - t, 0, group);
    const int64_t at = s.in_c * (step % parts) / parts;
    const int64_t k = s.in_c * (step % parts + 1) / parts - at;
    for (int64_t panel = begin; panel < end; ++panel) {
      const float* b =
          job.packed + ((phase.first * panels + panel * phase.taps + t) * s.in_c + at) * kPanel;
      float* c = sums + (panel - begin) * kPanel;
      for (int64_t r = 0; r < rows; r += kTileRows) {
        multiply_rows(std::min(kTileRows, rows - r), pointers + t * kBlockRows + r, kBlockRows,
                      taps, at, k, b, c + r * pitch, pitch, step > 0);
      }
    }
  }
  const int64_t from = begin * kPanel, to = std::min(s.out_c, end * kPanel);
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t sample = out[r] / (s.out_h * s.out_w), pixel = out[r] % (s.out_h * s.out_w);
    const float noise = job.finish.noise(sample, pixel);
    for (int64_t c = from; c < to; c += kLanes) {
      finish(job.finish, hn::LoadU(Tag(), sums + r * pitch + c - from), sample, c, s.out_c - c,
             noise, job.y + out[r] * s.out_c + c);
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
HWY_EXPORT(block);

struct Plan {
  int64_t panel, panels, groups, pitch, zeros, pointer_floats, worker_floats, blocks = 0;
  int64_t first_block[kMaxStride * kMaxStride + 1] = {};
  Plan(const ConvShape& s, const Phases& phases) {
    panel = HWY_DYNAMIC_DISPATCH(panel_width)();
    panels = ceil_div(s.out_c, panel);
    for (int p = 0; p < phases.count; ++p) {
      blocks += ceil_div(s.n * phases.phase[p].rows * phases.phase[p].cols, kBlockRows);
      first_block[p + 1] = blocks;
    }
    // Few pixels: the threads divide the output channels too.
    groups = std::clamp<int64_t>(4 * num_threads() / std::max<int64_t>(blocks, 1), 1, panels);
    if (num_threads() == 1) groups = 1;
    pitch = odd_pitch(ceil_div(panels, groups) * panel, panel);
    zeros = round_up(s.in_c, 16);
    pointer_floats = round_up(std::max(phases.most_taps, 1) * kBlockRows * 2, 16);
    worker_floats = pointer_floats + kBlockRows * pitch;
  }
};

}  // namespace
}  // namespace direct

using namespace direct;

bool conv_direct_supports(const ConvShape& s) {
  return s.kh * s.kw <= kConvMaxTaps && s.stride >= 1 && s.stride <= kMaxStride;
}

size_t conv_direct_weight_floats(const ConvShape& s, bool transposed) {
  const int64_t width = round_up(s.out_c, HWY_DYNAMIC_DISPATCH(panel_width)());
  return static_cast<size_t>(phases_of(s, transposed).all_taps * s.in_c * width);
}

void conv_direct_pack_weights(const ConvShape& s, bool transposed, const ConvWeights& w,
                              float* packed) {
  const Phases phases = phases_of(s, transposed);
  const int64_t panel = HWY_DYNAMIC_DISPATCH(panel_width)(), panels = ceil_div(s.out_c, panel);
  for (int f = 0; f < phases.count; ++f) {
    const Phase& phase = phases.phase[f];
    float* base = packed + phase.first * panels * s.in_c * panel;
    parallel_ranges(panels * phase.taps, 4, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const Tap& tap = phase.tap[i % phase.taps];
        const int64_t co = i / phase.taps * panel, count = std::min(panel, s.out_c - co);
        const float* from = w.data + co * w.co_stride + tap.ky * w.ky_stride + tap.kx * w.kx_stride;
        float* to = base + i * s.in_c * panel;
        for (int64_t c = 0; c < s.in_c; ++c, to += panel, from += w.ci_stride) {
          for (int64_t o = 0; o < count; ++o) to[o] = from[o * w.co_stride];
          for (int64_t o = count; o < panel; ++o) to[o] = 0;
        }
      }
    });
  }
}

size_t conv_direct_scratch_floats(const ConvShape& s, bool transposed, bool scaled) {
  const Plan plan(s, phases_of(s, transposed));
  const int64_t copy = scaled ? round_up(s.n * s.in_h * s.in_w * s.in_c, 16) : 0;
  return static_cast<size_t>(plan.zeros + copy + num_threads() * plan.worker_floats);
}

void conv_direct(const ConvShape& s, bool transposed, const float* x, const float* in_scale,
                 const float* packed, float* y, const ConvEpilogue& epilogue, float* scratch) {
  const Phases phases = phases_of(s, transposed);
  const Plan plan(s, phases);
  std::fill_n(scratch, plan.zeros, 0.0f);
  float* work = scratch + plan.zeros;
  if (in_scale) {
    const int64_t pixels = s.n * s.in_h * s.in_w;
    parallel_ranges(pixels, 64, [&](int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end; ++p) {
        const float* scale = in_scale + p / (s.in_h * s.in_w) * s.in_c;
        const float* from = x + p * s.in_c;
        float* to = work + p * s.in_c;
        for (int64_t c = 0; c < s.in_c; ++c) to[c] = from[c] * scale[c];
      }
    });
    x = work;
    work += round_up(pixels * s.in_c, 16);
  }
  const Job job{s, phases, x, packed, scratch, y, Finish(epilogue, s.out_c)};
  share(plan.blocks * plan.groups, [&](int64_t i, int worker) {
    const int64_t at = i / plan.groups, group = i % plan.groups;
    int f = 0;
    while (at >= plan.first_block[f + 1]) ++f;
    const Phase& phase = phases.phase[f];
    const int64_t first = (at - plan.first_block[f]) * kBlockRows;
    float* own = work + worker * plan.worker_floats;
    HWY_DYNAMIC_DISPATCH(block)
    (job, phase, first, std::min(kBlockRows, s.n * phase.rows * phase.cols - first),
     plan.panels * group / plan.groups, plan.panels * (group + 1) / plan.groups,
     reinterpret_cast<const float**>(own), own + plan.pointer_floats, plan.pitch);
  });
}

}  // namespace sgan::kernels
#endif
