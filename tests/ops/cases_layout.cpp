// What moves numbers, and sums with their adjoints.
#include "lib/ops/layout.hpp"

#include "lib/ops/reduce.hpp"
#include "tests/ops/op_cases.hpp"

namespace sgan::op_cases {
namespace {

using namespace ops;
using reference::generate;
using reference::Index;

void add_permute(Table& t, const char* name, Shape s, std::vector<int> axes) {
  Shape to = s;
  for (int i = 0; i < s.rank(); ++i) to[i] = s[axes[size_t(i)]];
  t.push_back({.name = name,
               .inputs = {s},
               .run = [=](const Vars& v) { return permute(v[0], axes); },
               .reference =
                   [=](const Arrays& a) {
                     return generate(to, [&](const Index& i) {
                       Index from(i.size());
                       for (size_t k = 0; k < i.size(); ++k) from[size_t(axes[k])] = i[k];
                       return a[0].at(from);
                     });
                   },
               .differences = s.numel() < 500});
}

void add_pad(Table& t, const char* name, Shape s, Index before, Index after) {
  Shape to = s;
  for (int i = 0; i < s.rank(); ++i) to[i] += before[size_t(i)] + after[size_t(i)];
  t.push_back({.name = name,
               .inputs = {s},
               .run = [=](const Vars& v) { return pad(v[0], before, after); },
               .reference =
                   [=](const Arrays& a) {
                     return generate(to, [&](Index i) {
                       for (size_t k = 0; k < i.size(); ++k) i[k] -= before[k];
                       return a[0].or_zero(i);
                     });
                   }});
}

void add_sum(Table& t, const char* name, Shape s, std::vector<int> axes, bool large = false) {
  t.push_back({.name = name,
               .inputs = {s},
               .run = [=](const Vars& v) { return sum(v[0], axes); },
               .reference = [=](const Arrays& a) { return reference::sum(a[0], axes); },
               .differences = !large});
}

// Elements of an array whose axes of size 1, or missing ones, are stretched.
Array stretch(const Array& x, const Shape& to) {
  return reference::add(x, generate(to, [](const Index&) { return 0.0; }));
}

}  // namespace

void add_layout(Table& t) {
  t.push_back({.name = "reshape",
               .inputs = {{4, 6}},
               .run =
                   [](const Vars& v) {
                     return reshape(v[0], {3, -1, 2});
                   },
               .reference =
                   [](const Arrays& a) {
                     return reference::reshape(a[0], {3, 4, 2});
                   }});
  add_permute(t, "permute", {2, 3, 4, 5}, {3, 1, 0, 2});
  add_permute(t, "to channels first", {2, 9, 11, 20}, {0, 3, 1, 2});
  add_permute(t, "to channels last", {2, 17, 9, 5}, {0, 2, 3, 1});
  add_pad(t, "pad", {2, 3, 2}, {0, 1, 3}, {1, 2, 0});
  add_pad(t, "crop", {2, 5, 4}, {0, -1, -2}, {-1, -2, 0});
  add_pad(t, "pad and crop", {2, 5, 6, 3}, {0, 2, -1, 0}, {0, -1, 3, 0});
  t.push_back({.name = "slice",
               .inputs = {{2, 5, 3}},
               .run = [](const Vars& v) { return slice(v[0], -2, 1, 4); },
               .reference =
                   [](const Arrays& a) {
                     return generate({2, 3, 3}, [&](const Index& i) {
                       return a[0].at({i[0], i[1] + 1, i[2]});
                     });
                   }});
  t.push_back({.name = "flip",
               .inputs = {{2, 3, 4, 2}},
               .run =
                   [](const Vars& v) {
                     return flip(v[0], {1, -2});
                   },
               .reference =
                   [](const Arrays& a) {
                     return generate(a[0].shape, [&](const Index& i) {
                       return a[0].at({i[0], 2 - i[1], 3 - i[2], i[3]});
                     });
                   }});
  t.push_back({.name = "concat",
               .inputs = {{2, 3, 3}, {2, 3, 4}, {2, 3, 1}},
               .run =
                   [](const Vars& v) {
                     return concat({v[0], v[1], v[2]}, -1);
                   },
               .reference =
                   [](const Arrays& a) {
                     return generate({2, 3, 8}, [&](const Index& i) {
                       return i[2] < 3   ? a[0].at(i)
                              : i[2] < 7 ? a[1].at({i[0], i[1], i[2] - 3})
                                         : a[2].at({i[0], i[1], 0});
                     });
                   }});
  t.push_back({.name = "concat one part",
               .inputs = {{2, 3}},
               .run = [](const Vars& v) { return concat({v[0]}, 0); },
               .reference = [](const Arrays& a) { return a[0]; }});
  for (const auto& [from, to] :
       {std::pair<Shape, Shape>{{2, 1, 3}, {4, 2, 5, 3}}, std::pair<Shape, Shape>{{}, {2, 3}},
        std::pair<Shape, Shape>{{3, 1}, {3, 4}}}) {
    t.push_back({.name = "expand " + from.str() + " to " + to.str(),
                 .inputs = {from},
                 .run = [to](const Vars& v) { return expand(v[0], to); },
                 .reference = [to](const Arrays& a) { return stretch(a[0], to); }});
  }
  add_sum(t, "sum of few", {2, 3, 4, 5}, {1, 3});
  add_sum(t, "sum of all axes", {2, 3, 4}, {0, -1, 1});
  add_sum(t, "sum of rows", {6, 700}, {1}, true);
  add_sum(t, "sum over pictures", {4, 30, 30, 40}, {0, 1, 2}, true);
  add_sum(t, "sum within pictures", {4, 30, 30, 40}, {1, 2}, true);
  add_sum(t, "sum over channels", {2, 9, 9, 130}, {3}, true);
  t.push_back({.name = "mean large",
               .inputs = {{4, 30, 30, 7}},
               .run =
                   [](const Vars& v) {
                     return mean(v[0], {1, 2});
                   },
               .reference =
                   [](const Arrays& a) {
                     return reference::sum(a[0], {1, 2}, true);
                   },
               .differences = false});
  t.push_back({.name = "mean",
               .inputs = {{4, 3, 5}},
               .run =
                   [](const Vars& v) {
                     return mean(v[0], {0, -1});
                   },
               .reference =
                   [](const Arrays& a) {
                     return reference::sum(a[0], {0, 2}, true);
                   }});
  t.push_back({.name = "sum of all",
               .inputs = {{5, 200, 130}},
               .run = [](const Vars& v) { return sum_all(square(v[0])); },
               .reference =
                   [](const Arrays& a) {
                     const Array s = reference::sum(reference::multiply(a[0], a[0]), {0, 1, 2});
                     return reference::reshape(s, {});
                   },
               .tolerance = 4e-6,
               .half = false,
               .differences = false});
  for (const Shape& to : {Shape{3, 1, 4}, Shape{4}, Shape{}, Shape{2, 3, 5, 4}}) {
    t.push_back({.name = "sum_to " + to.str(),
                 .inputs = {{2, 3, 5, 4}},
                 .run = [to](const Vars& v) { return sum_to(v[0], to); },
                 .reference =
                     [to](const Arrays& a) {
                       std::vector<int> axes;
                       for (int axis = 0; axis < 4; ++axis) {
                         const int own = axis - (4 - to.rank());
                         if (own < 0 || to[own] == 1) axes.push_back(axis);
                       }
                       return reference::reshape(reference::sum(a[0], axes), to);
                     }});
  }
}

}  // namespace sgan::op_cases
