// The weight gradient: the adjoint of the forward computation in the weight. Input and result's
// gradient are transformed, 36 products sum over tiles, and the inverse transform gives 3x3.
#include <algorithm>

#include "kernels/cpu/winograd.hpp"
#include "kernels/cpu/winograd_internal.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/winograd_gradient.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/cpu/winograd-inl.hpp"

#ifndef SGAN_WINOGRAD_GRADIENT_ONCE
#define SGAN_WINOGRAD_GRADIENT_ONCE
namespace sgan::kernels::wino {
namespace {

// Sums: element (point, co, ci) at sums[(point * out_c + co) * pitch + ci].
struct GradientJob {
  InputJob input;
  const float* dy;
  float *sums, *dweight;
  int64_t pitch;
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

// Rows [row, row + last - first) of both blocks.
void transform(const GradientJob& job, int64_t first, int64_t last, int64_t row, const Block& in,
               const Block& out) {
  transform_input(job.input, first, last, row, in);
  const Tag d;
  const ConvShape& s = *job.input.s;
  for (int64_t t = first; t < last; ++t, ++row) {
    const Place p = place(job.input.tiles, t);
    const float* from[kOut * kOut];
    for (int64_t i = 0; i < kOut; ++i) {
      for (int64_t j = 0; j < kOut; ++j) {
        const int64_t y = p.y + i, x = p.x + j;
        from[i * kOut + j] = y < s.out_h && x < s.out_w
                                 ? job.dy + ((p.sample * s.out_h + y) * s.out_w + x) * s.out_c
                                 : job.input.zeros;
      }
    }
    float* to = out.data + row * out.row_pitch;
    for (int64_t c = 0; c < s.out_c; c += kLanes) {
      V half[kIn][kOut];
      for (int j = 0; j < kOut; ++j) {
        V y[4], m[6];
#pragma GCC unroll 4
        for (int i = 0; i < kOut; ++i) y[i] = load_channels(from[i * kOut + j] + c, s.out_c - c);
        gradient_transform(y, m);
#pragma GCC unroll 6
        for (int i = 0; i < kIn; ++i) half[i][j] = m[i];
      }
      for (int i = 0; i < kIn; ++i) {
        V m[6];
        gradient_transform(half[i], m);
#pragma GCC unroll 6
        for (int j = 0; j < kIn; ++j) {
          hn::StoreU(m[j], d, to + (i * kIn + j) * out.point_pitch + c);
        }
      }
    }
  }
}

// Output channels [begin, end) of one point: sums (+)= out^T in over `rows` tiles.
void multiply(const GradientJob& job, int64_t point, int64_t begin, int64_t end, int64_t rows,
              const Block& in, const Block& out, bool add) {
  const ConvShape& s = *job.input.s;
  for (int64_t c = 0; c < s.in_c; c += kPanel) {
    const float* b = in.data + point * in.point_pitch + c;
    for (int64_t o = begin; o < end; o += kTileRows) {
      multiply_columns(std::min(kTileRows, end - o), out.data + point * out.point_pitch + o,
                       out.row_pitch, b, in.row_pitch, rows,
                       job.sums + (point * s.out_c + o) * job.pitch + c, job.pitch, add);
    }
  }
}

void result(const GradientJob& job, int64_t begin, int64_t end) {
  const Tag d;
  const ConvShape& s = *job.input.s;
  for (int64_t o = begin; o < end; ++o) {
    for (int64_t c = 0; c < s.in_c; c += kLanes) {
      V half[3][kIn];
      for (int j = 0; j < kIn; ++j) {
        V u[6], w[3];
#pragma GCC unroll 6
        for (int i = 0; i < kIn; ++i) {
          u[i] = hn::LoadU(d, job.sums + ((i * kIn + j) * s.out_c + o) * job.pitch + c);
        }
        weight_gradient_transform(u, w);
#pragma GCC unroll 3
        for (int i = 0; i < 3; ++i) half[i][j] = w[i];
      }
      for (int i = 0; i < 3; ++i) {
        V w[3];
        weight_gradient_transform(half[i], w);
        for (int j = 0; j < 3; ++j) {
          float* to = job.dweight + ((o * 3 + i) * 3 + j) * s.in_c + c;
          if (s.in_c - c >= kLanes) {
            hn::StoreU(w[j], d, to);
          } else {
            store_some(w[j], to, s.in_c - c);
          }
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
HWY_EXPORT(transform);
HWY_EXPORT(multiply);
HWY_EXPORT(result);

// Blocks do not depend on the number of threads, so neither does the order of the sums.
struct GradientPlan {
  int64_t rows, in_pitch, out_pitch, zeros, in_floats, out_floats, sum_pitch;
  explicit GradientPlan(const ConvShape& s) {
    const int64_t panel = HWY_DYNAMIC_DISPATCH(panel_width)(), tiles = Tiles(s).count;
    in_pitch = odd_pitch(s.in_c, panel);
    out_pitch = odd_pitch(s.out_c, panel);
    zeros = std::max(in_pitch, out_pitch);
    constexpr int64_t kBlockFloats = 2000000;
    const int64_t most = std::max<int64_t>(96, kBlockFloats / (kPoints * (in_pitch + out_pitch)));
    rows = ceil_div(tiles, ceil_div(tiles, most));
    in_floats = round_up(kPoints * point_pitch(rows, in_pitch), 16);
    out_floats = round_up(kPoints * point_pitch(rows, out_pitch), 16);
    sum_pitch = odd_pitch(s.in_c, panel);
  }
};

}  // namespace
}  // namespace wino

using namespace wino;

size_t winograd_gradient_scratch_floats(const ConvShape& s) {
  const GradientPlan p(s);
  return static_cast<size_t>(p.zeros + p.in_floats + p.out_floats +
                             kPoints * s.out_c * p.sum_pitch);
}

void winograd_weight_gradient(const ConvShape& s, const float* x, const float* dy, float* dweight,
                              float* scratch) {
  const GradientPlan p(s);
  const Tiles tiles(s);
  const Block in{scratch + p.zeros, p.in_pitch, point_pitch(p.rows, p.in_pitch)};
  const Block out{in.data + p.in_floats, p.out_pitch, point_pitch(p.rows, p.out_pitch)};
  const GradientJob job{{&s, tiles, x, nullptr, zero_row(scratch, p.zeros)},
                        dy,
                        out.data + p.out_floats,
                        dweight,
                        p.sum_pitch};
  const int64_t strips = ceil_div(s.out_c, kTileRows);
  const int64_t groups = std::min<int64_t>(strips, ceil_div(4 * num_threads(), kPoints));
  for (int64_t first = 0; first < tiles.count; first += p.rows) {
    const int64_t rows = std::min(p.rows, tiles.count - first);
    parallel_ranges(rows, 1, [&](int64_t begin, int64_t end) {
      HWY_DYNAMIC_DISPATCH(transform)(job, first + begin, first + end, begin, in, out);
    });
    parallel_each(kPoints * groups, [&](int64_t i) {
      const int64_t group = i % groups;
      const int64_t begin = strips * group / groups * kTileRows;
      const int64_t end = std::min(s.out_c, strips * (group + 1) / groups * kTileRows);
      HWY_DYNAMIC_DISPATCH(multiply)(job, i / groups, begin, end, rows, in, out, first > 0);
    });
  }
  parallel_ranges(s.out_c, 1, [&](int64_t begin, int64_t end) {
    HWY_DYNAMIC_DISPATCH(result)(job, begin, end);
  });
}

}  // namespace sgan::kernels
#endif
