#include "kernels/cpu/winograd_line.hpp"

#include <algorithm>

#include "kernels/cpu/conv_tiles.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/winograd_line.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/cpu/conv_tiles-inl.hpp"

#ifndef SGAN_WINOGRAD_LINE_ONCE
#define SGAN_WINOGRAD_LINE_ONCE
namespace sgan::kernels::line {
namespace {

using namespace convtiles;

constexpr int kMaxPoints = 12, kMaxTaps = 7;

// F(outputs, taps): Toom and Cook's method. Point 0 is 0, then come pairs p, -p, the last one is
// infinity. A pair's rows of `input` and `output` differ in the sign of odd columns only.
struct Method {
  int taps, outputs, points, pairs;
  float input[kMaxPoints][kMaxPoints];   // coefficients of M(x) / (x - p), M = x prod(x^2 - p^2)
  double weight[kMaxPoints][kMaxTaps];   // p^j / M'(p)
  float output[kMaxPoints][kMaxPoints];  // p^j

  template <size_t kPairs>
  Method(int r, int m, const double (&place)[kPairs])
      : taps(r), outputs(m), points(r + m - 1), pairs(int(kPairs)), input{}, weight{}, output{} {
    // Coefficients of the product of (x^2 - q^2) over all pairs but one (or none: -1).
    const auto product = [&](int without, double(&c)[kMaxPoints]) {
      std::fill(c, c + kMaxPoints, 0.0);
      c[0] = 1;
      int degree = 0;
      for (int k = 0; k < pairs; ++k) {
        if (k == without) continue;
        degree += 2;
        for (int i = degree; i >= 0; --i) {
          c[i] = (i >= 2 ? c[i - 2] : 0) - place[k] * place[k] * c[i];
        }
      }
    };
    double even[kMaxPoints];
    product(-1, even);  // M(x) / x
    for (int i = 0; i + 1 < points; ++i) {
      input[0][i] = float(even[i]);
      input[points - 1][i + 1] = float(even[i]);
    }
    output[0][0] = output[points - 1][outputs - 1] = 1;
    weight[0][0] = 1 / even[0];
    weight[points - 1][taps - 1] = 1;
    for (int k = 0; k < pairs; ++k) {
      const double p = place[k];
      double rest[kMaxPoints];
      product(k, rest);
      double slope = 0, power = 1;  // M'(p) = p * 2p * product of the others at p
      for (int i = 0; i < points; ++i, power *= p) slope += rest[i] * power;
      slope *= 2 * p * p;
      // M(x) / (x - p) = x (x + p) rest(x); the same with -p for -p.
      for (int sign : {0, 1}) {
        const int row = 1 + 2 * k + sign;
        const double q = sign ? -p : p;
        for (int i = 0; i < points; ++i) {
          input[row][i] = float((i >= 2 ? rest[i - 2] : 0) + (i >= 1 ? q * rest[i - 1] : 0));
        }
        double high = 1;
        for (int j = 0; j < kMaxPoints; ++j, high *= q) {
          if (j < taps) weight[row][j] = high / slope;
          if (j < outputs) output[row][j] = float(high);
        }
      }
    }
  }
};

const Method& method_of(const ConvShape& s) {
  static const Method three(3, 4, {0.70710678118654752, 1.41421356237309505});
  static const Method seven(7, 6, {0.3, 0.7, 1.0, 1.4, 2.5});
  return s.kh * s.kw == 3 ? three : seven;
}

// How a convolution is cut: runs of outputs along the kernel's axis, numbered along rows, columns,
// samples.
struct Tiles {
  bool down;  // along y
  int64_t ny, nx, count;
  Tiles(const ConvShape& s, int outputs)
      : down(s.kw == 1),
        ny(down ? ceil_div(s.out_h, outputs) : s.out_h),
        nx(down ? s.out_w : ceil_div(s.out_w, outputs)),
        count(s.n * ny * nx) {}
};

struct Job {
  const ConvShape& s;
  const Method& method;
  Tiles tiles;
  const float *x, *packed, *zeros;
  float* y;
  Finish finish;
  int64_t in_pitch, out_pitch, in_point, out_point;  // of a block's tiles and points
};

}  // namespace
}  // namespace sgan::kernels::line
#endif

