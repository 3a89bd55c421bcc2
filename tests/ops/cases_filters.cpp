// FIR filters, resampling convolutions, the filtered nonlinearity.
#include "lib/ops/conv2d_resample.hpp"
#include "lib/ops/filtered_lrelu.hpp"
#include "tests/ops/op_cases.hpp"

namespace sgan::op_cases {
namespace {

using namespace ops;

reference::Fir plain(const Filter& f) { return {f.taps, f.height, f.width, f.separable}; }

reference::Upfirdn plain(const UpfirdnOptions& o) {
  const Padding& p = o.padding;
  return {o.up_x, o.up_y, o.down_x, o.down_y, p.x0, p.x1, p.y0, p.y1, o.flip, o.gain};
}

// Filters without any symmetry, so that a turned one shows.
Filter crooked() { return setup_filter_2d({1, 2, 5, -1, 3, 0.5}, 2, 3, {.normalize = false}); }
Filter crooked_separable() {
  return setup_filter({0.5, 2, 1, -0.25, 0.75}, {.normalize = false, .separable = 1});
}

void add_upfirdn(Table& t, const std::string& name, Shape s, Filter f, UpfirdnOptions o,
                 bool large = false) {
  t.push_back({.name = "upfirdn2d " + name,
               .inputs = {s},
               .run = [=](const Vars& v) { return upfirdn2d(v[0], f, o); },
               .reference = [=](const Arrays& a) { return upfirdn2d(a[0], plain(f), plain(o)); },
               .tolerance = 4e-6,
               .differences = !large});
}

void add_all_upfirdn(Table& t) {
  const Filter blur = setup_filter({1, 3, 3, 1});
  const Shape s{1, 4, 5, 2};
  for (int up : {1, 2, 3}) {
    for (int down : {1, 2, 3}) {
      UpfirdnOptions o{.up_x = up, .up_y = up, .down_x = down, .down_y = down};
      o.padding = {3, 2, 1, 4};
      o.gain = up * up;
      const auto name = "up " + std::to_string(up) + " down " + std::to_string(down);
      add_upfirdn(t, name, s, crooked(), o);
      add_upfirdn(t, name + " separable", s, crooked_separable(), o);
      o.flip = true;
      o.padding = {-1, 3, 4, -1};
      add_upfirdn(t, name + " flipped and cropped", s, crooked(), o);
      add_upfirdn(t, name + " blur", {2, 13, 14, 10}, blur, o, true);
      o.padding = Padding::all(8);
      add_upfirdn(t, name + " low-pass", {2, 13, 14, 10}, design_lowpass(12, 0.4, 0.2, 2, false), o,
                  true);
    }
  }
  add_upfirdn(t, "unlike axes", s, crooked(),
              {.up_x = 2, .up_y = 1, .down_x = 1, .down_y = 2, .padding = {1, 0, 2, 1}, .gain = 3});
  add_upfirdn(t, "without filter", s, {},
              {.up_x = 2, .up_y = 3, .down_x = 3, .down_y = 1, .padding = {1, 2, 0, -1}});
  add_upfirdn(t, "separable flipped", s, crooked_separable(),
              {.up_x = 2, .up_y = 2, .padding = Padding::all(2), .flip = true, .gain = 4});
  t.push_back({.name = "filter2d",
               .inputs = {s},
               .run = [=](const Vars& v) { return filter2d(v[0], crooked()); },
               .reference =
                   [=](const Arrays& a) {
                     return upfirdn2d(a[0], plain(crooked()), {.x0 = 1, .x1 = 1, .y0 = 1, .y1 = 0});
                   },
               .tolerance = 4e-6});
  t.push_back({.name = "upsample2d",
               .inputs = {s},
               .run = [=](const Vars& v) { return upsample2d(v[0], blur, 2); },
               .reference =
                   [=](const Arrays& a) {
                     return upfirdn2d(
                         a[0], plain(blur),
                         {.up_x = 2, .up_y = 2, .x0 = 2, .x1 = 1, .y0 = 2, .y1 = 1, .gain = 4});
                   },
               .tolerance = 4e-6});
  t.push_back({.name = "downsample2d",
               .inputs = {s},
               .run = [=](const Vars& v) { return downsample2d(v[0], blur, 2); },
               .reference =
                   [=](const Arrays& a) {
                     return upfirdn2d(
                         a[0], plain(blur),
                         {.down_x = 2, .down_y = 2, .x0 = 1, .x1 = 1, .y0 = 1, .y1 = 1});
                   },
               .tolerance = 4e-6});
}

// The steps one after the other: pad and stretch through the filter, convolve, filter and thin out.
Array resample(const Array& x, Array w, const Filter& filter, const ResampleOptions& o) {
  const reference::Fir f = filter.defined() ? plain(filter) : reference::Fir{{1.0}, 1, 1, false};
  const int64_t fw = f.width, fh = f.separable ? f.width : f.height, up = o.up, down = o.down;
  Padding p = o.padding;
  if (up > 1) {
    p.x0 += (fw + up - 1) / 2, p.x1 += (fw - up) / 2;
    p.y0 += (fh + up - 1) / 2, p.y1 += (fh - up) / 2;
  }
  if (down > 1) {
    p.x0 += (fw - down + 1) / 2, p.x1 += (fw - down) / 2;
    p.y0 += (fh - down + 1) / 2, p.y1 += (fh - down) / 2;
  }
  if (!o.flip_weight) {
    const Array turned = w;
    w = reference::generate(w.shape, [&](const reference::Index& i) {
      return turned.at({i[0], w.shape[1] - 1 - i[1], w.shape[2] - 1 - i[2], i[3]});
    });
  }
  reference::Upfirdn first{up, up, 1, 1, p.x0, p.x1, p.y0, p.y1, o.flip_filter, double(up * up)};
  Array y = upfirdn2d(x, up > 1 ? f : reference::Fir{{1.0}, 1, 1, false}, first);
  y = conv2d(y, w, {.groups = o.groups});
  if (down == 1) return y;
  return upfirdn2d(y, f, {.down_x = down, .down_y = down, .flip = o.flip_filter});
}

void add_resample(Table& t, const std::string& name, Shape x, Shape w, Filter f,
                  ResampleOptions o) {
  t.push_back({.name = "conv2d_resample " + name,
               .inputs = {x, w},
               .run = [=](const Vars& v) { return conv2d_resample(v[0], v[1], f, o); },
               .reference = [=](const Arrays& a) { return resample(a[0], a[1], f, o); },
               .tolerance = 1e-5,
               .half = false});
}

void add_all_resample(Table& t) {
  const Filter blur = setup_filter({1, 3, 3, 1}), one{};
  const Shape x{1, 4, 3, 2}, w3{3, 3, 3, 2}, w1{3, 1, 1, 2};
  const Padding same = Padding::all(1);
  add_resample(t, "plain", x, w3, blur, {.padding = same});
  add_resample(t, "convolution", x, w3, blur, {.padding = same, .flip_weight = false});
  add_resample(t, "cropped", x, w1, one, {.padding = {-1, 0, 0, -1}});
  for (bool flip : {false, true}) {
    const std::string turned = flip ? " flipped" : "";
    const auto options = [&](int up, int down, Padding p) {
      return ResampleOptions{up, down, p, flip, flip, 1};
    };
    add_resample(t, "up" + turned, x, w3, crooked(), options(2, 1, same));
    add_resample(t, "down" + turned, x, w3, crooked(), options(1, 2, same));
    add_resample(t, "1x1 up" + turned, x, w1, crooked(), options(2, 1, {}));
    add_resample(t, "1x1 down" + turned, x, w1, crooked(), options(1, 2, {}));
    add_resample(t, "up and down" + turned, x, w3, crooked(), options(3, 2, same));
  }
  add_resample(t, "up without filter", x, w3, one, {.up = 2, .padding = same});
  add_resample(t, "down without filter", x, w3, one, {.down = 2, .padding = same});
  add_resample(t, "up 3 separable", x, {2, 2, 3, 2}, crooked_separable(),
               {.up = 3, .padding = {1, 0, 2, 1}});
  add_resample(t, "up in groups", {1, 3, 3, 4}, {6, 3, 3, 2}, blur,
               {.up = 2, .padding = same, .groups = 2});
  add_resample(t, "down in groups", {1, 4, 4, 4}, {6, 3, 3, 2}, blur,
               {.down = 2, .padding = same, .groups = 2});
}

void add_lrelu(Table& t, const std::string& name, Shape s, Filter fu, Filter fd,
               FilteredLreluOptions o, bool bias, bool large = false) {
  OpCase c{.name = "filtered_lrelu " + name, .inputs = {s}};
  if (bias) c.inputs.push_back({s[3]});
  c.run = [=](const Vars& v) { return filtered_lrelu(v[0], bias ? v[1] : Var(), fu, fd, o); };
  c.reference = [=](const Arrays& a) {
    const Padding& p = o.padding;
    const Array fine =
        upfirdn2d(bias ? reference::add(a[0], a[1]) : a[0], plain(fu),
                  {o.up, o.up, 1, 1, p.x0, p.x1, p.y0, p.y1, o.flip_filter, double(o.up) * o.up});
    const Array active = activate(fine, "lrelu", o.slope, o.gain, o.clamp);
    return upfirdn2d(active, plain(fd),
                     {.down_x = o.down, .down_y = o.down, .flip = o.flip_filter});
  };
  c.tolerance = 1e-5;
  c.differences = !large;
  t.push_back(c);
}

void add_all_lrelu(Table& t) {
  const Filter crook = crooked(), line = crooked_separable();
  add_lrelu(t, "small", {1, 3, 4, 2}, crook, crook,
            {.up = 2, .down = 2, .padding = {2, 3, 1, 2}, .clamp = 1.1}, true);
  add_lrelu(t, "small separable", {1, 2, 3, 2}, line, line,
            {.up = 2, .down = 2, .padding = {5, 4, 6, 3}, .gain = 1.2, .slope = 0.1}, true);
  add_lrelu(t, "small flipped", {1, 3, 3, 2}, crook, line,
            {.up = 2, .down = 1, .padding = {2, 3, 4, 2}, .clamp = 0.8, .flip_filter = true},
            false);
  add_lrelu(t, "without filters", {2, 2, 3, 2}, {}, {}, {.clamp = 1.5}, true);
  // What training takes: two bits a sample kept, several blocks of channels, filters of any length.
  add_lrelu(t, "down 3", {1, 3, 2, 3}, line, line,
            {.up = 1, .down = 3, .padding = {4, 3, 5, 6}, .clamp = 1.3}, true);
  add_lrelu(t, "cropped", {2, 5, 6, 2}, line, line,
            {.up = 3, .down = 2, .padding = {-1, 0, -2, -1}, .slope = 1}, false);
  add_lrelu(t, "up alone", {1, 2, 2, 17}, line, {}, {.up = 2, .padding = {2, 2, 3, 2}}, true);
  add_lrelu(t, "down alone", {1, 6, 7, 16}, {}, line, {.down = 2, .flip_filter = true}, true);
  for (int up : {2, 4}) {
    for (bool radial : {false, true}) {
      const Filter fu = design_lowpass(6 * up, 0.8, 0.4, 2.0 * up, false);
      const Filter fd = design_lowpass(12, 0.8, 0.4, 4, radial);
      FilteredLreluOptions o{.up = up, .down = 2, .padding = {11, 10, 12, 9}};
      o.clamp = 1.1;
      add_lrelu(t, "up " + std::to_string(up) + (radial ? " radial" : ""),
                {up == 2 ? 2 : 1, 12, 17, 20}, fu, fd, o, true, true);
    }
  }
}

}  // namespace

void add_filters(Table& t) {
  add_all_upfirdn(t);
  add_all_resample(t);
  add_all_lrelu(t);
}

}  // namespace sgan::op_cases
