// Modulated convolutions and StyleGAN3's input, each by the formula of its paper.
#include <cmath>
#include <numbers>

#include "lib/nets/fourier.hpp"
#include "lib/ops/modulated_conv2d.hpp"
#include "tests/ops/op_cases.hpp"

namespace sgan::op_cases {
namespace {

using namespace ops;
using reference::generate;
using reference::Index;

// The weight of sample n: modulated, demodulated. v3 normalises weight and styles first and applies
// the input's gain last.
Array sample_weight(Array w, Array s, int64_t n, bool v3, bool demodulate, const Array* gain) {
  const int64_t per_output = w.shape.numel() / w.shape[0];
  const auto energies = [&](const Array& x) {
    return reference::sum(reference::multiply(x, x), {1, 2, 3});
  };
  if (v3 && demodulate) {
    w = zip(w, energies(w),
            [&](double x, double e) { return x / std::sqrt(e / double(per_output)); });
    double moment = 0;
    for (double x : s.v) moment += x * x / double(s.v.size());
    s = map(s, [&](double x) { return x / std::sqrt(moment); });
  }
  w = generate(w.shape, [&](const Index& i) { return w.at(i) * s.at({n, i[3]}); });
  if (demodulate) {
    w = zip(w, energies(w), [](double x, double e) { return x / std::sqrt(e + 1e-8); });
  }
  return gain ? generate(w.shape,
                         [&](const Index& i) {
                           const auto& g = *gain;
                           return w.at(i) * (g.shape.rank() == 0   ? g.at({})
                                             : g.shape.rank() == 1 ? g.at({i[3]})
                                                                   : g.at({n, i[3]}));
                         })
              : w;
}

struct Modulated {
  std::string name;
  Shape x{2, 3, 4, 2}, w{3, 3, 3, 2};
  bool v3 = false, demodulate = true;
  int up = 1;
  bool flip = true;
  std::string act = "lrelu";
  double clamp = 2;
  std::vector<Shape> gain;  // v3's, or none
  bool epilogue = true;     // noise, strength, bias
  int64_t noise_batch = 1;
  bool large = false;
};

void add_modulated(Table& t, const Modulated& m) {
  const Filter blur = setup_filter({1, 3, 3, 1});
  const int64_t n = m.x[0], co = m.w[0], pad = m.w[1] / 2;
  const int64_t h = m.x[1] * m.up, w = m.x[2] * m.up;
  OpCase c{.name = "modulated_conv2d " + m.name, .inputs = {m.x, m.w, {n, m.x[3]}}};
  if (m.epilogue) c.inputs.insert(c.inputs.end(), {{m.noise_batch, h, w, 1}, {}, {co}});
  c.inputs.insert(c.inputs.end(), m.gain.begin(), m.gain.end());
  ActOptions act = ActOptions::of(parse_act(m.act));
  act.clamp = m.clamp;
  c.run = [=](const Vars& v) {
    const Var gain = m.gain.empty() ? Var() : v.back();
    const Modulation modulation =
        m.v3 ? modulate_v3(v[1], v[2], m.demodulate, gain) : modulate_v2(v[1], v[2], m.demodulate);
    Epilogue e;
    if (m.epilogue) e.noise = v[3], e.noise_strength = v[4], e.bias = v[5];
    e.act = act;
    const ResampleOptions o{.up = m.up, .padding = Padding::all(pad), .flip_weight = m.flip};
    return modulated_conv2d(v[0], v[1], modulation, blur, o, e);
  };
  c.reference = [=](const Arrays& a) {
    Array y{{n, h, w, co}, {}};
    for (int64_t k = 0; k < n; ++k) {
      Array weight =
          sample_weight(a[1], a[2], k, m.v3, m.demodulate, m.gain.empty() ? nullptr : &a.back());
      if (!m.flip) {
        const Array turned = weight;
        weight = generate(turned.shape, [&](const Index& i) {
          return turned.at({i[0], m.w[1] - 1 - i[1], m.w[2] - 1 - i[2], i[3]});
        });
      }
      Array x = generate({1, m.x[1], m.x[2], m.x[3]}, [&](const Index& i) {
        return a[0].at({k, i[1], i[2], i[3]});
      });
      if (m.up == 2) {
        x = upfirdn2d(x, {blur.taps, 4, 4, false},
                      {2, 2, 1, 1, pad + 2, pad + 1, pad + 2, pad + 1, false, 4});
        x = conv2d(x, weight, {});
      } else {
        x = conv2d(x, weight, {.pad_y = pad, .end_y = pad, .pad_x = pad, .end_x = pad});
      }
      y.v.insert(y.v.end(), x.v.begin(), x.v.end());
    }
    if (m.epilogue) {
      y = reference::add(y, reference::multiply(a[3], a[4]));
      y = reference::add(y, a[5]);
    }
    return activate(y, m.act, 0.2, act.gain, m.clamp);
  };
  c.tolerance = 2e-5;
  c.half = false;
  c.differences = !m.large;
  t.push_back(c);
}

// Pixel (y, x) of sample n: sinusoids over the plane, turned and shifted by the sample's transform
// after the user's, faded beyond the band, mixed by the weight.
Array waves(const nets::FourierSettings& in, const std::array<double, 9>& user, const Arrays& a) {
  const Array &w = a[0], &weight = a[1], &affine = a[2], &bias = a[3], &freqs = a[4],
              &phases = a[5];
  const int64_t c = weight.shape[0], dim = w.shape[1];
  return generate({w.shape[0], in.size, in.size, c}, [&](const Index& i) {
    double t[4];
    for (int64_t k = 0; k < 4; ++k) {
      t[k] = bias.at({k});
      for (int64_t j = 0; j < dim; ++j) {
        t[k] += w.at({i[0], j}) * affine.at({k, j}) / std::sqrt(double(dim));
      }
    }
    const double length = std::hypot(t[0], t[1]);
    for (double& v : t) v /= length;
    const double turn[3][3] = {{t[0], -t[1], 0}, {t[1], t[0], 0}, {0, 0, 1}};
    const double shift[3][3] = {{1, 0, -t[2]}, {0, 1, -t[3]}, {0, 0, 1}};
    double m[3][3] = {};
    for (int p = 0; p < 3; ++p)
      for (int q = 0; q < 3; ++q)
        for (int r = 0; r < 3; ++r)
          for (int s = 0; s < 3; ++s) m[p][q] += turn[p][r] * shift[r][s] * user[size_t(s * 3 + q)];
    const double y = (double(i[1]) + 0.5 - in.size / 2.0) / in.sampling_rate;
    const double x = (double(i[2]) + 0.5 - in.size / 2.0) / in.sampling_rate;
    double mixed = 0;
    for (int64_t k = 0; k < c; ++k) {
      const double f0 = freqs.at({k, 0}), f1 = freqs.at({k, 1});
      const double fx = f0 * m[0][0] + f1 * m[1][0], fy = f0 * m[0][1] + f1 * m[1][1];
      const double phase = phases.at({k}) + f0 * m[0][2] + f1 * m[1][2];
      const double fade =
          1 - (std::hypot(fx, fy) - in.bandwidth) / (in.sampling_rate / 2 - in.bandwidth);
      reference::corner(fade);
      reference::corner(fade - 1);
      mixed += weight.at({i[3], k}) / std::sqrt(double(c)) * std::clamp(fade, 0.0, 1.0) *
               std::sin(2 * std::numbers::pi * (x * fx + y * fy + phase));
    }
    return mixed;
  });
}

void add_fourier(Table& t, const char* name, std::array<double, 9> user, double bandwidth) {
  const int64_t c = 4, dim = 3;
  const nets::FourierSettings in{
      .channels = int(c), .size = 3, .sampling_rate = 4, .bandwidth = bandwidth, .w_dim = int(dim)};
  t.push_back({.name = std::string("fourier_features ") + name,
               .inputs = {{2, dim}, {c, c}, {4, dim}, {4}, {c, 2}, {c}},
               .run =
                   [=](const Vars& v) {
                     return nets::FourierInput(in, v[1], v[2], v[3], v[4], v[5])(v[0], user);
                   },
               .reference = [=](const Arrays& a) { return waves(in, user, a); },
               .tolerance = 1e-5,
               .half = false});
}

}  // namespace

void add_networks(Table& t) {
  add_modulated(t, {.name = "v2"});
  add_modulated(t, {.name = "v2 convolution", .flip = false});
  add_modulated(t, {.name = "v2 plain", .demodulate = false});
  add_modulated(t, {.name = "v2 up", .x = {2, 2, 3, 2}, .up = 2, .flip = false});
  add_modulated(t, {.name = "v2 up correlation", .x = {2, 2, 3, 2}, .up = 2, .noise_batch = 2});
  add_modulated(t, {.name = "v2 up plain", .x = {2, 2, 3, 2}, .demodulate = false, .up = 2});
  add_modulated(t, {.name = "v2 to RGB",
                    .x = {2, 3, 2, 4},
                    .w = {3, 1, 1, 4},
                    .demodulate = false,
                    .act = "linear",
                    .clamp = 1});
  add_modulated(t, {.name = "v2 alone", .act = "linear", .clamp = -1, .epilogue = false});
  add_modulated(t, {.name = "v2 swish", .act = "swish", .clamp = -1, .noise_batch = 2});
  add_modulated(t, {.name = "v3", .v3 = true, .gain = {Shape{}}});
  add_modulated(t, {.name = "v3 1x1", .w = {4, 1, 1, 2}, .v3 = true, .gain = {Shape{2}}});
  add_modulated(t, {.name = "v3 plain",
                    .v3 = true,
                    .demodulate = false,
                    .act = "linear",
                    .gain = {Shape{2, 2}},
                    .epilogue = false});
  add_modulated(t, {.name = "v3 without gain", .v3 = true, .epilogue = false});
  for (int up : {1, 2}) {
    for (bool demodulate : {false, true}) {
      add_modulated(t, {.name = "large up " + std::to_string(up) + (demodulate ? "" : " plain"),
                        .x = {2, 6, 7, 8},
                        .w = {16, 3, 3, 8},
                        .demodulate = demodulate,
                        .up = up,
                        .large = true});
    }
  }
  add_fourier(t, "", {1, 0, 0, 0, 1, 0, 0, 0, 1}, 1);
  add_fourier(t, "moved", {0.8, -0.6, 0.3, 0.6, 0.8, -0.2, 0, 0, 1}, 0.5);
  add_fourier(t, "sheared", {1.2, 0.3, 0.1, -0.1, 0.7, 0.4, 0, 0, 1}, 1.5);
}

}  // namespace sgan::op_cases
