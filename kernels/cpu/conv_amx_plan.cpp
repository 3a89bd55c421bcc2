// Plans: kernel positions to taps, phases and planes, then the block size with the least estimated
// time.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <mutex>
#include <utility>

#include "kernels/cpu/conv_amx_internal.hpp"
#include "kernels/parallel.hpp"

namespace sgan::kernels {
namespace {

using namespace amx;

int floor_div(int a, int b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

// Assigns every tap its place in the split image. Pixels are parted by their remainder modulo the
// input step so that a tile always reads neighbours; with `per_column` every dx also gets a plane
// of its own, without unused columns, which pays on small images.
void place_taps(ConvAmxPlan& p, bool per_column, int64_t& span_rows, int64_t& span_cols) {
  const int s = p.in_step;
  int min_row = std::numeric_limits<int>::max(), min_col = min_row;
  for (int t = 0; t < p.num_taps; ++t) {
    min_row = std::min(min_row, floor_div(p.taps[t].dy, s));
    min_col = std::min(min_col, floor_div(p.taps[t].dx, s));
  }
  p.num_planes = 0;
  span_rows = span_cols = 0;
  for (int t = 0; t < p.num_taps; ++t) {
    ConvTap& tap = p.taps[t];
    const int row = floor_div(tap.dy, s), col = floor_div(tap.dx, s);
    tap.row = static_cast<int16_t>(row - min_row);
    tap.col = static_cast<int16_t>(per_column ? 0 : col - min_col);
    const ConvPlane plane = {static_cast<int16_t>(tap.dy - tap.row * s),
                             static_cast<int16_t>(tap.dx - tap.col * s)};
    int f = 0;
    while (f < p.num_planes && (p.planes[f].dy != plane.dy || p.planes[f].dx != plane.dx)) ++f;
    if (f == p.num_planes) p.planes[p.num_planes++] = plane;
    tap.plane = static_cast<int16_t>(f);
    span_rows = std::max<int64_t>(span_rows, tap.row);
    span_cols = std::max<int64_t>(span_cols, tap.col);
  }
}

void set_block(ConvAmxPlan& p, int64_t span_rows, int64_t span_cols) {
  p.plane_rows = p.rows + span_rows;
  p.pitch = p.cols + span_cols;
  p.plane_bytes = p.plane_rows * p.pitch * kPixelBytes;
  if (p.plane_bytes % 4096 == 0) p.plane_bytes += kPixelBytes;  // spread over the cache sets
  p.sample_bytes = p.plane_bytes * p.num_planes * channel_blocks(p);
  p.max_tiles = tiling(p.rows, p.cols, p.pitch).count;
}

// Estimated clock cycles of the busiest thread. The figures are measured ones, roughly.
double cost(const ConvAmxPlan& p, int64_t rows, int64_t cols) {
  constexpr double kStepCycles[] = {0, 170, 180, 200, 250};  // by number of tiles in a group
  constexpr double kSplitCycles = 18, kCallCycles = 250, kItemCycles = 2000;
  constexpr double kMemoryBytes = 5;  // a cycle, for one thread
  const int64_t blocks = channel_blocks(p), share = ceil_div(panels(p), p.groups);
  double tiles = 0;
  for (int f = 0; f < p.num_phases; ++f) {
    const int64_t steps = p.phases[f].taps * blocks;
    const auto group = [&](int64_t n) { return n ? steps * kStepCycles[n] + kCallCycles : 0; };
    tiles += (p.max_tiles / kGroup) * group(kGroup) + group(p.max_tiles % kGroup);
  }
  const double split =
      kSplitCycles * static_cast<double>(p.num_planes * p.plane_rows * p.pitch * blocks);
  const bool resident = p.chunk >= share;  // all weights stay, the next input is fetched meanwhile
  const double weights = static_cast<double>(share * panel_bytes(p));
  const double image = static_cast<double>(p.samples * p.sample_bytes);
  const double used =
      resident ? weights + 2 * image : image + static_cast<double>(2 * p.chunk * panel_bytes(p));
  const double overflow = std::max(0.0, used / (0.8 * static_cast<double>(cache_bytes())) - 1);
  const double work = p.samples * (split + tiles * share) *
                      (1 + 2 * overflow + 0.5 * image / static_cast<double>(cache_bytes()));
  const double input = static_cast<double>(
      p.samples * p.in_c * 4 * std::min(p.in_h * p.in_w, p.num_planes * p.plane_rows * p.pitch));
  const double output =
      static_cast<double>(p.samples * p.num_phases * p.rows * p.cols * p.out_c * 4);
  const double traffic = (input + output + (resident ? 0 : weights)) / kMemoryBytes;
  const double hidden = 0.8 * p.samples * tiles * share;
  const double memory = std::max(0.0, traffic - hidden) +
                        (resident ? 0 : weights / 40 + output / (4 * kMemoryBytes * p.chunk));
  const double item = work + memory + kItemCycles;
  const int64_t items =
      ceil_div(p.n, p.samples) * ceil_div(rows, p.rows) * ceil_div(cols, p.cols) * p.groups;
  return static_cast<double>(ceil_div(items, p.threads)) * item;
}

// Sizes to try for an axis of `size` outputs: even parts, each try about a quarter smaller than the
// one before, as it is and rounded up to whole tiles. Returns their number.
constexpr int kCandidates = 64;
int candidates(int64_t size, int64_t most, int64_t (&list)[kCandidates]) {
  int count = 0;
  const auto add = [&](int64_t v) {
    if (count < kCandidates && std::find(list, list + count, v) == list + count) list[count++] = v;
  };
  for (double wanted = static_cast<double>(std::clamp<int64_t>(most, 1, size)); wanted >= 1;
       wanted *= 0.77) {
    const int64_t even = ceil_div(size, ceil_div(size, static_cast<int64_t>(wanted)));
    add(even);
    add(std::min(size, ceil_div(even, kLane) * kLane));
  }
  return count;
}

// The part of a plan that is found by trying.
struct Block {
  bool per_column;
  int64_t samples, rows, cols, groups, chunk;
};

void use_block(ConvAmxPlan& p, const Block& b) {
  int64_t span_rows, span_cols;
  place_taps(p, b.per_column, span_rows, span_cols);
  p.samples = b.samples, p.rows = b.rows, p.cols = b.cols, p.groups = b.groups, p.chunk = b.chunk;
  set_block(p, span_rows, span_cols);
}

Block search(ConvAmxPlan trial) {
  int64_t rows = 0, cols = 0;
  for (int f = 0; f < trial.num_phases; ++f) {
    rows = std::max(rows, trial.phases[f].rows);
    cols = std::max(cols, trial.phases[f].cols);
  }
  const int64_t pixel_bytes = channel_blocks(trial) * kPixelBytes;
  const int64_t most = std::max<int64_t>(4 * kLane, cache_bytes() / pixel_bytes);
  double best = std::numeric_limits<double>::infinity();
  Block chosen = {};
  for (const bool per_column : {false, true}) {
    int64_t span_rows, span_cols, try_cols[kCandidates], try_rows[kCandidates];
    if (per_column && cols > 64) continue;
    place_taps(trial, per_column, span_rows, span_cols);
    const int count_cols = candidates(cols, most, try_cols);
    for (int i = 0; i < count_cols; ++i) {
      trial.cols = try_cols[i];
      const int count_rows = candidates(rows, most / trial.cols, try_rows);
      for (int j = 0; j < count_rows; ++j) {
        trial.rows = try_rows[j];
        set_block(trial, span_rows, span_cols);
        const int64_t blocks = ceil_div(rows, trial.rows) * ceil_div(cols, trial.cols);
        for (trial.samples = 1; trial.samples <= (blocks == 1 ? trial.n : 1); trial.samples *= 2) {
          // Shares of the output channels only where there are too few blocks for the threads.
          const int64_t items = blocks * ceil_div(trial.n, trial.samples);
          const int64_t most_groups =
              items < 4 * trial.threads ? std::min<int64_t>(panels(trial), 4 * trial.threads) : 1;
          for (trial.groups = 1; trial.groups <= most_groups;
               trial.groups += std::max<int64_t>(1, trial.groups / 4)) {
            const int64_t share = ceil_div(panels(trial), trial.groups);
            for (trial.chunk = 1;; trial.chunk = std::min(share, 2 * trial.chunk)) {
              const double c = cost(trial, rows, cols);
              if (c < best) {
                best = c;
                chosen = {per_column, trial.samples, trial.rows,
                          trial.cols, trial.groups,  trial.chunk};
              }
              if (trial.chunk == share) break;
            }
          }
        }
      }
    }
  }
  return chosen;
}

// Remembers the blocks of the last shapes, so that a plan may be made for every call.
void choose_block(const ConvShape& s, bool transposed, ConvAmxPlan& p) {
  constexpr int kRemembered = 256;
  using Key = std::array<int64_t, 14>;
  const Key key = {s.n,  s.in_h, s.in_w,   s.in_c,    s.out_h,    s.out_w,   s.out_c,
                   s.kh, s.kw,   s.stride, s.pad_top, s.pad_left, p.threads, transposed};
  static std::mutex mutex;
  static std::array<std::pair<Key, Block>, kRemembered> memory;
  static int used = 0, oldest = 0;
  {
    const std::lock_guard lock(mutex);
    for (int i = 0; i < used; ++i) {
      if (memory[i].first == key) return use_block(p, memory[i].second);
    }
  }
  const Block block = search(p);
  use_block(p, block);
  const std::lock_guard lock(mutex);
  memory[oldest] = {key, block};
  oldest = (oldest + 1) % kRemembered;
  used = std::min(used + 1, kRemembered);
}

bool start(const ConvShape& s, ConvAmxPlan& p, int threads) {
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  constexpr int kMostPad = 8192;
  p = {};
  for (const int64_t d : {s.n, s.in_h, s.in_w, s.in_c, s.out_h, s.out_w, s.out_c}) {
    if (d < 1 || d > kMost) return false;
  }
  if (s.kh < 1 || s.kw < 1 || s.kh > kConvMaxTaps || s.kw > kConvMaxTaps) return false;
  if (s.kh * s.kw > kConvMaxTaps || s.stride < 1 || s.stride > 64) return false;
  if (std::abs(s.pad_top) > kMostPad || std::abs(s.pad_left) > kMostPad) return false;
  if (s.out_h > kMost / s.out_w || s.in_h > kMost / s.in_w) return false;
  p.n = s.n, p.in_h = s.in_h, p.in_w = s.in_w, p.in_c = s.in_c;
  p.out_h = s.out_h, p.out_w = s.out_w, p.out_c = s.out_c;
  p.threads = threads > 0 ? threads : num_threads();
  return true;
}

void add_tap(ConvAmxPlan& p, int dy, int dx, int ky, int kx) {
  p.taps[p.num_taps++] = {static_cast<int16_t>(dy),
                          static_cast<int16_t>(dx),
                          static_cast<int16_t>(ky),
                          static_cast<int16_t>(kx),
                          0,
                          0,
                          0};
}

}  // namespace

int64_t amx::cache_bytes() {
  static const int64_t bytes = [] {
    const long found = sysconf(_SC_LEVEL2_CACHE_SIZE);
    return found > 0 ? int64_t{found} : int64_t{2} << 20;
  }();
  return bytes;
}

bool conv_amx_plan(const ConvShape& s, ConvAmxPlan& p, int threads) {
  if (!start(s, p, threads)) return false;
  p.in_step = s.stride, p.out_step = 1, p.num_phases = 1;
  for (int ky = 0; ky < s.kh; ++ky) {
    for (int kx = 0; kx < s.kw; ++kx) add_tap(p, ky - s.pad_top, kx - s.pad_left, ky, kx);
  }
  const bool pointwise = s.kh * s.kw == 1 && s.stride == 1 && s.pad_top == 0 && s.pad_left == 0 &&
                         s.out_h == s.in_h && s.out_w == s.in_w;
  if (pointwise) {  // rows do not matter: one long row
    p.in_w *= p.in_h, p.out_w *= p.out_h;
    p.in_h = p.out_h = 1;
  }
  p.phases[0] = {0, p.num_taps, 0, 0, p.out_h, p.out_w};
  choose_block(s, false, p);
  return true;
}

bool conv_amx_transpose_plan(const ConvShape& s, ConvAmxPlan& p, int threads) {
  if (!start(s, p, threads) || s.stride * s.stride > kConvMaxPhases) return false;
  p.in_step = 1, p.out_step = s.stride;
  for (int y0 = 0; y0 < s.stride; ++y0) {
    for (int x0 = 0; x0 < s.stride; ++x0) {
      ConvPhase& f = p.phases[p.num_phases++];
      f = {p.num_taps,
           0,
           y0,
           x0,
           std::max<int64_t>(0, ceil_div(s.out_h - y0, s.stride)),
           std::max<int64_t>(0, ceil_div(s.out_w - x0, s.stride))};
      for (int ky = 0; ky < s.kh; ++ky) {
        for (int kx = 0; kx < s.kw; ++kx) {
          const int dy = y0 + s.pad_top - ky, dx = x0 + s.pad_left - kx;
          if (dy % s.stride || dx % s.stride) continue;
          add_tap(p, dy / s.stride, dx / s.stride, ky, kx);
        }
      }
      f.taps = p.num_taps - f.first_tap;
    }
  }
  choose_block(s, true, p);
  return true;
}

}  // namespace sgan::kernels
