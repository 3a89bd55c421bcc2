// Convolutions, matrix products and what the networks compose of them.
#include <cmath>

#include "lib/ops/dense.hpp"
#include "lib/ops/linear.hpp"
#include "tests/ops/op_cases.hpp"

namespace sgan::op_cases {
namespace {

using namespace ops;
using reference::generate;
using reference::Index;

reference::Conv plain(const ConvOptions& o) {
  return {o.stride_y, o.stride_x, o.pad_y, o.end_y, o.pad_x, o.end_x, o.groups};
}

void add_conv(Table& t, const char* name, Shape x, Shape w, ConvOptions o, bool large = false) {
  t.push_back({.name = std::string("conv2d ") + name,
               .inputs = {x, w},
               .run = [=](const Vars& v) { return conv2d(v[0], v[1], o); },
               .reference = [=](const Arrays& a) { return conv2d(a[0], a[1], plain(o)); },
               .tolerance = 1e-5,
               .differences = !large});
}

void add_transposed(Table& t, const char* name, Shape y, Shape w, int64_t height, int64_t width,
                    ConvOptions o, bool large = false) {
  t.push_back(
      {.name = std::string("conv2d_transpose ") + name,
       .inputs = {y, w},
       .run = [=](const Vars& v) { return conv2d_transpose(v[0], v[1], height, width, o); },
       .reference =
           [=](const Arrays& a) { return conv2d_transpose(a[0], a[1], height, width, plain(o)); },
       .tolerance = 1e-5,
       .differences = !large});
}

void add_matmul(Table& t, int64_t m, int64_t k, int64_t n, bool large) {
  for (bool ta : {false, true}) {
    for (bool tb : {false, true}) {
      const auto size = " " + std::to_string(m) + "x" + std::to_string(k) + "x" + std::to_string(n);
      t.push_back({.name = std::string("matmul") + (ta ? " T" : " N") + (tb ? "T" : "N") + size,
                   .inputs = {ta ? Shape{k, m} : Shape{m, k}, tb ? Shape{n, k} : Shape{k, n}},
                   .run = [=](const Vars& v) { return matmul(v[0], v[1], ta, tb); },
                   .reference = [=](const Arrays& a) { return matmul(a[0], a[1], ta, tb); },
                   .tolerance = 4e-6,
                   .differences = !large});
    }
  }
}

void add_dense(Table& t, Shape s, bool bias, double lr, const char* act, double weight_gain) {
  const ActOptions options = ActOptions::of(parse_act(act));
  const bool large = s.numel() > 1000;
  OpCase c{.name = std::string("dense ") + act + (bias ? "" : " without bias")};
  if (large) c.name += " large";
  c.inputs = {{s[0], s[2]}, {s[1], s[2]}};
  if (bias) c.inputs.push_back({s[1]});
  c.run = [=](const Vars& v) {
    return dense(v[0], v[1], bias ? v[2] : Var(), lr, options, weight_gain);
  };
  c.reference = [=, act = std::string(act)](const Arrays& a) {
    const double gain = lr * weight_gain / std::sqrt(double(s[2]));
    const Array w = map(a[1], [&](double x) { return gain * x; });
    Array y = matmul(a[0], w, false, true);
    if (bias) y = reference::add(y, map(a[2], [&](double x) { return lr * x; }));
    return activate(y, act, 0.2, options.gain, -1);
  };
  c.tolerance = 1e-5;
  c.differences = !large;
  t.push_back(c);
}

void add_normalize(Table& t, const char* name, Shape s, int axis, double eps) {
  t.push_back(
      {.name = std::string("normalize_2nd_moment ") + name,
       .inputs = {s},
       .run = [=](const Vars& v) { return normalize_2nd_moment(v[0], axis, eps); },
       .reference =
           [=](const Arrays& a) {
             const Array moment = reference::sum(reference::multiply(a[0], a[0]), {axis}, true);
             return zip(a[0], moment, [=](double x, double m) { return x / std::sqrt(m + eps); });
           },
       .tolerance = 1e-5});
}

// Sample n belongs to group n mod (N / group); feature f of it sees channels [f c, (f + 1) c).
Array stddev_channels(const Array& x, int64_t group, int64_t features) {
  const int64_t groups = x.shape[0] / group, c = x.shape[3] / features;
  return generate({x.shape[0], x.shape[1], x.shape[2], x.shape[3] + features}, [&](const Index& i) {
    if (i[3] < x.shape[3]) return x.at(i);
    double total = 0;
    const Shape places{x.shape[1], x.shape[2], c};
    reference::for_each(places, [&](const Index& p) {
      const auto member = [&](int64_t g) {
        return x.at({g * groups + i[0] % groups, p[0], p[1], (i[3] - x.shape[3]) * c + p[2]});
      };
      double mean = 0, variance = 0;
      for (int64_t g = 0; g < group; ++g) mean += member(g) / double(group);
      for (int64_t g = 0; g < group; ++g) variance += std::pow(member(g) - mean, 2) / double(group);
      reference::corner(std::sqrt(variance));
      total += std::sqrt(variance + 1e-8);
    });
    return total / double(places.numel());
  });
}

void add_stddev(Table& t, Shape s, int group, int features) {
  t.push_back({.name = "minibatch_stddev groups of " + std::to_string(group) + " to " +
                       std::to_string(features),
               .inputs = {s},
               .run = [=](const Vars& v) { return minibatch_stddev(v[0], group, features); },
               .reference =
                   [=](const Arrays& a) {
                     const int64_t n = s[0];
                     return stddev_channels(a[0], group ? std::min<int64_t>(group, n) : n,
                                            features);
                   },
               .tolerance = 1e-5,
               .half = false});
}

}  // namespace

void add_linear(Table& t) {
  add_conv(t, "3x3", {2, 4, 3, 2}, {3, 3, 3, 2}, ConvOptions::same(1, 1));
  add_conv(t, "1x1", {2, 3, 2, 4}, {3, 1, 1, 4}, {});
  add_conv(t, "stride 2", {1, 5, 6, 2}, {3, 3, 3, 2}, ConvOptions::same(2, 1));
  add_conv(t, "stride 2 leaves rows unread", {1, 6, 6, 2}, {2, 3, 3, 2}, ConvOptions::same(2, 0));
  add_conv(t, "uneven", {1, 5, 4, 2}, {2, 2, 3, 2},
           {.stride_y = 2, .stride_x = 1, .pad_y = 0, .end_y = 1, .pad_x = 2, .end_x = 0});
  add_conv(t, "more padding than taps", {1, 2, 2, 2}, {2, 2, 2, 2}, ConvOptions::same(1, 3));
  add_conv(t, "groups", {2, 3, 3, 6}, {4, 3, 3, 3}, {.pad_y = 1, .end_y = 1, .groups = 2});
  add_conv(t, "depthwise", {1, 4, 3, 3}, {3, 2, 2, 1}, {.stride_y = 2, .pad_x = 1, .groups = 3});
  add_conv(t, "3x3 large", {2, 9, 8, 16}, {24, 3, 3, 16}, ConvOptions::same(1, 1), true);
  add_conv(t, "1x1 to RGB", {2, 9, 8, 16}, {3, 1, 1, 16}, {}, true);
  add_conv(t, "stride 2 large", {2, 9, 8, 8}, {8, 3, 3, 8}, ConvOptions::same(2, 1), true);

  add_transposed(t, "stride 2", {1, 3, 2, 2}, {2, 3, 3, 3}, 7, 5, {.stride_y = 2, .stride_x = 2});
  add_transposed(t, "with rows beyond", {1, 3, 2, 2}, {2, 3, 3, 2}, 8, 6,
                 {.stride_y = 2, .stride_x = 2});
  add_transposed(t, "padded", {2, 3, 3, 2}, {2, 3, 3, 2}, 3, 3, ConvOptions::same(1, 1));
  add_transposed(t, "groups", {1, 2, 3, 4}, {4, 2, 3, 1}, 4, 6,
                 {.stride_y = 2, .stride_x = 2, .pad_x = 1, .end_x = 0, .groups = 2});
  add_transposed(t, "large", {2, 6, 5, 8}, {8, 3, 3, 12}, 13, 11, {.stride_y = 2, .stride_x = 2},
                 true);

  add_matmul(t, 2, 5, 3, false);
  add_matmul(t, 17, 33, 9, true);
  add_dense(t, {3, 5, 6}, true, 1, "linear", 1);
  add_dense(t, {3, 5, 6}, true, 0.01, "lrelu", 1);
  add_dense(t, {3, 5, 6}, true, 0.5, "tanh", 2);
  add_dense(t, {3, 5, 6}, false, 1, "swish", 0.5);
  add_dense(t, {5, 48, 64}, true, 0.01, "lrelu", 1);
  add_normalize(t, "large", {5, 64}, -1, 1e-8);
  add_stddev(t, {4, 4, 4, 8}, 2, 2);
  add_normalize(t, "of vectors", {3, 5}, -1, 1e-8);
  add_normalize(t, "of pixels", {2, 2, 3, 4}, -1, 1e-8);
  add_normalize(t, "of an inner axis", {2, 4, 3}, 1, 0.5);
  add_stddev(t, {4, 2, 2, 2}, 2, 1);
  add_stddev(t, {4, 2, 1, 4}, 4, 2);
  add_stddev(t, {3, 2, 2, 2}, 8, 1);
  add_stddev(t, {6, 1, 2, 2}, 3, 2);
  add_stddev(t, {3, 1, 2, 2}, 0, 1);
}

}  // namespace sgan::op_cases
