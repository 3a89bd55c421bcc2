#include <cmath>
#include <random>

#include "lib/ops/cast.hpp"
#include "lib/ops/conv2d_resample.hpp"
#include "lib/ops/dense.hpp"
#include "lib/ops/epilogue.hpp"
#include "lib/ops/filtered_lrelu.hpp"
#include "lib/ops/layout.hpp"
#include "lib/ops/modulated_conv2d.hpp"
#include "lib/ops/reduce.hpp"
#include "tests/ops/op_cases.hpp"

namespace sgan::op_cases {
namespace {

using namespace ops;
using rt::Shape;

void add_arithmetic(std::vector<OpCase>& t) {
  const Shape s{3, 5, 4, 6};
  t.push_back({"add", {s, s}, [](const Vars& v) { return add(v[0], v[1]); }});
  t.push_back({"add a bias", {s, {6}}, [](const Vars& v) { return add(v[0], v[1]); }});
  t.push_back({"subtract", {s, {3, 1, 1, 6}}, [](const Vars& v) { return subtract(v[0], v[1]); }});
  t.push_back({"multiply", {s, {5, 1, 6}}, [](const Vars& v) { return multiply(v[0], v[1]); }});
  t.push_back({"divide", {s, s}, [](const Vars& v) { return divide(v[0], v[1]); }, 4e-6, true});
  t.push_back({"affine", {s}, [](const Vars& v) { return affine(v[0], -1.5, 0.25); }});
  t.push_back({"exp", {s}, [](const Vars& v) { return ops::exp(v[0]); }});
  t.push_back({"log", {s}, [](const Vars& v) { return ops::log(v[0]); }, 4e-6, true});
  t.push_back({"sqrt", {s}, [](const Vars& v) { return ops::sqrt(v[0]); }, 4e-6, true});
  t.push_back({"rsqrt", {s}, [](const Vars& v) { return rsqrt(v[0]); }, 4e-6, true});
  t.push_back({"square", {s}, [](const Vars& v) { return square(v[0]); }});
  t.push_back({"sine", {s}, [](const Vars& v) { return sine(v[0]); }});
  t.push_back({"cosine", {s}, [](const Vars& v) { return cosine(v[0]); }});
  t.push_back({"reciprocal", {s}, [](const Vars& v) { return reciprocal(v[0]); }, 4e-6, true});
  t.push_back({"lerp", {s, s}, [](const Vars& v) { return lerp(v[0], v[1], 0.3); }});
  t.push_back({"cast", {s}, [](const Vars& v) {
                 return cast(cast(v[0], rt::DType::f32, 1.5), rt::DType::f64);
               }});
}

void add_activations(std::vector<OpCase>& t) {
  for (const char* name :
       {"linear", "relu", "lrelu", "tanh", "sigmoid", "elu", "selu", "softplus", "swish"}) {
    const Act act = parse_act(name);
    const auto run = [act](double clamp) {
      return [act, clamp](const Vars& v) {
        return bias_act(v[0], v[1], {.act = act, .gain = 1.3, .clamp = clamp});
      };
    };
    t.push_back({std::string("bias_act ") + name, {{2, 3, 5, 7}, {7}}, run(-1)});
    t.push_back({std::string("bias_act clamped ") + name, {{2, 3, 5, 8}, {8}}, run(0.7)});
  }
}

void add_layout(std::vector<OpCase>& t) {
  t.push_back({"reshape", {{4, 6}}, [](const Vars& v) { return reshape(v[0], {3, 8}); }});
  t.push_back({"to channels first", {{2, 9, 11, 20}}, [](const Vars& v) {
                 return permute(v[0], {0, 3, 1, 2});
               }});
  t.push_back({"to channels last", {{2, 17, 9, 5}}, [](const Vars& v) {
                 return permute(v[0], {0, 2, 3, 1});
               }});
  t.push_back({"permute", {{2, 3, 4, 5}}, [](const Vars& v) {
                 return permute(v[0], {3, 1, 0, 2});
               }});
  t.push_back({"pad", {{2, 5, 6, 3}}, [](const Vars& v) {
                 return pad(v[0], {0, 2, -1, 0}, {0, -1, 3, 0});
               }});
  t.push_back({"slice", {{2, 5, 6}}, [](const Vars& v) { return slice(v[0], 1, 1, 4); }});
  t.push_back({"flip", {{2, 5, 6, 3}}, [](const Vars& v) { return flip(v[0], {1, 2}); }});
  t.push_back({"concat", {{2, 5, 3}, {2, 5, 4}}, [](const Vars& v) {
                 return concat({v[0], v[1]}, -1);
               }});
  t.push_back({"expand", {{2, 1, 3}}, [](const Vars& v) { return expand(v[0], {4, 2, 5, 3}); }});
}

void add_sums(std::vector<OpCase>& t) {
  const auto summed = [](std::vector<int> axes) {
    return [axes](const Vars& v) { return sum(v[0], axes); };
  };
  t.push_back({"sum of few", {{2, 3, 4, 5}}, summed({1, 3})});
  t.push_back({"sum of rows", {{6, 700}}, summed({1})});
  t.push_back({"sum over pictures", {{4, 30, 30, 40}}, summed({0, 1, 2})});
  t.push_back({"sum within pictures", {{4, 30, 30, 40}}, summed({1, 2})});
  t.push_back({"sum over channels", {{2, 9, 9, 130}}, summed({3})});
  t.push_back({"sum of all",
               {{5, 200, 130}},
               [](const Vars& v) { return sum_all(square(v[0])); },
               4e-6,
               false,
               false});
  t.push_back({"mean", {{4, 30, 30, 7}}, [](const Vars& v) { return mean(v[0], {1, 2}); }});
}

void add_linear(std::vector<OpCase>& t) {
  for (int ta : {0, 1}) {
    for (int tb : {0, 1}) {
      const Shape a = ta ? Shape{33, 17} : Shape{17, 33}, b = tb ? Shape{9, 33} : Shape{33, 9};
      t.push_back({"matmul " + std::to_string(ta) + std::to_string(tb),
                   {a, b},
                   [=](const Vars& v) { return matmul(v[0], v[1], ta, tb); },
                   4e-6});
    }
  }
  const auto conv = [&](const char* name, Shape x, Shape w, ConvOptions o) {
    t.push_back({name, {x, w}, [o](const Vars& v) { return conv2d(v[0], v[1], o); }, 1e-5});
  };
  conv("conv2d 3x3", {2, 9, 8, 16}, {24, 3, 3, 16}, ConvOptions::same(1, 1));
  conv("conv2d 1x1 to RGB", {2, 9, 8, 16}, {3, 1, 1, 16}, {});
  conv("conv2d stride 2", {2, 9, 8, 8}, {8, 3, 3, 8}, ConvOptions::same(2, 1));
  conv("conv2d uneven padding", {1, 9, 8, 8}, {4, 3, 3, 8},
       {.stride_y = 2, .stride_x = 1, .pad_y = 0, .end_y = 1, .pad_x = 2, .end_x = 0});
  conv("conv2d in groups", {2, 7, 7, 12}, {8, 3, 3, 6}, {.pad_y = 1, .end_y = 1, .groups = 2});
  t.push_back({"conv2d_transpose",
               {{2, 6, 5, 8}, {8, 3, 3, 12}},
               [](const Vars& v) {
                 return conv2d_transpose(v[0], v[1], 13, 11, {.stride_y = 2, .stride_x = 2});
               },
               1e-5});
  t.push_back(
      {"dense",
       {{5, 64}, {48, 64}, {48}},
       [](const Vars& v) { return dense(v[0], v[1], v[2], 0.01, ActOptions::of(Act::lrelu)); },
       1e-5});
  t.push_back({"normalize_2nd_moment",
               {{5, 64}},
               [](const Vars& v) { return normalize_2nd_moment(v[0], 1, 1e-8); },
               1e-5});
  t.push_back({"minibatch_stddev",
               {{4, 4, 4, 8}},
               [](const Vars& v) { return minibatch_stddev(v[0], 2, 2); },
               1e-5,
               false,
               false});
}

void add_filters(std::vector<OpCase>& t) {
  const Filter blur = setup_filter({1, 3, 3, 1});
  const Filter sinc = design_lowpass(12, 0.4, 0.2, 2, false);
  const Shape s{2, 13, 14, 10};
  for (int up : {1, 2, 3}) {
    for (int down : {1, 2}) {
      UpfirdnOptions o{.up_x = up, .up_y = up, .down_x = down, .down_y = down};
      o.padding = {3, 2, 1, 4};
      o.gain = up * up;
      const auto name = " up " + std::to_string(up) + " down " + std::to_string(down);
      t.push_back(
          {"upfirdn2d" + name, {s}, [=](const Vars& v) { return upfirdn2d(v[0], blur, o); }, 4e-6});
      o.padding = Padding::all(8);
      t.push_back({"upfirdn2d separable" + name,
                   {s},
                   [=](const Vars& v) { return upfirdn2d(v[0], sinc, o); },
                   4e-6});
    }
  }
  for (int up : {2, 4}) {
    for (bool radial : {false, true}) {
      const Filter fu = design_lowpass(6 * up, 0.8, 0.4, 2.0 * up, false);
      const Filter fd = design_lowpass(12, 0.8, 0.4, 4, radial);
      FilteredLreluOptions o{.up = up, .down = 2, .padding = {11, 10, 12, 9}};
      o.clamp = 1.1;
      t.push_back(
          {std::string("filtered_lrelu up ") + std::to_string(up) + (radial ? " radial" : ""),
           {{2, 12, 17, 20}, {20}},
           [=](const Vars& v) { return filtered_lrelu(v[0], v[1], fu, fd, o); },
           1e-5});
    }
  }
}

void add_modulated(std::vector<OpCase>& t) {
  const Filter blur = setup_filter({1, 3, 3, 1});
  for (int up : {1, 2}) {
    for (bool demodulate : {false, true}) {
      const auto run = [=](const Vars& v) {
        Epilogue e{v[3], v[4], v[5], ActOptions::of(Act::lrelu)};
        e.act.clamp = 2;
        ResampleOptions o{.up = up, .padding = Padding::all(1)};
        return modulated_conv2d(v[0], v[1], modulate_v2(v[1], v[2], demodulate), blur, o, e);
      };
      t.push_back({"modulated_conv2d up " + std::to_string(up) + (demodulate ? " demodulated" : ""),
                   {{2, 6, 7, 8}, {16, 3, 3, 8}, {2, 8}, {1, 6 * up, 7 * up, 1}, {}, {16}},
                   run,
                   2e-5,
                   false,
                   false});
    }
  }
}

}  // namespace

const std::vector<OpCase>& all() {
  static const auto table = [] {
    std::vector<OpCase> t;
    add_arithmetic(t);
    add_activations(t);
    add_layout(t);
    add_sums(t);
    add_linear(t);
    add_filters(t);
    add_modulated(t);
    return t;
  }();
  return table;
}

Vars make_inputs(const OpCase& c, rt::DType type, rt::Device device) {
  Vars vars;
  std::mt19937_64 engine(c.name.size());
  std::normal_distribution<float> normal;
  for (const rt::Shape& shape : c.inputs) {
    std::vector<float> v(size_t(shape.numel()));
    for (float& x : v) x = c.positive ? std::abs(normal(engine)) + 0.3f : normal(engine);
    // Through bfloat16, so that every type holds the same numbers.
    const auto rounded = rt::Tensor::from(v, shape).to(rt::DType::bf16);
    vars.push_back(ag::Var::leaf(rounded.to(type).to(device)));
  }
  return vars;
}

}  // namespace sgan::op_cases