HWY_BEFORE_NAMESPACE();
namespace sgan::kernels::line {
namespace {
namespace HWY_NAMESPACE {

using namespace convtiles::HWY_NAMESPACE;

int64_t panel_width() { return kPanel; }

HWY_INLINE V load_channels(const float* p, int64_t left) {
  return left >= kLanes ? hn::LoadU(Tag(), p) : load_some(p, left < 0 ? 0 : left);
}

template <int kPoints>
HWY_INLINE void input_tile(const Job& job, int64_t tile, float* to) {
  const Tag d;
  const ConvShape& s = job.s;
  const Method& f = job.method;
  const int64_t tx = tile % job.tiles.nx, ty = tile / job.tiles.nx % job.tiles.ny;
  const int64_t n = tile / (job.tiles.nx * job.tiles.ny);
  const int64_t y0 = (job.tiles.down ? ty * f.outputs : ty) - s.pad_top;
  const int64_t x0 = (job.tiles.down ? tx : tx * f.outputs) - s.pad_left;
  const float* from[kPoints];
  for (int i = 0; i < kPoints; ++i) {
    const int64_t y = y0 + (job.tiles.down ? i : 0), x = x0 + (job.tiles.down ? 0 : i);
    const bool inside = y >= 0 && y < s.in_h && x >= 0 && x < s.in_w;
    from[i] = inside ? job.x + ((n * s.in_h + y) * s.in_w + x) * s.in_c : job.zeros;
  }
  for (int64_t c = 0; c < s.in_c; c += kLanes) {
    V v[kPoints];
#pragma GCC unroll 12
    for (int i = 0; i < kPoints; ++i) v[i] = load_channels(from[i] + c, s.in_c - c);
    // 0 takes the even numbers, infinity the odd ones.
    V zero = hn::Mul(v[0], hn::Set(d, f.input[0][0]));
    V infinity = hn::Mul(v[1], hn::Set(d, f.input[kPoints - 1][1]));
#pragma GCC unroll 6
    for (int i = 2; i < kPoints; i += 2) {
      zero = hn::MulAdd(v[i], hn::Set(d, f.input[0][i]), zero);
      infinity = hn::MulAdd(v[i + 1], hn::Set(d, f.input[kPoints - 1][i + 1]), infinity);
    }
    hn::StoreU(zero, d, to + c);
    hn::StoreU(infinity, d, to + (kPoints - 1) * job.in_point + c);
#pragma GCC unroll 5
    for (int k = 1; k < kPoints - 1; k += 2) {
      V odd = hn::Mul(v[1], hn::Set(d, f.input[k][1]));
      V even = hn::Mul(v[2], hn::Set(d, f.input[k][2]));
#pragma GCC unroll 5
      for (int i = 3; i + 1 < kPoints; i += 2) {
        odd = hn::MulAdd(v[i], hn::Set(d, f.input[k][i]), odd);
        even = hn::MulAdd(v[i + 1], hn::Set(d, f.input[k][i + 1]), even);
      }
      hn::StoreU(hn::Add(even, odd), d, to + k * job.in_point + c);
      hn::StoreU(hn::Sub(even, odd), d, to + (k + 1) * job.in_point + c);
    }
  }
}

template <int kPoints, int kOutputs>
HWY_INLINE void output_tile(const Job& job, int64_t tile, const float* from) {
  const Tag d;
  const ConvShape& s = job.s;
  const Method& f = job.method;
  const int64_t tx = tile % job.tiles.nx, ty = tile / job.tiles.nx % job.tiles.ny;
  const int64_t n = tile / (job.tiles.nx * job.tiles.ny);
  const int64_t oy = job.tiles.down ? ty * kOutputs : ty, ox = job.tiles.down ? tx : tx * kOutputs;
  const int64_t room = job.tiles.down ? s.out_h - oy : s.out_w - ox;
  const int64_t step = job.tiles.down ? s.out_w : 1, first = oy * s.out_w + ox;
  float* y = job.y + (n * s.out_h * s.out_w + first) * s.out_c;
  for (int64_t c = 0; c < s.out_c; c += kLanes) {
    const auto at = [&](int p) HWY_ATTR { return hn::LoadU(d, from + p * job.out_point + c); };
    V out[kOutputs];
    out[0] = at(0);
#pragma GCC unroll 6
    for (int j = 1; j < kOutputs; ++j) out[j] = hn::Zero(d);
    out[kOutputs - 1] = at(kPoints - 1);
#pragma GCC unroll 5
    for (int k = 1; k < kPoints - 1; k += 2) {
      const V plus = at(k), minus = at(k + 1);
      const V sum = hn::Add(plus, minus), difference = hn::Sub(plus, minus);
#pragma GCC unroll 6
      for (int j = 0; j < kOutputs; ++j) {
        out[j] = hn::MulAdd(j % 2 ? difference : sum, hn::Set(d, f.output[k][j]), out[j]);
      }
    }
#pragma GCC unroll 6
    for (int64_t j = 0; j < kOutputs; ++j) {
      if (j >= room) break;
      const float noise = job.finish.noise(n, first + j * step);
      finish(job.finish, out[j], n, c, s.out_c - c, noise, y + j * step * s.out_c + c);
    }
  }
}

// Tiles [begin, begin + rows) through all steps; `in` and `out`: room for a block.
template <int kPoints, int kOutputs>
HWY_INLINE void block_of(const Job& job, int64_t begin, int64_t rows, float* in, float* out) {
  const ConvShape& s = job.s;
  for (int64_t r = 0; r < rows; ++r) {
    input_tile<kPoints>(job, begin + r, in + r * job.in_pitch);
  }
  const int64_t panels = ceil_div(s.out_c, kPanel);
  for (int64_t point = 0; point < kPoints; ++point) {
    const float* a = in + point * job.in_point;
    for (int64_t panel = 0; panel < panels; ++panel) {
      const float* b = job.packed + (point * panels + panel) * s.in_c * kPanel;
      float* c = out + point * job.out_point + panel * kPanel;
      for (int64_t r = 0; r < rows; r += kTileRows) {
        const int64_t count = std::min(kTileRows, rows - r);
        const float* row[kTileRows];
        for (int64_t i = 0; i < count; ++i) row[i] = a + (r + i) * job.in_pitch;
        multiply_rows(count, row, 0, 1, 0, s.in_c, b, c + r * job.out_pitch, job.out_pitch, false);
      }
    }
  }
  for (int64_t r = 0; r < rows; ++r) {
    output_tile<kPoints, kOutputs>(job, begin + r, out + r * job.out_pitch);
  }
}

void block(const Job& job, int64_t begin, int64_t rows, float* in, float* out) {
  if (job.method.taps == 3) {
    block_of<6, 4>(job, begin, rows, in, out);
  } else {
    block_of<12, 6>(job, begin, rows, in, out);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace
}  // namespace sgan::kernels::line
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sgan::kernels {
namespace line {
namespace {

HWY_EXPORT(panel_width);
HWY_EXPORT(block);

struct Plan {
  int64_t rows, blocks;  // tiles a block, blocks
  int64_t in_pitch, out_pitch, in_point, out_point, in_floats, out_floats;
  Plan(const ConvShape& s, const Method& f) {
    const int64_t panel = HWY_DYNAMIC_DISPATCH(panel_width)(), threads = num_threads();
    const Tiles tiles(s, f.outputs);
    in_pitch = odd_pitch(s.in_c, panel);
    out_pitch = odd_pitch(s.out_c, panel);
    // Transformed tiles of half a second-level cache: the weights need the other half.
    constexpr int64_t kBlockFloats = 150000;
    const int64_t most = std::max<int64_t>(24, kBlockFloats / (f.points * (in_pitch + out_pitch)));
    blocks = round_up(ceil_div(tiles.count, most), threads);
    rows = std::min(round_up(ceil_div(tiles.count, blocks), kTileRows), tiles.count);
    blocks = ceil_div(tiles.count, rows);
    // A cache line between the points, lest all points of a tile fall into one cache set.
    in_point = rows * in_pitch + 16;
    out_point = rows * out_pitch + 16;
    in_floats = round_up(f.points * in_point, 16);
    out_floats = round_up(f.points * out_point, 16);
  }
};

}  // namespace
}  // namespace line

using namespace line;

bool winograd_line_supports(const ConvShape& s) {
  const bool line = s.kh == 1 || s.kw == 1;
  return line && (s.kh * s.kw == 3 || s.kh * s.kw == 7) && s.stride == 1;
}

bool winograd_line_pays(const ConvShape& s) {
  if (!winograd_line_supports(s) || s.in_c < 16 || s.out_c < 16) return false;
  const Method& f = method_of(s);
  const int64_t tiles = round_up(Tiles(s, f.outputs).count, kTileRows);
  // The transforms and the wider reach over memory cost about a third of the products.
  return 4 * tiles * f.points < 3 * s.n * s.out_h * s.out_w * f.taps;
}

size_t winograd_line_weight_floats(const ConvShape& s) {
  const int64_t width = round_up(s.out_c, HWY_DYNAMIC_DISPATCH(panel_width)());
  return static_cast<size_t>(method_of(s).points * s.in_c * width);
}

void winograd_line_pack_weights(const ConvShape& s, const ConvWeights& w, float* packed) {
  const Method& f = method_of(s);
  const int64_t panel = HWY_DYNAMIC_DISPATCH(panel_width)(), panels = ceil_div(s.out_c, panel);
  const int64_t step = s.kh == 1 ? w.kx_stride : w.ky_stride;
  parallel_ranges(panels * s.in_c, 64, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t at = i / s.in_c, ci = i % s.in_c;
      for (int64_t o = 0; o < panel; ++o) {
        const int64_t co = at * panel + o;
        const float* taps = w.data + co * w.co_stride + ci * w.ci_stride;
        for (int p = 0; p < f.points; ++p) {
          double sum = 0;
          for (int j = 0; j < f.taps && co < s.out_c; ++j) sum += f.weight[p][j] * taps[j * step];
          packed[((p * panels + at) * s.in_c + ci) * panel + o] = static_cast<float>(sum);
        }
      }
    }
  });
}

size_t winograd_line_scratch_floats(const ConvShape& s) {
  const Plan plan(s, method_of(s));
  return static_cast<size_t>(plan.in_pitch + num_threads() * (plan.in_floats + plan.out_floats));
}

void winograd_line(const ConvShape& s, const float* x, const float* packed, float* y,
                   const ConvEpilogue& epilogue, float* scratch) {
  const Method& f = method_of(s);
  const Plan plan(s, f);
  const Tiles tiles(s, f.outputs);
  std::fill_n(scratch, plan.in_pitch, 0.0f);
  const Job job{s,
                f,
                tiles,
                x,
                packed,
                scratch,
                y,
                Finish(epilogue, s.out_c),
                plan.in_pitch,
                plan.out_pitch,
                plan.in_point,
                plan.out_point};
  float* blocks = scratch + plan.in_pitch;
  share(plan.blocks, [&](int64_t i, int worker) {
    float* in = blocks + worker * (plan.in_floats + plan.out_floats);
    const int64_t first = i * plan.rows;
    HWY_DYNAMIC_DISPATCH(block)
    (job, first, std::min(plan.rows, tiles.count - first), in, in + plan.in_floats);
  });
}

}  // namespace sgan::kernels
#endif
