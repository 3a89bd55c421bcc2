// The driver: blocks handed out to the threads; each splits its own input into cache and runs over
// it.
#include <asm/prctl.h>
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <utility>

#include "kernels/cpu/conv_amx_internal.hpp"
#include "kernels/parallel.hpp"

namespace sgan::kernels {
namespace {

using namespace amx;

bool detect() {
  constexpr int kRequestPermission = 0x1023,
                kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  unsigned a, b, c, d;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
  constexpr unsigned kAmxBf16 = 1u << 22, kAmxTile = 1u << 24;
  if ((d & kAmxBf16) == 0 || (d & kAmxTile) == 0) return false;
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
      !__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512dq") ||
      !__builtin_cpu_supports("avx512bf16") || !__builtin_cpu_supports("fma")) {
    return false;
  }
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

int64_t align64(int64_t bytes) { return (bytes + 63) / 64 * 64; }

// Per thread: the split image (with slack, since its last tile may read on), the pixel table, two
// buffers of sums.
struct Layout {
  int64_t offsets, image, pixels, sums, thread;
  explicit Layout(const ConvAmxPlan& p) {
    offsets = align64(p.num_taps * channel_blocks(p) * int64_t{sizeof(int32_t)});
    image = align64(p.samples * p.sample_bytes + 2 * kLane * kPixelBytes);
    pixels = align64((p.max_tiles + kGroup) * kLane * int64_t{sizeof(int32_t)});
    sums = 2 * kGroup * kTileFloats * int64_t{sizeof(float)};
    thread = image + pixels * p.num_phases + sums;
  }
};

// Results of whole cache lines that are too large for the second-level caches go to memory
// directly: the lines need not be read first, and do not drive out what the computation needs.
bool streams(const ConvAmxPlan& p, const float* y, const ConvEpilogue& e) {
  return p.out_c % kLane == 0 && reinterpret_cast<uintptr_t>(y) % 64 == 0 && !e.accumulate &&
         p.n * p.out_h * p.out_w * p.out_c * int64_t{sizeof(float)} > p.threads * cache_bytes();
}

struct Job {
  const ConvAmxPlan& p;
  const float *x, *in_scale;
  const uint8_t* packed;
  float* y;
  const ConvEpilogue& e;
  const int32_t* offsets;
  Layout layout;
  int64_t bands, parts;  // blocks along rows and columns
  bool stream;           // write past the cache

  void work(uint8_t* scratch, std::atomic<int64_t>& next) const;
  void block(int64_t index, int64_t following, int64_t group, uint8_t* scratch, bool split) const;
  Ahead input_ahead(int64_t index) const;
  void prepare(Pending& pending, int64_t n, int64_t panel) const;
};

// Output pixels of each tile of a phase (-1: none). Returns the number of tiles.
int64_t fill_pixels(const ConvAmxPlan& p, const ConvPhase& f, int64_t row0, int64_t col0,
                    int64_t rows, int64_t cols, const Tiling& t, int32_t* pixel) {
  const auto at = [&](int64_t r, int64_t c) {
    if (r >= rows || c >= cols) return int32_t{-1};
    return static_cast<int32_t>(((row0 + r) * p.out_step + f.y0) * p.out_w +
                                (col0 + c) * p.out_step + f.x0);
  };
  if (t.flat) {
    for (int64_t i = 0, r = 0, c = 0; i < t.count * kLane; ++i) {
      pixel[i] = at(r, c);
      if (++c == p.pitch) c = 0, ++r;
    }
  } else {
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = 0; c < ceil_div(cols, kLane) * kLane; ++c) *pixel++ = at(r, c);
    }
  }
  return t.count;
}

void Job::prepare(Pending& d, int64_t n, int64_t panel) const {
  const int64_t co = panel * kLane, count = std::min<int64_t>(kLane, p.out_c - co);
  std::fill_n(d.scale, kLane, e.gain);
  std::fill_n(d.bias, kLane, 0.0f);
  const float* out_scale = e.out_scale ? e.out_scale + n * p.out_c + co : nullptr;
  for (int64_t c = 0; c < count && out_scale; ++c) d.scale[c] = out_scale[c] * e.gain;
  for (int64_t c = 0; c < count && e.bias; ++c) d.bias[c] = e.bias[co + c] * e.gain;
  d.channels = static_cast<uint16_t>((1u << count) - 1);
  d.y = y + n * p.out_h * p.out_w * p.out_c + co;
  d.noise = e.noise ? e.noise + n * e.noise_sample_stride : nullptr;
}

