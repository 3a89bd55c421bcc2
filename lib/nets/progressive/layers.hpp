// What the growing networks are made of: resampling and convolutions that contain it.
#pragma once

#include "lib/nets/progressive/settings.hpp"
#include "lib/ops/filters.hpp"

namespace sgan::nets::progressive {

using ag::Var;

// Every pixel becomes factor x factor pixels, x [N, H, W, C]; and means over such squares.
Var nearest_up(const Var& x, int factor);
Var box_down(const Var& x, int factor);

// Convolution with a FIR filter of sum 1 that keeps the size, zeros outside.
Var blur(const Var& x, const ops::Filter& filter);
ops::Filter blur_filter(const Settings& s);                // undefined: none
std::vector<double> normalized(std::vector<double> taps);  // to sum 1

// The 4x4 kernels of convolutions that contain a resampling by two: sums of the four one-pixel
// shifts of a 3x3 weight [O, 3, 3, I]; both are [O, 4, 4, I]. Upsampling is a transposed
// convolution of stride 2, less one pixel on each side. With `rotated` the result is that of
// nearest upsampling followed by the 3x3 convolution; without, the official fused form, which sees
// the weight rotated by 180 degrees.
Var up_kernel(const Var& weight, bool rotated);
Var down_kernel(const Var& weight);  // convolution, then means of 2x2 pixels

Var down_conv(const Var& x, const Var& kernel);  // [N, H, W, I] -> [N, H/2, W/2, O]

// Where a level of detail falls, counted from full resolution: the finest level that shows, and how
// much of the next coarser one is mixed in, 0 <= blend < 1.
struct Detail {
  int level = 0;
  double blend = 0;
};
// The model's own level of detail; 0 where it has none.
double model_lod(Weights& weights);
Detail detail(const Settings& s, double lod);

// Shows an intermediate result to whoever asked for it.
using Probe = std::function<void(const std::string&, const Var&)>;

}  // namespace sgan::nets::progressive
