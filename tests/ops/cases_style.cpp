// ProGAN's and StyleGAN1's convolution and what follows it (1812.04948, figure 1b).
#include <cmath>

#include "lib/ops/style_epilogue.hpp"
#include "tests/ops/op_cases.hpp"

namespace sgan::op_cases {
namespace {

using namespace ops;
using reference::generate;
using reference::Index;

void add_conv(Table& t, const char* name, Shape x, Shape w, int up, int64_t pad) {
  OpCase c{.name = std::string("style_conv ") + name, .inputs = {x, w}};
  c.run = [=](const Vars& v) { return style_conv(v[0], v[1], up, pad); };
  c.reference = [=](const Arrays& a) {
    if (up == 1) {
      return conv2d(a[0], a[1], {.pad_y = pad, .end_y = pad, .pad_x = pad, .end_x = pad});
    }
    // Every pixel spreads the whole weight around twice its place.
    const auto size = [&](int axis) { return (x[axis] - 1) * 2 + w[axis] - 2 * pad; };
    Array y = generate({x[0], size(1), size(2), w[0]}, [](const Index&) { return 0.0; });
    reference::for_each(x, [&](const Index& i) {
      reference::for_each(w, [&](const Index& k) {
        const Index to{i[0], 2 * i[1] + k[1] - pad, 2 * i[2] + k[2] - pad, k[0]};
        if (k[3] != i[3] || to[1] < 0 || to[1] >= size(1) || to[2] < 0 || to[2] >= size(2)) return;
        y.at(to) += a[0].at(i) * a[1].at(k);
      });
    });
    return y;
  };
  c.tolerance = 1e-5;
  t.push_back(c);
}

struct Epilogue {
  const char* name;
  StyleEpilogue settings;
  const char* act = "lrelu";
  int64_t noise_batch = 1;  // 0: no noise
  bool bias = true, style = true;
  Shape x{2, 3, 4, 3};
};

void add_epilogue(Table& t, const Epilogue& e) {
  const int64_t n = e.x[0], h = e.x[1], w = e.x[2], channels = e.x[3];
  OpCase c{.name = std::string("style_epilogue ") + e.name, .inputs = {e.x}};
  // Undefined inputs have no place in the list.
  const size_t noise = c.inputs.size();
  if (e.noise_batch) c.inputs.insert(c.inputs.end(), {{e.noise_batch, h, w, 1}, {channels}});
  const size_t bias = c.inputs.size();
  if (e.bias) c.inputs.push_back({channels});
  const size_t style = c.inputs.size();
  if (e.style) c.inputs.push_back({n, 2 * channels});
  c.run = [=](const Vars& v) {
    StyleEpilogue s = e.settings;
    s.act.act = parse_act(e.act);
    if (e.noise_batch) s.noise = v[noise], s.noise_strength = v[noise + 1];
    if (e.bias) s.bias = v[bias];
    if (e.style) s.style = v[style];
    return style_epilogue(v[0], s);
  };
  c.reference = [=](const Arrays& a) {
    const StyleEpilogue& s = e.settings;
    Array y = map(a[0], [&](double x) { return s.gain * x; });
    if (!s.blur.empty()) {
      const auto taps = int64_t(s.blur.size());
      y = upfirdn2d(y, {s.blur, 1, int(taps), true},
                    {.x0 = (taps - 1) / 2,
                     .x1 = taps / 2,
                     .y0 = (taps - 1) / 2,
                     .y1 = taps / 2,
                     .flip = true});
    }
    if (e.noise_batch) y = reference::add(y, reference::multiply(a[noise], a[noise + 1]));
    if (e.bias) y = reference::add(y, a[bias]);
    y = activate(y, e.act, s.act.alpha, s.act.gain, s.act.clamp);
    const auto over_root = [&](const Array& moment, double epsilon) {
      y = zip(y, moment, [&](double v, double m) { return v / std::sqrt(m + epsilon); });
    };
    if (s.pixel_norm) {
      over_root(reference::sum(reference::multiply(y, y), {3}, true), s.pixel_norm_epsilon);
    }
    if (s.instance_norm) {
      y = zip(y, reference::sum(y, {1, 2}, true), [](double v, double mean) { return v - mean; });
      over_root(reference::sum(reference::multiply(y, y), {1, 2}, true), 1e-8);
    }
    if (e.style) {
      y = generate(y.shape, [&, plain = y](const Index& i) {
        return plain.at(i) * (1 + a[style].at({i[0], i[3]})) + a[style].at({i[0], channels + i[3]});
      });
    }
    return y;
  };
  c.tolerance = 1e-5;
  c.half = false;
  t.push_back(c);
}

}  // namespace

void add_style(Table& t) {
  add_conv(t, "3x3", {2, 3, 4, 2}, {3, 3, 3, 2}, 1, 1);
  add_conv(t, "4x4 from a pixel", {2, 1, 1, 3}, {2, 4, 4, 3}, 1, 3);
  add_conv(t, "1x1", {2, 3, 2, 4}, {3, 1, 1, 4}, 1, 0);
  add_conv(t, "up", {2, 3, 2, 2}, {3, 4, 4, 2}, 2, 1);
  add_conv(t, "up 3x3", {1, 2, 3, 2}, {3, 3, 3, 2}, 2, 0);
  const std::vector<double> blur{0.25, 0.5, 0.25}, crooked{0.5, 1, -0.25}, wide{1, -2, 3, 0.5};
  add_epilogue(t, {"StyleGAN1", {.gain = 1.4, .blur = blur, .instance_norm = true}});
  add_epilogue(t, {"ProGAN", {.gain = 0.7, .pixel_norm = true}, "lrelu", 0, true, false});
  add_epilogue(t, {"noise per sample", {.instance_norm = true}, "relu", 2});
  add_epilogue(t, {"crooked blur", {.blur = crooked}, "linear", 1, false, false});
  add_epilogue(t, {"wide blur", {.blur = wide, .pixel_norm = true}, "lrelu", 1, true, false});
  add_epilogue(t, {"both norms",
                   {.pixel_norm = true, .instance_norm = true, .pixel_norm_epsilon = 0.1},
                   "tanh"});
  add_epilogue(t, {"alone", {}, "lrelu", 0, false, false});
  add_epilogue(t, {"style alone", {}, "linear", 0, false, true});
  add_epilogue(
      t, {"wide", {.blur = blur, .instance_norm = true}, "lrelu", 1, true, true, {1, 4, 3, 19}});
}

}  // namespace sgan::op_cases
