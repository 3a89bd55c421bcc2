// Arithmetic on latents: paths, means, style mixing. On the CPU, in double, rounded once at the
// end; results have the element type of what came in.
#pragma once

#include <string_view>
#include <vector>

#include "lib/rt/tensor.hpp"

namespace sgan::nets {

// (1 - t) a + t b.
rt::Tensor lerp(const rt::Tensor& a, const rt::Tensor& b, double t);

// Along the great circle, row by row, [N, dim] (K. Shoemake, "Animating rotation with quaternion
// curves", 1985); lengths go over linearly with the weights of the directions. Rows that point the
// same way are interpolated linearly. Throws Error for opposite rows, between which there is no one
// way, and for zero rows.
rt::Tensor slerp(const rt::Tensor& a, const rt::Tensor& b, double t);

// The path of the official video tool through keyframes [K, ...]: the interpolating cubic spline
// with not-a-knot ends through the keyframes repeated 2 * wraps + 1 times, wraps >= 1, walked over
// the middle one, so that the end meets the beginning (the better, the more wraps).
class PeriodicSpline {
 public:
  PeriodicSpline(const rt::Tensor& keyframes, int wraps);
  // At time t in [0, K), keyframe k is at t = k. The shape of one keyframe.
  rt::Tensor at(double t) const;

 private:
  rt::Shape shape_;
  rt::DType type_;
  int64_t keys_ = 0, width_ = 0, first_ = 0;  // first_: index of the middle repetition's first knot
  std::vector<double> values_;                // [K, width]
  std::vector<double> slopes_;  // [K + 1, width], at the knots of the middle repetition
};

enum class PathKind { lerp, slerp, cubic };

// Frames on the way through keyframes [K, ...], `step` of them from each keyframe to the next. A
// loop (always so when cubic) goes on from the last keyframe to the first; an open path ends at the
// last.
class Path {
 public:
  Path(const rt::Tensor& keyframes, PathKind kind, int64_t step, bool loop, int wraps = 2);
  int64_t frames() const;
  // Frame `index` as a batch of one, [1, ...].
  rt::Tensor frame(int64_t index) const;

 private:
  rt::Tensor keyframes_;
  PathKind kind_;
  int64_t step_;
  bool loop_;
  std::vector<PeriodicSpline> spline_;  // one when cubic, else none
};

// Mean over the first axis: [N, ...] -> [1, ...]. Feed add() with any number of batches.
class Mean {
 public:
  void add(const rt::Tensor& batch);
  rt::Tensor result() const;  // throws Error when nothing was added

 private:
  rt::Shape shape_;
  rt::DType type_ = rt::DType::f32;
  std::vector<double> sum_;
  int64_t count_ = 0;
};

// w + alpha * direction in the given rows of w [N, num_ws, w_dim]; for z [N, dim] rows are ignored.
// The direction has the shape of one w (with or without a leading 1) or of one of its rows.
rt::Tensor add_direction(const rt::Tensor& w, const rt::Tensor& direction, double alpha,
                         const std::vector<int64_t>& rows);

// w [N, num_ws, w_dim] with the given rows taken from `other`; N is the same, or 1 on either side.
rt::Tensor mix_styles(const rt::Tensor& w, const rt::Tensor& other,
                      const std::vector<int64_t>& rows);

// Concatenation along the first axis.
rt::Tensor concatenate(const std::vector<rt::Tensor>& parts);

}  // namespace sgan::nets