Ahead Job::input_ahead(int64_t index) const {
  Ahead a;
  if (index >= ceil_div(p.n, p.samples) * bands * parts) return a;
  const int64_t part = index % parts, band = index / parts % bands, n = index / parts / bands;
  int dy0 = p.planes[0].dy, dy1 = dy0, dx0 = p.planes[0].dx, dx1 = dx0;
  for (int f = 1; f < p.num_planes; ++f) {
    dy0 = std::min<int>(dy0, p.planes[f].dy), dy1 = std::max<int>(dy1, p.planes[f].dy);
    dx0 = std::min<int>(dx0, p.planes[f].dx), dx1 = std::max<int>(dx1, p.planes[f].dx);
  }
  const auto clip = [](int64_t from, int64_t count, int step, int d0, int d1, int64_t size) {
    const int64_t begin = std::clamp<int64_t>(from * step + d0, 0, size);
    const int64_t end = std::clamp<int64_t>((from + count - 1) * step + d1 + 1, begin, size);
    return std::pair{begin, end};
  };
  const auto [y0, y1] = clip(band * p.rows, p.plane_rows, p.in_step, dy0, dy1, p.in_h);
  const auto [x0, x1] = clip(part * p.cols, p.pitch, p.in_step, dx0, dx1, p.in_w);
  a.row =
      reinterpret_cast<const uint8_t*>(x + ((n * p.samples * p.in_h + y0) * p.in_w + x0) * p.in_c);
  a.bytes = (x1 - x0) * p.in_c * int64_t{sizeof(float)};
  a.stride = p.in_w * p.in_c * int64_t{sizeof(float)};
  a.rows = a.bytes > 0 ? y1 - y0 : 0;
  return a;
}

void Job::block(int64_t index, int64_t following, int64_t group, uint8_t* scratch,
                bool split) const {
  const int64_t part = index % parts, band = index / parts % bands, batch = index / parts / bands;
  const int64_t row0 = band * p.rows, col0 = part * p.cols;
  const int64_t n0 = batch * p.samples, n1 = std::min(p.n, n0 + p.samples);
  uint8_t* image = scratch;
  auto* pixels = reinterpret_cast<int32_t*>(scratch + layout.image);
  auto* sums = reinterpret_cast<float*>(scratch + layout.image + layout.pixels * p.num_phases);
  const int64_t pixel_ints = layout.pixels / int64_t{sizeof(int32_t)};
  if (split) split_block(p, x, in_scale, n0, n1, row0, col0, image);

  int64_t rows[kConvMaxPhases], cols[kConvMaxPhases], calls = 0;
  Tiling tilings[kConvMaxPhases];
  for (int f = 0; f < p.num_phases; ++f) {
    rows[f] = std::min(p.rows, p.phases[f].rows - row0);
    cols[f] = std::min(p.cols, p.phases[f].cols - col0);
    tilings[f] = {true, 0};
    if (rows[f] <= 0 || cols[f] <= 0) continue;
    tilings[f] = tiling(rows[f], cols[f], p.pitch);
    fill_pixels(p, p.phases[f], row0, col0, rows[f], cols[f], tilings[f], pixels + f * pixel_ints);
    calls += ceil_div(tilings[f].count, kGroup) * p.phases[f].taps;
  }
  const int64_t blocks = channel_blocks(p), all = panels(p);
  const int64_t panel_begin = all * group / p.groups, panel_end = all * (group + 1) / p.groups;
  const int64_t panel_steps = std::max<int64_t>(1, calls * blocks * (n1 - n0));

  Pending pending = {};
  pending.strength = e.noise_strength * e.gain;
  pending.row_stride = p.out_c;
  pending.relu = e.act == Act::relu;
  pending.slope = e.act == Act::lrelu ? e.alpha : 1;
  pending.clamp = e.clamp >= 0 ? e.clamp : std::numeric_limits<float>::infinity();
  pending.accumulate = e.accumulate;
  pending.stream = stream;

  Call call;
  int side = 0;
  Ahead ahead;
  const auto run = [&](int64_t panel, int64_t n, int f, int64_t first) {
    const int64_t steps = p.phases[f].taps * blocks, tiles_a_row = ceil_div(cols[f], kLane);
    const uint8_t* sample = image + (n - n0) * p.sample_bytes;
    call.tiles = static_cast<int>(std::min<int64_t>(kGroup, tilings[f].count - first));
    for (int i = 0; i < call.tiles; ++i) {
      const int64_t t = first + i;
      const int64_t start =
          tilings[f].flat ? t * kLane : t / tiles_a_row * p.pitch + t % tiles_a_row * kLane;
      call.a[i] = sample + start * kPixelBytes;
    }
    call.offset = offsets + p.phases[f].first_tap * blocks;
    call.steps = steps;
    call.b = packed + panel * panel_bytes(p) + p.phases[f].first_tap * blocks * kStepBytes;
    call.acc = sums + side * kGroup * kTileFloats;
    run_tiles(call, pending, ahead);
    prepare(pending, n, panel);
    pending.acc = call.acc;
    pending.pixel = pixels + f * pixel_ints + first * kLane;
    pending.rows = call.tiles * kLane;
    side ^= 1;
  };
  for (int64_t first = panel_begin; first < panel_end; first += p.chunk) {
    const int64_t last = std::min(panel_end, first + p.chunk);
    if (last < panel_end) {
      const int64_t coming = std::min(p.chunk, panel_end - last);
      ahead = {packed + last * panel_bytes(p), coming * panel_bytes(p), 0, 1, 0, 0};
    } else {
      ahead = input_ahead(following);
    }
    ahead.lines_a_step = static_cast<int>(
        ceil_div(ahead.rows * ceil_div(ahead.bytes, 64), panel_steps * (last - first)));
    for (int64_t n = n0; n < n1; ++n) {
      for (int f = 0; f < p.num_phases; ++f) {
        for (int64_t t = 0; t < tilings[f].count; t += kGroup) {
          for (int64_t panel = first; panel < last; ++panel) run(panel, n, f, t);
        }
      }
    }
  }
  finish(pending);
}

