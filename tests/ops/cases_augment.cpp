// What augmentation does to pictures: mirrored borders, affine maps, colour matrices, filters with
// taps of each sample's own.
#include <cmath>

#include "lib/ops/samples.hpp"
#include "lib/ops/warp.hpp"
#include "lib/rt/constant.hpp"
#include "tests/ops/op_cases.hpp"

namespace sgan::op_cases {
namespace {

using namespace ops;
using reference::generate;
using reference::Index;
using Numbers = std::vector<double>;

rt::Tensor constant(const Numbers& values, const Shape& shape, const Var& beside) {
  return rt::constant(values, shape, rt::DType::f64, beside.device());
}

// Walks from 0 to i and turns at the ends.
int64_t bounce(int64_t i, int64_t n) {
  int64_t at = 0, step = i < 0 ? -1 : 1;
  int64_t direction = 1;
  for (int64_t k = 0; k != i && n > 1; k += step) {
    if (at == 0) direction = 1;
    if (at == n - 1) direction = -1;
    at += direction;
  }
  return at;
}

void add_mirror(Table& t, const std::string& name, Shape s, Padding p, bool large = false) {
  t.push_back(
      {.name = "mirror_pad " + name,
       .inputs = {s},
       .run = [=](const Vars& v) { return mirror_pad(v[0], p); },
       .reference =
           [=](const Arrays& a) {
             return generate({s[0], s[1] + p.y0 + p.y1, s[2] + p.x0 + p.x1, s[3]}, [&](const Index&
                                                                                           i) {
               return a[0].at({i[0], bounce(i[1] - p.y0, s[1]), bounce(i[2] - p.x0, s[2]), i[3]});
             });
           },
       .differences = !large});
}

void add_affine(Table& t, const std::string& name, Shape s, Numbers m, AffineWindow window,
                bool large = false) {
  t.push_back({.name = "affine_sample " + name,
               .inputs = {s},
               .run =
                   [=](const Vars& v) {
                     return affine_sample(v[0], constant(m, {s[0], 2, 3}, v[0]), window);
                   },
               .reference =
                   [=](const Arrays& a) {
                     return generate(
                         {s[0], window.height, window.width, s[3]}, [&](const Index& i) {
                           const double* r = m.data() + 6 * i[0];
                           const double v = double(i[1]), u = double(i[2]);
                           const double x = r[0] * u + r[1] * v + r[2] + double(window.x0);
                           const double y = r[3] * u + r[4] * v + r[5] + double(window.y0);
                           double sum = 0;  // every pixel with its tent
                           for (int64_t yy = 0; yy < s[1]; ++yy) {
                             for (int64_t xx = 0; xx < s[2]; ++xx) {
                               const double wx = 1 - std::abs(x - double(xx)),
                                            wy = 1 - std::abs(y - double(yy));
                               if (wx > 0 && wy > 0) sum += wx * wy * a[0].at({i[0], yy, xx, i[3]});
                             }
                           }
                           return sum;
                         });
                   },
               .differences = !large});
}

void add_fir(Table& t, const std::string& name, Shape s, int64_t count, bool own, int axis,
             FirOptions o, bool large = false) {
  Numbers taps;
  const int64_t sets = own ? s[0] : 1;
  for (int64_t i = 0; i < sets * count; ++i) taps.push_back(std::sin(1.0 + 1.7 * double(i)));
  t.push_back({.name = "fir_axis " + name,
               .inputs = {s},
               .run =
                   [=](const Vars& v) {
                     return fir_axis(v[0], constant(taps, {sets, count}, v[0]), axis, o);
                   },
               .reference =
                   [=](const Arrays& a) {
                     Shape to = s;
                     to[axis] = o.size;
                     return generate(to, [&](Index i) {
                       const int64_t place = i[size_t(axis)], set = own ? i[0] : 0;
                       double sum = 0;
                       for (int64_t from = 0; from < s[axis]; ++from) {
                         const int64_t k = from * o.up + o.pad - place * o.down;
                         if (k < 0 || k >= count) continue;
                         i[size_t(axis)] = from;
                         sum += taps[size_t(set * count + k)] * a[0].at(i);
                       }
                       return sum;
                     });
                   },
               .tolerance = 4e-6,
               .differences = !large});
}

void add_colors(Table& t, const std::string& name, Shape s, Numbers m, bool large = false) {
  const int64_t c = s[s.rank() - 1];
  t.push_back({.name = "color_matrix " + name,
               .inputs = {s},
               .run =
                   [=](const Vars& v) {
                     return color_matrix(v[0], constant(m, {s[0], c, c + 1}, v[0]));
                   },
               .reference =
                   [=](const Arrays& a) {
                     return generate(s, [&](Index i) {
                       const int64_t j = i.back();
                       const double* row = m.data() + (i[0] * c + j) * (c + 1);
                       double sum = row[c];
                       for (int64_t k = 0; k < c; ++k) {
                         i.back() = k;
                         sum += row[k] * a[0].at(i);
                       }
                       return sum;
                     });
                   },
               .differences = !large});
}

void add_take(Table& t, const std::string& name, Shape s, std::vector<int64_t> rows) {
  t.push_back({.name = "take_samples " + name,
               .inputs = {s},
               .run = [=](const Vars& v) { return take_samples(v[0], rows); },
               .reference =
                   [=](const Arrays& a) {
                     Shape to = s;
                     to[0] = int64_t(rows.size());
                     return generate(to, [&](Index i) {
                       i[0] = rows[size_t(i[0])];
                       return i[0] < 0 ? 0 : a[0].at(i);
                     });
                   }});
}

Numbers turn(double angle, double size, double x, double y) {
  const double c = size * std::cos(angle), s = size * std::sin(angle);
  return {c, -s, x, s, c, y};
}

Numbers joined(std::initializer_list<Numbers> parts) {
  Numbers all;
  for (const Numbers& p : parts) all.insert(all.end(), p.begin(), p.end());
  return all;
}

}  // namespace

void add_augment(Table& t) {
  add_mirror(t, "small", {2, 3, 4, 2}, {1, 2, 2, 0});
  add_mirror(t, "many times", {1, 2, 3, 1}, {7, 5, 4, 9});
  add_mirror(t, "of one row", {1, 1, 3, 2}, {2, 1, 3, 1});
  add_mirror(t, "large", {3, 20, 17, 3}, {15, 30, 8, 19}, true);

  add_affine(t, "itself", {1, 3, 4, 2}, {1, 0, 0, 0, 1, 0}, {3, 4, 0, 0});
  add_affine(t, "moved", {1, 3, 4, 2}, {1, 0, 0.3, 0, 1, -0.6}, {4, 3, 1, 0});
  add_affine(t, "turned", {2, 4, 4, 1}, joined({turn(0.7, 1, 1.2, -1.6), {0, 1, 0.25, -1, 0, 3.5}}),
             {4, 5, -1, 1});
  add_affine(t, "shrunk and enlarged", {2, 5, 4, 1},
             joined({turn(-2, 2.3, 3, 4), turn(1.1, 0.4, 1.3, 0.2)}), {4, 4, 1, 1});
  add_affine(t, "sheared", {1, 4, 4, 1}, {1.3, 0.9, -1.1, -0.2, 0.6, 0.7}, {5, 4, 0, 0});
  add_affine(t, "large", {3, 30, 40, 3},
             joined({turn(0.2, 0.9, 2, -3), turn(3, 1.4, 33, 25), turn(-1, 0.5, 5, 20)}),
             {35, 31, 1, -2}, true);

  add_colors(t, "of one channel", {3, 2, 2, 1}, {0.5, 1, -2, 0.25, 1, 0});
  add_colors(t, "of three", {2, 2, 3, 3}, {0.5, 1,   -2,   0.25, 1, 0, 3,  -0.5, 0.1, 0.2, 0.3, 1,
                                           -1,  0.3, 0.75, 0,    2, 1, -1, 2,    0.4, 1,   1,   0});
  add_colors(t, "of two", {1, 5, 2}, {0.5, 1, -2, 0.25, 1, 0.5});
  add_colors(t, "large", {2, 25, 33, 3}, {0.5, 1,   -2,   0.25, 1, 0, 3,  -0.5, 0.1, 0.2, 0.3, 1,
                                          -1,  0.3, 0.75, 0,    2, 1, -1, 2,    0.4, 1,   1,   0},
             true);

  for (int axis : {1, 2}) {
    const std::string along = axis == 1 ? " down" : " across";
    add_fir(t, "plain" + along, {2, 5, 4, 2}, 3, true, axis, {.pad = 1, .size = axis == 1 ? 5 : 4});
    add_fir(t, "up" + along, {2, 3, 4, 1}, 5, false, axis, {.up = 2, .pad = 2, .size = 7});
    add_fir(t, "thin" + along, {2, 7, 6, 1}, 4, true, axis, {.down = 2, .pad = -1, .size = 4});
    add_fir(t, "up and thin" + along, {1, 4, 5, 2}, 4, true, axis,
            {.up = 3, .down = 2, .pad = 2, .size = 6});
    add_fir(t, "long" + along, {2, 4, 3, 1}, 43, true, axis, {.pad = 21, .size = 5});
    add_fir(t, "large" + along, {3, 41, 50, 3}, 43, true, axis, {.pad = 20, .size = 37}, true);
    add_fir(t, "large up" + along, {3, 41, 50, 3}, 12, false, axis, {.up = 2, .size = 70}, true);
    add_fir(t, "large thin" + along, {3, 41, 50, 3}, 12, false, axis,
            {.down = 2, .pad = 3, .size = 21}, true);
    add_fir(t, "large of thirds" + along, {3, 41, 50, 3}, 12, true, axis,
            {.up = 3, .pad = 5, .size = 100}, true);
  }
  add_take(t, "some", {4, 2, 3}, {2, 0});
  add_take(t, "with zeros", {3, 2}, {-1, 2, -1, 0, 1});
}

}  // namespace sgan::op_cases
