// Runs one piece of work of the fast filtered nonlinearity on the best SIMD target of the machine.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/filtered_lrelu_simd.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include "kernels/cpu/filtered_lrelu_io-inl.hpp"
#include "kernels/cpu/filtered_lrelu_plan.hpp"
#include "kernels/cpu/filtered_lrelu_stages-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sgan::kernels::flrelu {
namespace HWY_NAMESPACE {

// Column pairs per block: h and z of a block stay in L1.
constexpr int block_pairs(int rank) { return rank == 1 ? 12 : 6; }

// Lines of a block, both ends of every pixel, and up to one column's share of repetitions.
constexpr int kMaxLines = 2 * kChunk * block_pairs(1) + 2 * block_pairs(1) + 64;

int64_t floor_div(int64_t a, int64_t b) { return a >= 0 ? a / b : -((b - 1 - a) / b); }

// The oversampled position `a` as phase and first input: the window of 6*up taps begins at `a`, and
// the signal is nonzero at multiples of `up`.
struct Position {
  int64_t input;
  int phase;
};
Position position(int64_t a, int up) {
  const int64_t input = -floor_div(-a, up);
  return {input, static_cast<int>(up - 1 - (input * up - a))};
}

constexpr size_t kStateColumn = (kTaps + 2 * (kTaps - 1)) * kLanes;
constexpr size_t kCarryRow = (kTaps - 1) * kLanes;

// Scratch of a piece, floats. Rows are padded so that they do not share cache sets.
struct Layout {
  static constexpr size_t kRows =
      kChunk + kTaps;  // the priming chunk brings its carried rows along
  int pairs;           // of a column block
  int64_t steps;       // column blocks
  size_t h_row, z_term, z_row, out_pitch, out_row, carry_block, state_block;
  size_t pixels, h, z, out, carry, state, total;

