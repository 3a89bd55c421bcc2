// Plain loops in double, written without the library's kernels and from the definitions: what every
// op is held against. Slow on purpose.
#pragma once

#include <functional>
#include <vector>

#include "lib/rt/shape.hpp"

namespace sgan::reference {

using rt::Shape;
using Index = std::vector<int64_t>;

struct Array {
  Shape shape;
  std::vector<double> v;
  double& at(const Index& index);
  double at(const Index& index) const;
  double or_zero(const Index& index) const;  // 0 outside
};
using Arrays = std::vector<Array>;

// Every element from its index.
Array generate(const Shape& shape, const std::function<double(const Index&)>& f);
void for_each(const Shape& shape, const std::function<void(const Index&)>& f);

Array map(const Array& x, const std::function<double(double)>& f);
// With numpy's broadcasting.
Array zip(const Array& a, const Array& b, const std::function<double(double, double)>& f);
Array add(const Array& a, const Array& b);
Array multiply(const Array& a, const Array& b);
// Summed axes stay as size 1; divided by their count where `mean`.
Array sum(const Array& x, const std::vector<int>& axes, bool mean = false);
Array reshape(Array x, const Shape& shape);
Array matmul(const Array& a, const Array& b, bool transpose_a, bool transpose_b);

struct Conv {
  int64_t stride_y = 1, stride_x = 1;
  int64_t pad_y = 0, end_y = 0, pad_x = 0, end_x = 0;  // negative crops
  int64_t groups = 1;
};
Array conv2d(const Array& x, const Array& w, const Conv& o);
Array conv2d_transpose(const Array& y, const Array& w, int64_t height, int64_t width,
                       const Conv& o);

struct Fir {
  std::vector<double> taps;
  int height = 1, width = 1;
  bool separable = false;
};
struct Upfirdn {
  int64_t up_x = 1, up_y = 1, down_x = 1, down_y = 1;
  int64_t x0 = 0, x1 = 0, y0 = 0, y1 = 0;
  bool flip = false;
  double gain = 1;
};
Array upfirdn2d(const Array& x, const Fir& f, const Upfirdn& o);

// clamp(gain * act(x)); `act` by its name.
Array activate(const Array& x, const std::string& act, double alpha, double gain, double clamp);

// How near the computation came to a point where a derivative jumps, and which sides it took.
// Everything above that has corners reports them here.
struct Corners {
  double nearest;
  uint64_t sides;
};
void reset_corners();
Corners corners();
void corner(double distance);  // signed

}  // namespace sgan::reference
