// Forward: blocks of tiles go through input transform, 36 products and output transform. Where
// there are enough tiles, each thread takes blocks of its own; else all share one block and divide
// each step.
#include "kernels/cpu/winograd.hpp"

#include <algorithm>

#include "kernels/cpu/winograd_internal.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/winograd.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/cpu/winograd-inl.hpp"

#ifndef SGAN_WINOGRAD_ONCE
#define SGAN_WINOGRAD_ONCE
namespace sgan::kernels::wino {
namespace {

struct ForwardJob {
  InputJob input;
  const float* weights;
  float* y;
  Finish finish;
};

}  // namespace
}  // namespace sgan::kernels::wino
#endif

HWY_BEFORE_NAMESPACE();
namespace sgan::kernels::wino {
namespace {
namespace HWY_NAMESPACE {

using namespace wino::HWY_NAMESPACE;

int64_t panel_width() { return kPanel; }

void input_tiles(const InputJob& job, int64_t first, int64_t last, int64_t row, const Block& to) {
  transform_input(job, first, last, row, to);
}

// Panels [begin, end) of one point's product: `rows` tiles by in_c by the panel's channels.
void multiply(const ForwardJob& job, int64_t point, int64_t begin, int64_t end, int64_t rows,
              const Block& in, const Block& out) {
  const ConvShape& s = *job.input.s;
  const float* a = in.data + point * in.point_pitch;
  for (int64_t panel = begin; panel < end; ++panel) {
    const float* b = job.weights + (panel * kPoints + point) * weight_pitch(s.in_c, kPanel);
    float* c = out.data + point * out.point_pitch + panel * kPanel;
    for (int64_t r = 0; r < rows; r += kTileRows) {
      const int64_t count = std::min(kTileRows, rows - r);
      const float* row[kTileRows];
      for (int64_t i = 0; i < count; ++i) row[i] = a + (r + i) * in.row_pitch;
      multiply_rows(count, row, 0, 1, 0, s.in_c, b, c + r * out.row_pitch, out.row_pitch, false);
    }
  }
}

void output_tiles(const ForwardJob& job, int64_t first, int64_t last, int64_t row,
                  const Block& from) {
  const ConvShape& s = *job.input.s;
  for (int64_t t = first; t < last; ++t, ++row) {
    const Place p = place(job.input.tiles, t);
    const int64_t high = std::min<int64_t>(kOut, s.out_h - p.y);
    const int64_t wide = std::min<int64_t>(kOut, s.out_w - p.x);
    float* y = job.y + ((p.sample * s.out_h + p.y) * s.out_w + p.x) * s.out_c;
    for (int64_t c = 0; c < s.out_c; c += kLanes) {
      const float* in = from.data + row * from.row_pitch + c;
      V half[kOut][kIn];
      for (int j = 0; j < kIn; ++j) {
        V m[6], v[4];
#pragma GCC unroll 6
        for (int i = 0; i < kIn; ++i) {
          m[i] = hn::LoadU(Tag(), in + (i * kIn + j) * from.point_pitch);
        }
        output_transform(m, v);
#pragma GCC unroll 4
        for (int i = 0; i < kOut; ++i) half[i][j] = v[i];
      }
      for (int64_t i = 0; i < high; ++i) {
        V v[4];
        output_transform(half[i], v);
#pragma GCC unroll 4
        for (int64_t j = 0; j < kOut; ++j) {
          if (j >= wide) break;
          const float noise = job.finish.noise(p.sample, (p.y + i) * s.out_w + p.x + j);
          finish(job.finish, v[j], p.sample, c, s.out_c - c, noise,
                 y + (i * s.out_w + j) * s.out_c + c);
        }
      }
    }
  }
}

// Items [begin, end) of the weight, which are panels times input channels: element (panel, point,
// ci, column) at packed[(panel * kPoints + point) * weight_pitch + ci * kPanel + column].
void pack(const ConvShape& s, const ConvWeights& w, float* packed, int64_t begin, int64_t end) {
  const Tag d;
  const int64_t pitch = weight_pitch(s.in_c, kPanel);
  for (int64_t i = begin; i < end; ++i) {
    const int64_t panel = i / s.in_c, ci = i % s.in_c, co = panel * kPanel;
    const int64_t count = std::min<int64_t>(kPanel, s.out_c - co);
    HWY_ALIGN float taps[9][kPanel];
    for (int ky = 0; ky < 3; ++ky) {
      for (int kx = 0; kx < 3; ++kx) {
        const float* from =
            w.data + co * w.co_stride + ci * w.ci_stride + ky * w.ky_stride + kx * w.kx_stride;
        float* to = taps[ky * 3 + kx];
        for (int64_t o = 0; o < count; ++o) to[o] = from[o * w.co_stride];
        for (int64_t o = count; o < kPanel; ++o) to[o] = 0;
      }
    }
    for (int64_t lane = 0; lane < kPanel; lane += kLanes) {
      V half[6][3];
#pragma GCC unroll 3
      for (int kx = 0; kx < 3; ++kx) {
        const V in[3] = {hn::Load(d, taps[kx] + lane), hn::Load(d, taps[3 + kx] + lane),
                         hn::Load(d, taps[6 + kx] + lane)};
        V u[6];
        weight_transform(in, u);
#pragma GCC unroll 6
        for (int p = 0; p < 6; ++p) half[p][kx] = u[p];
      }
      for (int p = 0; p < 6; ++p) {
        V u[6];
        weight_transform(half[p], u);
#pragma GCC unroll 6
        for (int q = 0; q < 6; ++q) {
          const int64_t at = (panel * kPoints + p * kIn + q) * pitch + ci * kPanel + lane;
          hn::StoreU(u[q], d, packed + at);
        }
      }
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace
}  // namespace sgan::kernels::wino
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sgan::kernels {
namespace wino {
namespace {

HWY_EXPORT(panel_width);
HWY_EXPORT(input_tiles);
HWY_EXPORT(multiply);
HWY_EXPORT(output_tiles);
HWY_EXPORT(pack);

struct Plan {
  bool own;              // each thread its own blocks
  int64_t rows, blocks;  // tiles a block, blocks
  int64_t in_pitch, out_pitch, in_floats, out_floats;
  explicit Plan(const ConvShape& s) {
    const int64_t panel = HWY_DYNAMIC_DISPATCH(panel_width)(), threads = num_threads();
    const Tiles tiles(s);
    in_pitch = odd_pitch(s.in_c, panel);
    out_pitch = odd_pitch(s.out_c, panel);
    // Transformed tiles about as large as a second-level cache; but each block reads all weights,
    // and those that fit no cache must be read seldom.
    constexpr int64_t kBlockFloats = 300000, kCachedWeights = 2000000;
    const int64_t least = kPoints * s.in_c * s.out_c > kCachedWeights ? 96 : 48;
    const int64_t most = std::max(least, kBlockFloats / (kPoints * (in_pitch + out_pitch)));
    own = threads > 1 && tiles.count >= threads * least;
    const int64_t share = own ? most : most * threads;
    blocks = ceil_div(tiles.count, share);
    if (own) blocks = round_up(blocks, threads);
    rows = std::min(round_up(ceil_div(tiles.count, blocks), kTileRows), tiles.count);
    blocks = ceil_div(tiles.count, rows);
    in_floats = round_up(kPoints * point_pitch(rows, in_pitch), 16);
    out_floats = round_up(kPoints * point_pitch(rows, out_pitch), 16);
  }
  int64_t scratch() const {
    return in_pitch + (in_floats + out_floats) * (own ? num_threads() : 1);
  }
};

}  // namespace
}  // namespace wino

using namespace wino;

bool winograd_supports(const ConvShape& s) { return s.kh == 3 && s.kw == 3 && s.stride == 1; }

size_t winograd_weight_floats(const ConvShape& s) {
  const int64_t panel = HWY_DYNAMIC_DISPATCH(panel_width)();
  return static_cast<size_t>(ceil_div(s.out_c, panel) * kPoints * weight_pitch(s.in_c, panel));
}

void winograd_pack_weights(const ConvShape& s, const ConvWeights& w, float* packed) {
  const int64_t panels = ceil_div(s.out_c, HWY_DYNAMIC_DISPATCH(panel_width)());
  parallel_ranges(panels * s.in_c, 64, [&](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(pack)(s, w, packed, begin, end);
  });
}

size_t winograd_scratch_floats(const ConvShape& s) {
  return static_cast<size_t>(Plan(s).scratch());
}

void winograd(const ConvShape& s, const float* x, const float* in_scale, const float* packed,
              float* y, const ConvEpilogue& epilogue, float* scratch) {
  const Plan plan(s);
  const Tiles tiles(s);
  const ForwardJob job{{&s, tiles, x, in_scale, zero_row(scratch, plan.in_pitch)},
                       packed,
                       y,
                       Finish(epilogue, s.out_c)};
  float* blocks = scratch + plan.in_pitch;
  const auto in = [&](int worker) {
    return Block{blocks + worker * (plan.in_floats + plan.out_floats), plan.in_pitch,
                 point_pitch(plan.rows, plan.in_pitch)};
  };
  const auto out = [&](int worker) {
    return Block{blocks + worker * (plan.in_floats + plan.out_floats) + plan.in_floats,
                 plan.out_pitch, point_pitch(plan.rows, plan.out_pitch)};
  };
  const int64_t panels = ceil_div(s.out_c, HWY_DYNAMIC_DISPATCH(panel_width)());
  if (plan.own) {
    share(plan.blocks, [&](int64_t block, int worker) {
      const int64_t first = block * plan.rows, last = std::min(tiles.count, first + plan.rows);
      const Block a = in(worker), c = out(worker);
      HWY_DYNAMIC_DISPATCH(input_tiles)(job.input, first, last, 0, a);
      for (int64_t point = 0; point < kPoints; ++point) {
        HWY_DYNAMIC_DISPATCH(multiply)(job, point, 0, panels, last - first, a, c);
      }
      HWY_DYNAMIC_DISPATCH(output_tiles)(job, first, last, 0, c);
    });
    return;
  }
  const Block a = in(0), c = out(0);
  const int64_t groups = std::min<int64_t>(panels, ceil_div(4 * num_threads(), kPoints));
  for (int64_t first = 0; first < tiles.count; first += plan.rows) {
    const int64_t rows = std::min(plan.rows, tiles.count - first);
    parallel_ranges(rows, 1, [&](int64_t begin, int64_t end) {
      HWY_DYNAMIC_DISPATCH(input_tiles)(job.input, first + begin, first + end, begin, a);
    });
    parallel_each(kPoints * groups, [&](int64_t i) {
      const int64_t group = i % groups;
      HWY_DYNAMIC_DISPATCH(multiply)
      (job, i / groups, panels * group / groups, panels * (group + 1) / groups, rows, a, c);
    });
    parallel_ranges(rows, 1, [&](int64_t begin, int64_t end) {
      HWY_DYNAMIC_DISPATCH(output_tiles)(job, first + begin, first + end, begin, c);
    });
  }
}

}  // namespace sgan::kernels
#endif
