// The stages of augmentation: what was drawn, done to pictures [N, H, W, C]. Samples to which
// nothing happens come out bit for bit as they went in.
#pragma once

#include <vector>

#include "lib/train/augment/draws.hpp"

namespace sgan::train {

// Pixel blits are exact copies; other maps run at twice the resolution between sym6 low-pass
// filters. Both see pictures mirrored at their borders.
ag::Var apply_geometry(const ag::Var& x, const std::vector<Geometry>& geometry);
// Colour pictures have 3 channels; grey ones (1 channel) get what a grey colour picture would, as
// the mean of its channels.
ag::Var apply_color(const ag::Var& x, const std::vector<ColorTransform>& colors);
// Four octaves separated by sym2 wavelets, each with its gain.
ag::Var apply_bands(const ag::Var& x, const std::vector<std::array<double, 4>>& gains);
// Noise of sample n: elements from Draws::pixels on of (seed, first + n * step).
ag::Var apply_noise(const ag::Var& x, const std::vector<double>& deviations, uint64_t seed,
                    uint64_t first, uint64_t step);
ag::Var apply_cutout(const ag::Var& x, const std::vector<Cutout>& cutouts);

// Low-pass filters of Daubechies' least asymmetric wavelets ("symlets", Ten Lectures on Wavelets,
// table 6.3): orthonormal, sum sqrt(2).
extern const std::vector<double> sym2, sym6;
// The four octaves' filters, 43 taps each; they sum to one tap 1 in the middle.
std::array<std::vector<double>, 4> octaves();

}  // namespace sgan::train
