// What feature networks are made of: pooling, resizing, vectors of channels, convolutions with
// their activation.
#include <algorithm>
#include <cmath>

#include "lib/ops/conv_act.hpp"
#include "lib/ops/pool.hpp"
#include "lib/ops/resize.hpp"
#include "lib/ops/unit_channels.hpp"
#include "tests/ops/op_cases.hpp"

namespace sgan::op_cases {
namespace {

using namespace ops;
using reference::generate;
using reference::Index;

// The values of a window that lie in the picture.
std::vector<double> window_of(const Array& x, const Index& i, const PoolOptions& o) {
  std::vector<double> values;
  for (int64_t ky = 0; ky < o.kernel; ++ky) {
    for (int64_t kx = 0; kx < o.kernel; ++kx) {
      const int64_t y = i[1] * o.stride + ky - o.pad, xx = i[2] * o.stride + kx - o.pad;
      if (y < 0 || y >= x.shape[1] || xx < 0 || xx >= x.shape[2]) continue;
      values.push_back(x.at({i[0], y, xx, i[3]}));
    }
  }
  return values;
}

void add_pool(Table& t, const char* name, Shape x, PoolOptions o, bool large = false) {
  Shape to = x;
  for (int axis : {1, 2}) to[axis] = (x[axis] + 2 * o.pad - o.kernel) / o.stride + 1;
  OpCase most{.name = std::string("max_pool ") + name, .inputs = {x}};
  most.run = [=](const Vars& v) { return max_pool(v[0], o); };
  most.reference = [=](const Arrays& a) {
    return generate(to, [&](const Index& i) {
      const auto values = window_of(a[0], i, o);
      const auto best = std::max_element(values.begin(), values.end());
      for (auto other = values.begin(); other != values.end(); ++other) {
        if (other != best) reference::corner(*best - *other);
      }
      return *best;
    });
  };
  most.differences = !large;
  t.push_back(most);
  OpCase mean{.name = std::string("average_pool ") + name, .inputs = {x}};
  mean.run = [=](const Vars& v) { return average_pool(v[0], o); };
  mean.reference = [=](const Arrays& a) {
    return generate(to, [&](const Index& i) {
      double sum = 0;
      const auto values = window_of(a[0], i, o);
      for (double v : values) sum += v;
      return sum / double(values.size());
    });
  };
  mean.differences = !large;
  t.push_back(mean);
}

// One axis by its definition: tents around the places of the pixels, ends continued.
double place_of(int64_t i, int64_t in, int64_t out, ResizeGrid grid) {
  if (grid == ResizeGrid::corner) return double(i) * double(float(in) / float(out));
  return std::max(0.0, (double(i) + 0.5) * double(in) / double(out) - 0.5);
}

void add_resize(Table& t, const char* name, Shape x, int64_t height, int64_t width, ResizeGrid grid,
                bool large = false) {
  t.push_back(
      {.name = std::string("resize_bilinear ") + name,
       .inputs = {x},
       .run = [=](const Vars& v) { return resize_bilinear(v[0], height, width, grid); },
       .reference =
           [=](const Arrays& a) {
             return generate({x[0], height, width, x[3]}, [&](const Index& i) {
               const double y = std::min(place_of(i[1], x[1], height, grid), double(x[1] - 1)),
                            u = std::min(place_of(i[2], x[2], width, grid), double(x[2] - 1));
               double sum = 0;
               for (int64_t yy = 0; yy < x[1]; ++yy) {
                 for (int64_t xx = 0; xx < x[2]; ++xx) {
                   const double wy = 1 - std::abs(y - double(yy)),
                                wx = 1 - std::abs(u - double(xx));
                   if (wy > 0 && wx > 0) sum += wy * wx * a[0].at({i[0], yy, xx, i[3]});
                 }
               }
               return sum;
             });
           },
       .tolerance = 1e-5,  // places are rounded to float32
       .half = false,
       .differences = !large});
}

Array inverse_norms(const Array& x, double epsilon) {
  return map(reference::sum(reference::multiply(x, x), {-1}),
             [&](double s) { return s == 0 ? 0 : 1 / (std::sqrt(s) + epsilon); });
}

void add_units(Table& t, const char* name, Shape x, double epsilon) {
  t.push_back({.name = std::string("inverse_norm ") + name,
               .inputs = {x},
               .run = [=](const Vars& v) { return inverse_norm(v[0], epsilon); },
               .reference = [=](const Arrays& a) { return inverse_norms(a[0], epsilon); }});
  t.push_back(
      {.name = std::string("unit_channels ") + name,
       .inputs = {x},
       .run = [=](const Vars& v) { return unit_channels(v[0], epsilon); },
       .reference =
           [=](const Arrays& a) { return reference::multiply(a[0], inverse_norms(a[0], epsilon)); },
       .half = false});
  t.push_back({.name = std::string("unit_distance ") + name,
               .inputs = {x, x, {x[-1]}},
               .run = [=](const Vars& v) { return unit_distance(v[0], v[1], v[2], epsilon); },
               .reference =
                   [=](const Arrays& a) {
                     const auto unit = [&](const Array& v) {
                       return reference::multiply(v, inverse_norms(v, epsilon));
                     };
                     const Array d = zip(unit(a[0]), unit(a[1]), std::minus<>());
                     return reference::sum(reference::multiply(reference::multiply(d, d), a[2]),
                                           {-1});
                   },
               .tolerance = 1e-5,
               .half = false});
}

void add_conv(Table& t, const char* name, Shape x, Shape w, ConvOptions o, const char* act,
              bool bias = true, bool large = false) {
  OpCase c{.name = std::string("conv2d_act ") + name, .inputs = {x, w}};
  if (bias) c.inputs.push_back({w[0]});
  const ActOptions options{parse_act(act), 0.2, 1, -1};
  c.run = [=](const Vars& v) { return conv2d_act(v[0], v[1], bias ? v[2] : Var(), o, options); };
  c.reference = [=](const Arrays& a) {
    const Array y =
        conv2d(a[0], a[1], {o.stride_y, o.stride_x, o.pad_y, o.end_y, o.pad_x, o.end_x});
    return activate(bias ? reference::add(y, a[2]) : y, act, 0.2, 1, -1);
  };
  c.tolerance = 1e-5;
  c.half = false;
  c.differences = !large;
  t.push_back(c);
}

}  // namespace

void add_features(Table& t) {
  add_pool(t, "2x2", {2, 4, 6, 3}, {2, 2, 0});
  add_pool(t, "2x2 of odd sizes", {1, 5, 3, 2}, {2, 2, 0});
  add_pool(t, "3x3 in steps of 2", {2, 5, 6, 2}, {3, 2, 0});
  add_pool(t, "3x3 with border", {1, 4, 3, 2}, {3, 1, 1});
  add_pool(t, "of a pixel", {2, 1, 1, 3}, {3, 1, 1});
  add_pool(t, "apart", {1, 6, 7, 2}, {2, 3, 1});
  add_pool(t, "of many channels", {2, 9, 11, 37}, {3, 1, 1}, true);
  constexpr auto corner = ResizeGrid::corner, centre = ResizeGrid::half_pixel;
  add_resize(t, "larger", {2, 3, 4, 2}, 7, 9, corner);
  add_resize(t, "smaller", {1, 7, 9, 2}, 3, 4, corner);
  add_resize(t, "centres, larger", {2, 3, 4, 2}, 7, 8, centre);
  add_resize(t, "centres, smaller", {1, 7, 9, 2}, 4, 3, centre);
  add_resize(t, "one axis", {1, 4, 3, 2}, 4, 5, centre);
  add_resize(t, "a pixel", {2, 1, 1, 3}, 3, 2, centre);
  add_resize(t, "large", {2, 20, 31, 5}, 47, 40, corner, true);
  add_units(t, "small", {2, 2, 3, 4}, 1e-10);
  add_units(t, "with epsilon", {3, 5}, 0.25);
  add_units(t, "of many channels", {2, 19}, 0.1);
  add_conv(t, "3x3", {2, 4, 5, 3}, {4, 3, 3, 3}, ConvOptions::same(1, 1), "relu");
  add_conv(t, "in steps of 2", {2, 7, 6, 2}, {3, 3, 3, 2}, {2, 2}, "relu");
  add_conv(t, "1x3", {1, 3, 5, 2}, {3, 1, 3, 2}, {1, 1, 0, 0, 1, 1}, "lrelu");
  add_conv(t, "1x1 alone", {2, 3, 2, 5}, {6, 1, 1, 5}, {}, "linear", false);
  add_conv(t, "large 3x3", {2, 17, 18, 20}, {33, 3, 3, 20}, ConvOptions::same(1, 1), "relu", true,
           true);
  add_conv(t, "large 7x1", {2, 9, 11, 24}, {40, 7, 1, 24}, {1, 1, 3, 3}, "relu", true, true);
  add_conv(t, "large 1x7", {1, 8, 17, 17}, {33, 1, 7, 17}, {1, 1, 0, 0, 3, 3}, "relu", true, true);
  add_conv(t, "large 3x1", {3, 9, 8, 24}, {40, 3, 1, 24}, {1, 1, 1, 1}, "linear", false, true);
  add_conv(t, "large in steps of 2", {2, 17, 15, 24}, {40, 3, 3, 24}, {2, 2}, "relu", true, true);
}

}  // namespace sgan::op_cases