void Job::work(uint8_t* scratch, std::atomic<int64_t>& next) const {
  const int64_t items = ceil_div(p.n, p.samples) * bands * parts * p.groups;
  tiles_begin();
  int64_t held = -1;
  for (int64_t i = next++, after; i < items; i = after) {
    after = next++;
    block(i / p.groups, after / p.groups, i % p.groups, scratch, i / p.groups != held);
    held = i / p.groups;
  }
  tiles_end();
}

}  // namespace

bool conv_amx_available() {
  static const bool available = detect();
  return available;
}

size_t conv_amx_scratch_bytes(const ConvAmxPlan& p) {
  const Layout layout(p);
  return static_cast<size_t>(layout.offsets + p.threads * layout.thread);
}

void conv_amx(const ConvAmxPlan& p, const float* x, const float* in_scale, const void* packed,
              float* y, const ConvEpilogue& epilogue, void* scratch) {
  const Layout layout(p);
  auto* base = static_cast<uint8_t*>(scratch);
  auto* offsets = reinterpret_cast<int32_t*>(base);
  const int64_t blocks = channel_blocks(p);
  int32_t* offset = offsets;
  int64_t rows = 0, cols = 0;
  for (int f = 0; f < p.num_phases; ++f) {
    rows = std::max(rows, p.phases[f].rows);
    cols = std::max(cols, p.phases[f].cols);
    for (int64_t block = 0; block < blocks; ++block) {
      for (int t = 0; t < p.phases[f].taps; ++t) {
        const ConvTap& tap = p.taps[p.phases[f].first_tap + t];
        *offset++ = static_cast<int32_t>((block * p.num_planes + tap.plane) * p.plane_bytes +
                                         (tap.row * p.pitch + tap.col) * kPixelBytes);
      }
    }
  }
  const Job job = {p,
                   x,
                   in_scale,
                   static_cast<const uint8_t*>(packed),
                   y,
                   epilogue,
                   offsets,
                   layout,
                   ceil_div(rows, p.rows),
                   ceil_div(cols, p.cols),
                   streams(p, y, epilogue)};
  std::atomic<int64_t> next{0};
  parallel_ranges(p.threads, 1, [&](int64_t begin, int64_t end) {
    for (int64_t t = begin; t < end; ++t) job.work(base + layout.offsets + t * layout.thread, next);
  });
}

}  // namespace sgan::kernels
