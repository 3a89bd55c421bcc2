// Perceptual path length (StyleGAN, 1812.04948, section 4.1): how far pictures move, perceptually,
// over a small step between two latents, divided by the square of the step.
#pragma once

#include <functional>
#include <vector>

#include "lib/ag/var.hpp"

namespace sgan::metrics {

struct PathLengthSettings {
  enum class Space { z, w } space = Space::w;
  enum class Sampling { full, end } sampling = Sampling::end;  // where on the path: anywhere, start
  double epsilon = 1e-4;                                       // the step
  bool crop = false;  // the middle of the lower part, where the face of an aligned portrait is
  // The official programs differ in how far pictures are shrunk: by the size of the whole picture
  // (stylegan2-ada and stylegan3) or of the cropped one (stylegan, stylegan2), over 256.
  enum class Variant { sg1, sg3 } variant = Variant::sg3;
};

// What a path is measured in: all in one floating type, on one device.
struct PathLengthNetwork {
  std::function<ag::Var(const ag::Var& z, const ag::Var& labels)> map;  // -> [N, num_ws, w_dim]
  std::function<ag::Var(const ag::Var& ws)> synthesize;                 // -> [N, R, R, C], -1..1
  // Of pictures [N, H, W, 1 or 3], 0..255: [N].
  std::function<ag::Var(const ag::Var& a, const ag::Var& b)> distance;
};

// Rows of a and b [N, D] on the great circle through both, at t [N]: unit vectors. In double.
rt::Tensor slerp(const rt::Tensor& a, const rt::Tensor& b, const std::vector<double>& t);

// z0, z1 [N, z_dim] and labels [N, c_dim] (or undefined) of N paths; t [N], in [0, 1), counts for
// Sampling::full. -> distances / epsilon^2, [N] in double. `synthesize` sees both ends in one
// batch.
std::vector<double> path_lengths(const PathLengthNetwork& net, const PathLengthSettings& settings,
                                 const rt::Tensor& z0, const rt::Tensor& z1,
                                 const rt::Tensor& labels, const std::vector<double>& t);

// The mean of what lies between the lowest and the highest hundredth, ties kept, as officially.
struct PathLengthSummary {
  double low = 0, high = 0;  // the limits
  double mean = 0;
  double error = 0;  // standard error of the mean
  int64_t kept = 0;
};
PathLengthSummary summarize_path_lengths(std::vector<double> distances);

}  // namespace sgan::metrics
