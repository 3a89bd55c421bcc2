// What the planner of the fast filtered nonlinearity hands to its SIMD kernels. Private to
// kernels/cpu.
//
// One vector holds the same position of several channels, so every stage works lane by lane. The
// signal streams: rows in chunks of 6 outputs (12 samples of the oversampled signal), columns in
// blocks.
#pragma once

#include <cstdint>

namespace sgan::kernels::flrelu {

inline constexpr int kTaps = 6;  // input samples that one oversampled sample reads (each direction)
inline constexpr int kChunk = 6;      // output rows per chunk
inline constexpr int kMaxLanes = 16;  // floats in the widest vector

// Filters, folded. up: x in, sample phase q < up/2 (the others are mirror images). The
// mirror-folded down filter Q[i][j], i, j < 6, is A * B: A[skeleton[k]][k] = 1, see skeleton().
struct Coefficients {
  float up_x[2][kTaps];  // gain `up` included
  float up_y[2][kTaps];  // gains `up` and FilteredLrelu::gain included
  float a[6][6];         // [folded row][term]
  float b[6][6];         // [term][folded column]
  float slope;
  float clamp;  // infinity: none
};

struct Plan {
  int64_t h, w, c, out_h, out_w;
  const float* x;
  const float* scale;
  const float* bias;
  float* y;
  bool stream;  // the output is large: write around the caches
  int up;
  int rank;  // terms of the down filter: 1, 3, 4 or 6
  int64_t first_x,
      first_y;  // oversampled position of output 0, in the coordinates of the input * up
  Coefficients k;
};

// A piece of work: output columns [x0, x1) and rows [y0, y0 + rows) of `channels` channels from c0,
// which are several vectors: neighbours share the memory pages and lines that a piece touches.
struct Item {
  int64_t n, c0, channels, x0, x1, y0, rows;
};

inline constexpr int kMaxBlocks = 8;  // vectors of channels in a piece

// Terms of a rank-r factorisation take these folded rows unchanged; fixed at compile time because
// they are registers. Chosen by search over all radial filters of the published configurations:
// smallest sum|A||B|.
constexpr int skeleton(int rank, int k) {
  constexpr int table[7][6] = {
      {}, {5}, {2, 5}, {0, 2, 5}, {0, 1, 2, 5}, {0, 1, 2, 4, 5}, {0, 1, 2, 3, 4, 5}};
  return table[rank][k];
}

// Fills a and b for the smallest rank of {1, 3, 4, 6} that keeps sum|Q - AB| <= 2^-20 sum|Q|
// without cancellation (sum|A||B| <= 4 sum|Q|). Returns the rank.
int factorise(const double (&q)[6][6], Coefficients& k);

// The floats of scratch that run_item needs for pieces up to `width` outputs wide with `blocks`
// vectors of channels, and the floats of it that every chunk of rows passes over again, which
// should fit L2.
int64_t scratch_floats(int up, int rank, int64_t width, int blocks);
int64_t state_floats(int64_t width);

int vector_lanes();
void run_item(const Plan& plan, const Item& item, float* scratch);

}  // namespace sgan::kernels::flrelu
