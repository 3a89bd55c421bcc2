// Arithmetic with broadcasting, activations, casts.
#include <algorithm>
#include <cmath>

#include "lib/ops/bias_act.hpp"
#include "lib/ops/cast.hpp"
#include "lib/ops/epilogue.hpp"
#include "tests/ops/op_cases.hpp"

namespace sgan::op_cases {
namespace {

using namespace ops;

void add_binary(Table& t) {
  struct Row {
    const char* name;
    Var (*run)(const Var&, const Var&);
    double (*reference)(double, double);
  };
  const Row rows[] = {
      {"add", ops::add, [](double a, double b) { return a + b; }},
      {"subtract", ops::subtract, [](double a, double b) { return a - b; }},
      {"multiply", ops::multiply, [](double a, double b) { return a * b; }},
      {"divide", ops::divide, [](double a, double b) { return a / b; }},
  };
  const std::pair<const char*, std::pair<Shape, Shape>> shapes[] = {
      {"", {{2, 3, 5}, {2, 3, 5}}},
      {" a channel vector", {{2, 3, 5}, {5}}},
      {" a scalar", {{2, 3, 5}, {}}},
      {" outer", {{3, 1, 2}, {2, 3, 4, 1}}},
      {" both stretched", {{2, 1, 3, 1, 2}, {4, 1, 5, 1}}},
      {" large", {{3, 5, 4, 6}, {5, 1, 6}}},
  };
  for (const Row& r : rows) {
    for (const auto& [what, s] : shapes) {
      t.push_back({.name = r.name + std::string(what),
                   .inputs = {s.first, s.second},
                   .run = [r](const Vars& v) { return r.run(v[0], v[1]); },
                   .reference = [r](const Arrays& a) { return zip(a[0], a[1], r.reference); },
                   .tolerance = 4e-6,
                   .positive = r.run == ops::divide});
    }
  }
  t.push_back({.name = "lerp",
               .inputs = {{3, 4}, {3, 4}},
               .run = [](const Vars& v) { return lerp(v[0], v[1], 0.3); },
               .reference =
                   [](const Arrays& a) {
                     return zip(a[0], a[1], [](double p, double q) { return p + 0.3 * (q - p); });
                   }});
  // One Var as both operands: its gradients meet.
  t.push_back(
      {.name = "multiply itself",
       .inputs = {{3, 4}},
       .run = [](const Vars& v) { return multiply(v[0], v[0]); },
       .reference = [](const Arrays& a) { return map(a[0], [](double p) { return p * p; }); }});
}

void add_unary(Table& t) {
  struct Row {
    const char* name;
    Var (*run)(const Var&);
    double (*reference)(double);
    bool positive;
  };
  const Row rows[] = {
      {"affine", [](const Var& x) { return affine(x, -1.5, 0.25); },
       [](double x) { return 0.25 - 1.5 * x; }, false},
      {"scale", [](const Var& x) { return scale(x, 3); }, [](double x) { return 3 * x; }, false},
      {"exp", ops::exp, [](double x) { return std::exp(x); }, false},
      {"log", ops::log, [](double x) { return std::log(x); }, true},
      {"sqrt", ops::sqrt, [](double x) { return std::sqrt(x); }, true},
      {"rsqrt", ops::rsqrt, [](double x) { return std::pow(x, -0.5); }, true},
      {"square", ops::square, [](double x) { return x * x; }, false},
      {"sine", ops::sine, [](double x) { return std::sin(x); }, false},
      {"cosine", ops::cosine, [](double x) { return std::cos(x); }, false},
      {"reciprocal", ops::reciprocal, [](double x) { return 1 / x; }, true},
  };
  for (const Row& r : rows) {
    for (bool large : {false, true}) {
      t.push_back({.name = r.name + std::string(large ? " large" : ""),
                   .inputs = {large ? Shape{3, 5, 4, 6} : Shape{2, 3, 5}},
                   .run = [r](const Vars& v) { return r.run(v[0]); },
                   .reference = [r](const Arrays& a) { return map(a[0], r.reference); },
                   .tolerance = 4e-6,
                   .positive = r.positive});
    }
  }
}

void add_activations(Table& t) {
  struct Form {
    const char* name;
    double gain, clamp, alpha;
    bool bias;
  };
  for (const char* name :
       {"linear", "relu", "lrelu", "tanh", "sigmoid", "elu", "selu", "softplus", "swish"}) {
    for (const Form& f :
         {Form{"", 1, -1, 0.2, true}, Form{" gain", 1.3, -1, 0.1, true},
          Form{" clamped", 1.3, 0.7, 0.3, true}, Form{" without bias", 0.8, 0.9, 0.2, false},
          Form{" large", 1.3, 0.7, 0.2, true}}) {
      const Act act = parse_act(name);
      OpCase c{.name = std::string("bias_act ") + name + f.name};
      const bool large = f.name == std::string(" large");
      c.inputs = {large ? Shape{2, 3, 5, 40} : Shape{2, 1, 3, 7}};
      if (f.bias) c.inputs.push_back({c.inputs[0][-1]});
      c.differences = !large;
      c.run = [=](const Vars& v) {
        return bias_act(v[0], f.bias ? v[1] : Var(), {act, f.alpha, f.gain, f.clamp});
      };
      c.reference = [=, act = std::string(name)](const Arrays& a) {
        return activate(f.bias ? reference::add(a[0], a[1]) : a[0], act, f.alpha, f.gain, f.clamp);
      };
      t.push_back(c);
    }
  }
}

void add_casts(Table& t) {
  t.push_back(
      {.name = "cast",
       .inputs = {{2, 3, 5}},
       .run = [](const Vars& v) { return cast(cast(v[0], rt::DType::f32), rt::DType::f64); },
       .reference = [](const Arrays& a) { return a[0]; },  // 8 bits survive
       .differences = false});  // steps do not: its gradients are in test_half
  t.push_back({.name = "cast clamped",
               .inputs = {{2, 3, 5}},
               .run = [](const Vars& v) { return cast(v[0], rt::DType::f64, 1.1); },
               .reference = [](const Arrays& a) { return activate(a[0], "linear", 0, 1, 1.1); }});
}

// What surrounds a modulated convolution.
void add_surroundings(Table& t) {
  for (const Shape& s : {Shape{2, 2, 3, 3}, Shape{3, 9, 5, 40}}) {
    const bool large = s[3] > 3;
    const std::string what = large ? " large" : "";
    t.push_back({.name = "scale_channels" + what,
                 .inputs = {s, {s[0], s[3]}},
                 .run = [](const Vars& v) { return scale_channels(v[0], v[1]); },
                 .reference =
                     [s](const Arrays& a) {
                       return reference::generate(s, [&](const reference::Index& i) {
                         return a[0].at(i) * a[1].at({i[0], i[3]});
                       });
                     },
                 .differences = !large});
    t.push_back({.name = "channel_dot" + what,
                 .inputs = {s, s},
                 .run = [](const Vars& v) { return channel_dot(v[0], v[1]); },
                 .reference =
                     [s](const Arrays& a) {
                       Array y = reference::generate({s[0], s[3]},
                                                     [](const reference::Index&) { return 0.0; });
                       reference::for_each(s, [&](const reference::Index& i) {
                         y.at({i[0], i[3]}) += a[0].at(i) * a[1].at(i);
                       });
                       return y;
                     },
                 .tolerance = 4e-6,
                 .half = false,
                 .differences = !large});
    for (const char* act : {"linear", "lrelu", "tanh"}) {
      for (int parts = 0; parts < 16; ++parts) {
        if (large && parts != 15 && parts != 4) continue;
        const bool scaled = parts & 1, noisy = parts & 2, biased = parts & 4, own = parts & 8;
        OpCase c{
            .name = "modulation_epilogue " + std::string(act) + what + " " + std::to_string(parts),
            .inputs = {s}};
        const auto input = [&](bool present, const Shape& shape) {
          if (present) c.inputs.push_back(shape);
          return c.inputs.size() - 1;
        };
        const size_t scale = input(scaled, {s[0], s[3]});
        const size_t noise = input(noisy, {own ? s[0] : 1, s[1], s[2], 1});
        const size_t strength = input(noisy && own, {});
        const size_t bias = input(biased, {s[3]});
        const ActOptions o{parse_act(act), 0.3, 1.2, biased ? 1.4 : -1};
        c.run = [=](const Vars& v) {
          return modulation_epilogue(v[0], scaled ? v[scale] : Var(), noisy ? v[noise] : Var(),
                                     noisy && own ? v[strength] : Var(), biased ? v[bias] : Var(),
                                     o);
        };
        c.reference = [=, name = std::string(act)](const Arrays& a) {
          const Array y = reference::generate(s, [&](const reference::Index& i) {
            double v = a[0].at(i);
            if (scaled) v *= a[scale].at({i[0], i[3]});
            if (noisy) {
              v += a[noise].at({own ? i[0] : 0, i[1], i[2], 0}) * (own ? a[strength].v[0] : 1);
            }
            return biased ? v + a[bias].at({i[3]}) : v;
          });
          return activate(y, name, o.alpha, o.gain, o.clamp);
        };
        c.tolerance = 4e-6;
        c.differences = !large;
        t.push_back(c);
      }
    }
  }
}

}  // namespace

void add_elementwise(Table& t) {
  add_binary(t);
  add_unary(t);
  add_activations(t);
  add_casts(t);
  add_surroundings(t);
}

}  // namespace sgan::op_cases
