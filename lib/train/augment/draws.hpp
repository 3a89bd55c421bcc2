// The random part of augmentation: what is done to one sample (2006.06676, appendix B), before any
// pixel is touched.
#pragma once

#include <array>
#include <cstdint>

#include "lib/train/augment/augment.hpp"

namespace sgan::train {

// Random numbers of one sample: elements from 2^62 on of the Philox sequence (seed, sample), far
// from what others draw from the same. Every transformation has a slot of its own, so that turning
// one off changes no other.
class Draws {
 public:
  Draws(uint64_t seed, uint64_t sample) : seed_(seed), sample_(sample) {}
  // k < 4: independent numbers of a slot.
  double uniform(uint32_t slot, int k) const;  // in (0, 1)
  double normal(uint32_t slot, int k) const;
  // Where the noise of pixels begins in the sequence.
  static constexpr uint64_t pixels = (uint64_t{1} << 62) + (1 << 20);

 private:
  uint64_t seed_, sample_;
};

// A map of the plane, in pixels from the picture's centre: result (x, y) shows source
// (m[0] x + m[1] y + m[2], m[3] x + m[4] y + m[5]).
struct Geometry {
  std::array<double, 6> m = {1, 0, 0, 0, 1, 0};
  bool blits_only = true;  // flips, quarter turns and whole pixels: nothing is blended
  bool identity() const { return m == std::array<double, 6>{1, 0, 0, 0, 1, 0}; }
};
Geometry draw_geometry(const AugmentSettings& s, double p, const Draws& draws, int64_t height,
                       int64_t width);

// Rows (r, g, b): three factors and an offset.
using ColorTransform = std::array<std::array<double, 4>, 3>;
constexpr ColorTransform same_color = {{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, 1, 0}}};
ColorTransform draw_color(const AugmentSettings& s, double p, const Draws& draws);

// Amplification of the four octaves, from the lowest.
std::array<double, 4> draw_bands(const AugmentSettings& s, double p, const Draws& draws);

double draw_noise(const AugmentSettings& s, double p, const Draws& draws);  // its deviation

// Rows [y0, y1) and columns [x0, x1) are blanked; empty: none.
struct Cutout {
  int64_t y0 = 0, y1 = 0, x0 = 0, x1 = 0;
  bool empty() const { return y0 >= y1 || x0 >= x1; }
};
Cutout draw_cutout(const AugmentSettings& s, double p, const Draws& draws, int64_t height,
                   int64_t width);

}  // namespace sgan::train
