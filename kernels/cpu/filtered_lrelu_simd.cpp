// Runs one piece of work of the fast filtered nonlinearity on the best SIMD target of the machine.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/filtered_lrelu_simd.cpp"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include "kernels/cpu/filtered_lrelu_io-inl.hpp"
#include "kernels/cpu/filtered_lrelu_plan.hpp"
#include "kernels/cpu/filtered_lrelu_stages-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace sgan::kernels::flrelu {
namespace HWY_NAMESPACE {

// Column pairs per block: h and z of a block stay in L1.
constexpr int block_pairs(int rank) { return rank == 1 ? 12 : 6; }

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

// Scratch of a piece, floats. Rows are padded so that they do not share cache sets.
struct Layout {
  static constexpr size_t kRows =
      kChunk + kTaps;  // the priming chunk brings its carried rows along
  int pairs;
  size_t h_row, z_term, z_row, pixels_row, state_column, blocks;
  size_t pixels, h, z, out, carry, state, total;

  Layout(int up, int rank, int64_t width) {
    pairs = block_pairs(rank);
    h_row = (2 * pairs + 4 + 1) * kLanes;
    z_term = (2 * pairs + 1) * kLanes;
    z_row = z_term * rank;
    pixels_row = (kTaps + 2 * pairs / up + 1) * kLanes;
    state_column = (kTaps + 2 * (kTaps - 1)) * kLanes;
    blocks = static_cast<size_t>((width + kTaps - 1 + pairs - 1) / pairs);
    pixels = 0;
    h = pixels + kRows * pixels_row;
    z = h + kRows * h_row;
    out = z + kChunk * z_row;
    carry = out + pairs * kLanes;
    state = carry + kChunk * (kTaps - 1) * kLanes;
    total = state + blocks * 2 * pairs * state_column;
  }
};

template <int kUp, int kPhaseY, int kRank>
struct Vertical {
  static void run(const Coefficients& k, bool prime, int count, const float* h, size_t h_row,
                  float* state, float* z, size_t z_row, size_t z_term) {
    if (prime)
      columns<kUp, kPhaseY, 1, true>(k, count, h, h_row, state, z, z_row, z_term);
    else
      columns<kUp, kPhaseY, kRank, false>(k, count, h, h_row, state, z, z_row, z_term);
  }
};

using UpX = void (*)(const Coefficients&, const float*, int, float*);
using UpY = void (*)(const Coefficients&, bool, int, const float*, size_t, float*, float*, size_t,
                     size_t);
using DownX = void (*)(const Coefficients&, int, const float*, size_t, float*, float*);

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

template <Fill kFill>
void run_piece(const Plan& plan, const Item& item, float* scratch) {
  const int up = plan.up;
  const int64_t width = item.x1 - item.x0;
  const Layout at(up, plan.rank, width);
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
  Reader<kFill> reader(plan, item, item.rows * 2 / up);

  int64_t y_in = py.input;
  const int64_t chunks = 1 + (item.rows + kChunk - 1) / kChunk;
  for (int64_t chunk = 0; chunk < chunks; ++chunk) {
    const bool prime = chunk == 0;
    const int rows = prime ? carried_y + new_rows : new_rows;
    const int64_t y = item.y0 + (chunk - 1) * kChunk;
    const int64_t rows_out = std::min<int64_t>(kChunk, item.y0 + item.rows - y);
    std::memset(scratch + at.carry, 0, kChunk * (kTaps - 1) * kLanes * sizeof(float));
    for (size_t block = 0; block < at.blocks; ++block) {
      for (int r = 0; r < rows; ++r) {
        float* pixels = scratch + at.pixels + r * at.pixels_row;
        const int64_t first = px.input + static_cast<int64_t>(block) * new_pixels;
        if (block == 0)
          reader.read(y_in + r, first, carried_x, pixels);
        else
          std::memmove(pixels, pixels + new_pixels * kLanes, carried_x * kLanes * sizeof(float));
        reader.read(y_in + r, first + carried_x, new_pixels, pixels + carried_x * kLanes);
        reader.prefetch(y_in + r + rows, first + carried_x, new_pixels);
        upsample_x(plan.k, pixels, new_pixels, scratch + at.h + r * at.h_row);
      }
      const int64_t done = static_cast<int64_t>(block) * at.pairs;
      const int live = static_cast<int>(std::min<int64_t>(at.pairs, width + kTaps - 1 - done));
      // Pair p completes output p - 5.
      const int64_t skip = std::max<int64_t>(kTaps - 1 - done, 0);
      const int64_t x = item.x0 + done + skip - (kTaps - 1);
      if (!prime)
        for (int r = 0; r < rows_out; ++r) prefetch_row(plan, item, y + r, x, live - skip);
      upsample_y(plan.k, prime, 2 * live, scratch + at.h, at.h_row,
                 scratch + at.state + block * 2 * at.pairs * at.state_column, scratch + at.z,
                 at.z_row, at.z_term);
      if (prime) continue;
      for (int r = 0; r < rows_out; ++r) {
        downsample_x(plan.k, at.pairs, scratch + at.z + r * at.z_row, at.z_term,
                     scratch + at.carry + r * (kTaps - 1) * kLanes, scratch + at.out);
        write_row<kFill>(plan, item, y + r, x, live - skip, scratch + at.out + skip * kLanes);
      }
    }
    y_in += rows;
  }
}

void RunItem(const Plan& plan, const Item& item, float* scratch) {
  if (item.segments > 1)
    run_piece<Fill::packed>(plan, item, scratch);
  else if (item.lanes < static_cast<int>(kLanes))
    run_piece<Fill::partial>(plan, item, scratch);
  else
    run_piece<Fill::full>(plan, item, scratch);
}

int VectorLanes() { return static_cast<int>(kLanes); }

int64_t ScratchFloats(int up, int rank, int64_t width) {
  return static_cast<int64_t>(Layout(up, rank, width).total);
}

}  // namespace HWY_NAMESPACE
}  // namespace sgan::kernels::flrelu
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sgan::kernels::flrelu {

HWY_EXPORT(RunItem);
HWY_EXPORT(VectorLanes);
HWY_EXPORT(ScratchFloats);

void run_item(const Plan& plan, const Item& item, float* scratch) {
  HWY_DYNAMIC_DISPATCH(RunItem)(plan, item, scratch);
}
int vector_lanes() { return HWY_DYNAMIC_DISPATCH(VectorLanes)(); }
int64_t scratch_floats(int up, int rank, int64_t width) {
  return HWY_DYNAMIC_DISPATCH(ScratchFloats)(up, rank, width);
}

}  // namespace sgan::kernels::flrelu
#endif  // HWY_ONCE
