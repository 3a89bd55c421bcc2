// EQ-T, EQ-T_frac and EQ-R of StyleGAN3 (2106.12423, section 3 and appendix E.3): how far a picture
// generated in moved position is from the moved picture, as a PSNR.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "lib/metrics/bandlimit.hpp"
#include "lib/rt/tensor.hpp"

namespace sgan::metrics {

enum class Equivariance { whole, fractional, rotation };  // EQ-T, EQ-T_frac, EQ-R
inline constexpr int kEquivariances = 3;

struct EquivarianceSettings {
  double translate_max = 0.125;                      // picture widths, either way along each axis
  double rotate_max = 1;                             // half turns, either way
  bool wanted[kEquivariances] = {true, true, true};  // by Equivariance
};

// Uniform numbers in [0, 1): one movement of each kind, for all samples of a group.
struct EquivarianceDraw {
  double whole[2] = {}, fractional[2] = {}, angle = 0;
};

// Of a group of samples; depends on nothing but these two numbers.
EquivarianceDraw draw_equivariance(uint64_t seed, uint64_t group);

// Where a draw moves pictures of `resolution` pixels.
struct Movement {
  double x = 0, y = 0;  // picture widths
  double angle = 0;     // radians
  // What the generator's input has to go through, SynthesisOptions::transform.
  Matrix transform() const;
};
Movement movement(Equivariance kind, const EquivarianceDraw& draw,
                  const EquivarianceSettings& settings, int64_t resolution);

// What is compared: a moved picture and one generated in moved position, where the mask is 1.
struct Compared {
  rt::Tensor expected, generated;  // [N, H, W, C]
  rt::Tensor mask;                 // bytes [H, W]
};
Compared compare_equivariance(Equivariance kind, const Movement& by, const rt::Tensor& original,
                              const rt::Tensor& moved);

// Pictures [N, H, W, C] of one group of samples, with the same latents and noise each time, when
// the network's input goes through a matrix; on the CPU, float32 or float64, nominally -1..1.
using MovedGenerator = std::function<rt::Tensor(const Matrix& transform)>;

// Columns of a row of sums: for each Equivariance the squared error within the mask, and the number
// of values there. Both are 0 for what is not wanted.
inline constexpr int kEquivarianceColumns = 2 * kEquivariances;

// Sums of every sample of a group, float64 [N, kEquivarianceColumns]. All kinds share the
// picture that is not moved. Throws Error when a value is not finite.
rt::Tensor equivariance_sums(const MovedGenerator& generate, const EquivarianceDraw& draw,
                             const EquivarianceSettings& settings);

// A ratio of totals, never a mean of PSNRs: 20 log10(2) - 10 log10(error / values) for pictures in
// -1..1. Infinite when nothing differs; throws Error without values.
struct Decibels {
  double value = 0;
  // Of 95 % confidence, to first order, from groups of `group` samples, which share their movement;
  // none with less than two groups.
  std::optional<std::pair<double, double>> interval;
};
// `sums` is a table of rows as above.
Decibels equivariance_decibels(Equivariance kind, const rt::Tensor& sums, int64_t group);

}  // namespace sgan::metrics