  Layout(int up, int rank, int64_t width, int64_t channels) {
    pairs = block_pairs(rank);
    steps = (width + kTaps - 1 + pairs - 1) / pairs;
    const size_t blocks = (static_cast<size_t>(channels) + kLanes - 1) / kLanes;
    h_row = (2 * pairs + 1) * kLanes;
    z_term = (2 * pairs + 1) * kLanes;
    z_row = z_term * rank;
    out_pitch = std::max(static_cast<size_t>(channels), kLanes);
    out_row = (pairs * out_pitch + kLanes + 15) / 16 * 16;
    carry_block = kChunk * kCarryRow;
    state_block = static_cast<size_t>(steps) * 2 * pairs * kStateColumn;
    pixels = 0;
    h = pixels + (kTaps + 2 * pairs / up + 1) * kLanes;
    z = h + kRows * h_row;
    out = z + kChunk * z_row;
    carry = out + kChunk * out_row;
    state = carry + blocks * carry_block;
    total = state + blocks * state_block;
  }
};

template <int kUp, int kPhaseY, int kRank>
struct Vertical {
  static void run(const Coefficients& k, bool prime, int count, Ahead ahead, const float* h,
                  size_t h_row, float* state, float* z, size_t z_row, size_t z_term) {
    if (prime)
      columns<kUp, kPhaseY, 1, true>(k, count, ahead, h, h_row, state, z, z_row, z_term);
    else
      columns<kUp, kPhaseY, kRank, false>(k, count, ahead, h, h_row, state, z, z_row, z_term);
  }
};

using UpX = void (*)(const Coefficients&, const float*, int, float*);
using UpY = void (*)(const Coefficients&, bool, int, Ahead, const float*, size_t, float*, float*,
                     size_t, size_t);
using DownX = void (*)(const Coefficients&, int, const float*, size_t, float*, float*, size_t);

UpX up_x_stage(int up, int phase) {
  static constexpr UpX two[] = {&up_x<2, 0>, &up_x<2, 1>};
  static constexpr UpX four[] = {&up_x<4, 0>, &up_x<4, 1>, &up_x<4, 2>, &up_x<4, 3>};
  return up == 2 ? two[phase] : four[phase];
}

template <int kRank>
UpY up_y_stage(int up, int phase) {
  static constexpr UpY two[] = {&Vertical<2, 0, kRank>::run, &Vertical<2, 1, kRank>::run};
  static constexpr UpY four[] = {&Vertical<4, 0, kRank>::run, &Vertical<4, 1, kRank>::run,
                                 &Vertical<4, 2, kRank>::run, &Vertical<4, 3, kRank>::run};
  return up == 2 ? two[phase] : four[phase];
}

UpY up_y_stage(int up, int phase, int rank) {
  switch (rank) {
    case 1:
      return up_y_stage<1>(up, phase);
    case 3:
      return up_y_stage<3>(up, phase);
    case 4:
      return up_y_stage<4>(up, phase);
    default:
      return up_y_stage<6>(up, phase);
  }
}

DownX down_x_stage(int rank) {
  switch (rank) {
    case 1:
      return &down_x<1>;
    case 3:
      return &down_x<3>;
    case 4:
      return &down_x<4>;
    default:
      return &down_x<6>;
  }
}

void RunItem(const Plan& plan, const Item& item, float* scratch) {
  const int up = plan.up;
  const int64_t width = item.x1 - item.x0;
  const Layout at(up, plan.rank, width, item.channels);
  // Streams: columns from the first sample of output x0, rows two samples (one output) early, so
  // that the priming chunk is a whole chunk.
  const Position px = position(plan.first_x + 2 * item.x0, up);
  const Position py = position(plan.first_y + 2 * item.y0 - 2, up);
  const UpX upsample_x = up_x_stage(up, px.phase);
  const UpY upsample_y = up_y_stage(up, py.phase, plan.rank);
  const DownX downsample_x = down_x_stage(plan.rank);
  const int carried_x = px.phase == 0 ? kTaps - 1 : kTaps;
  const int carried_y = py.phase == 0 ? kTaps - 1 : kTaps;
  const int new_rows = 2 * kChunk / up, new_pixels = 2 * at.pairs / up;
  const int64_t lanes = static_cast<int64_t>(kLanes);
  const int64_t blocks = (item.channels + lanes - 1) / lanes;

  int64_t y_in = py.input;
  const int64_t chunks = 1 + (item.rows + kChunk - 1) / kChunk;
  for (int64_t chunk = 0; chunk < chunks; ++chunk) {
    const bool prime = chunk == 0;
    const int rows = prime ? carried_y + new_rows : new_rows;
    const int64_t y = item.y0 + (chunk - 1) * kChunk;
    const int64_t rows_out = std::min<int64_t>(kChunk, item.y0 + item.rows - y);
    std::memset(scratch + at.carry, 0, blocks * at.carry_block * sizeof(float));
    for (int64_t step = 0; step < at.steps; ++step) {
      const int64_t first = px.input + step * new_pixels;
      const int64_t done = step * at.pairs;
      const int live = static_cast<int>(std::min<int64_t>(at.pairs, width + kTaps - 1 - done));
      // A last vector that is not full writes over the first channels of the next pixel: it goes
      // first.
      for (int64_t b = blocks - 1; b >= 0; --b) {
        const Reader reader(plan, item.n, item.c0 + b * lanes,
                            static_cast<int>(std::min(lanes, item.channels - b * lanes)));
        for (int r = 0; r < rows; ++r) {
          reader.read(y_in + r, first, carried_x + new_pixels, scratch + at.pixels);
          upsample_x(plan.k, scratch + at.pixels, new_pixels, scratch + at.h + r * at.h_row);
        }
        const float* lines[kMaxLines];
        int count = 0;
        if (chunk + 1 < chunks) {
          const bool last = b == blocks - 1 && plan.c % 16 != 0;
          count = list_lines(plan, item, item.c0 + b * lanes, last, y_in + rows, new_rows,
                             first + carried_x, new_pixels, lines);
        }
        Ahead ahead{lines, (count + 2 * live - 1) / (2 * live)};
        while (count < ahead.per_column * 2 * live) {
          lines[count] = lines[count - 1];
          ++count;
        }
        upsample_y(plan.k, prime, 2 * live, ahead, scratch + at.h, at.h_row,
                   scratch + at.state + b * at.state_block + step * 2 * at.pairs * kStateColumn,
                   scratch + at.z, at.z_row, at.z_term);
        for (int r = 0; r < rows_out && !prime; ++r) {
          downsample_x(plan.k, at.pairs, scratch + at.z + r * at.z_row, at.z_term,
                       scratch + at.carry + b * at.carry_block + r * kCarryRow,
                       scratch + at.out + r * at.out_row + b * lanes, at.out_pitch);
        }
      }
      if (prime) continue;
      // Pair p completes output p - 5.
      const int64_t skip = std::max<int64_t>(kTaps - 1 - done, 0);
      const int64_t x = item.x0 + done + skip - (kTaps - 1);
      for (int r = 0; r < rows_out; ++r) {
        write_row(plan, item, y + r, x, live - skip,
                  scratch + at.out + r * at.out_row + skip * at.out_pitch,
                  static_cast<int64_t>(at.out_pitch));
      }
    }
    y_in += rows;
  }
  if (plan.stream) hwy::FlushStream();
}

int VectorLanes() { return static_cast<int>(kLanes); }

int64_t ScratchFloats(int up, int rank, int64_t width, int blocks) {
  return static_cast<int64_t>(Layout(up, rank, width, blocks * static_cast<int>(kLanes)).total);
}

int64_t StateFloats(int64_t width) {
  return (2 * width + 2 * (kTaps - 1)) * static_cast<int64_t>(kStateColumn);
}

}  // namespace HWY_NAMESPACE
}  // namespace sgan::kernels::flrelu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sgan::kernels::flrelu {

HWY_EXPORT(RunItem);
HWY_EXPORT(VectorLanes);
HWY_EXPORT(ScratchFloats);
HWY_EXPORT(StateFloats);

void run_item(const Plan& plan, const Item& item, float* scratch) {
  HWY_DYNAMIC_DISPATCH(RunItem)(plan, item, scratch);
}
int vector_lanes() { return HWY_DYNAMIC_DISPATCH(VectorLanes)(); }
int64_t scratch_floats(int up, int rank, int64_t width, int blocks) {
  return HWY_DYNAMIC_DISPATCH(ScratchFloats)(up, rank, width, blocks);
}
int64_t state_floats(int64_t width) { return HWY_DYNAMIC_DISPATCH(StateFloats)(width); }

}  // namespace sgan::kernels::flrelu
#endif  // HWY_ONCE
