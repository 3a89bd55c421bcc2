#include "lib/train/augment/draws.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "kernels/philox.inl"

namespace sgan::train {
namespace {

constexpr double pi = std::numbers::pi;

// Never renumbered: runs are repeated by them.
enum Slot : uint32_t {
  slot_xflip,
  slot_rotate90,
  slot_xint,
  slot_scale,
  slot_rotate_before,
  slot_aniso,
  slot_rotate_after,
  slot_xfrac,
  slot_brightness,
  slot_contrast,
  slot_lumaflip,
  slot_hue,
  slot_saturation,
  slot_bands,  // four
  slot_noise = slot_bands + 4,
  slot_cutout,
};

constexpr uint64_t first_block = uint64_t{1} << 60;  // four elements each

// ---- geometry: g maps the result to the source, so a transformation's inverse comes in front ----

using Map = std::array<double, 6>;

Map after(const Map& outer, const Map& inner) {  // outer(inner(x))
  const auto& [a, b, c, d, e, f] = outer;
  return {a * inner[0] + b * inner[3],     a * inner[1] + b * inner[4],
          a * inner[2] + b * inner[5] + c, d * inner[0] + e * inner[3],
          d * inner[1] + e * inner[4],     d * inner[2] + e * inner[5] + f};
}
Map scaled(double x, double y) { return {x, 0, 0, 0, y, 0}; }
Map shifted(double x, double y) { return {1, 0, x, 0, 1, y}; }
Map turned(double cosine, double sine) { return {cosine, -sine, 0, sine, cosine, 0}; }
Map turned(double angle) { return turned(std::cos(angle), std::sin(angle)); }

// ---- colour ----

using Matrix = std::array<std::array<double, 3>, 3>;

// The transform that first does `color` and then m, plus an offset.
ColorTransform then(const ColorTransform& color, const Matrix& m, double offset = 0) {
  ColorTransform r{};
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = 0; j < 4; ++j) {
      for (size_t k = 0; k < 3; ++k) r[i][j] += m[i][k] * color[k][j];
    }
    r[i][3] += offset;
  }
  return r;
}

// along * (the part on the grey axis) + across * (the rest) + turn * (axis x the rest).
Matrix about_grey(double along, double across, double turn) {
  Matrix m;
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = 0; j < 3; ++j) {
      m[i][j] = (along - across) / 3 + (i == j ? across : 0);
      if (j == (i + 1) % 3) m[i][j] -= turn / std::sqrt(3.0);
      if (j == (i + 2) % 3) m[i][j] += turn / std::sqrt(3.0);
    }
  }
  return m;
}

}  // namespace

double Draws::uniform(uint32_t slot, int k) const {
  const uint64_t block = first_block + 2 * slot;
  const auto r = kernels::philox4x32_10(
      {{uint32_t(block), uint32_t(block >> 32), uint32_t(sample_), uint32_t(sample_ >> 32)}},
      uint32_t(seed_), uint32_t(seed_ >> 32));
  return (double(r.word[k]) + 0.5) * 0x1p-32;
}

double Draws::normal(uint32_t slot, int k) const {
  float values[4];
  const uint64_t block = first_block + 2 * slot + 1;
  kernels::PhiloxNormal{values, seed_, sample_, block * 4, 4}(0);
  return double(values[k]);
}

Geometry draw_geometry(const AugmentSettings& s, double p, const Draws& d, int64_t height,
                       int64_t width) {
  const double w = double(width), h = double(height);
  Map g = Geometry{}.m;
  // Number 0 of a slot decides whether, the others what.
  const auto when = [&](Slot slot, double probability) { return d.uniform(slot, 0) < probability; };
  if (when(slot_xflip, p * s.xflip) && d.uniform(slot_xflip, 1) < 0.5) {
    g = after(g, scaled(-1, 1));
  }
  if (when(slot_rotate90, p * s.rotate90)) {
    const int quarter = int(d.uniform(slot_rotate90, 1) * 4);
    const double cosine[] = {1, 0, -1, 0}, sine[] = {0, 1, 0, -1};
    g = after(g, turned(cosine[quarter], sine[quarter]));
  }
  if (when(slot_xint, p * s.xint)) {
    const auto amount = [&](int k, double size) {
      return std::round((2 * d.uniform(slot_xint, k) - 1) * s.xint_max * size);
    };
    g = after(g, shifted(-amount(1, w), -amount(2, h)));
  }
  const Map blits = g;

  if (when(slot_scale, p * s.scale)) {
    const double size = std::exp2(d.normal(slot_scale, 0) * s.scale_std);
    g = after(g, scaled(1 / size, 1 / size));
  }
  // Two chances to turn, so that together they come to p.
  const double turn = 1 - std::sqrt(1 - std::clamp(p * s.rotate, 0.0, 1.0));
  const auto angle = [&](Slot slot) { return (2 * d.uniform(slot, 1) - 1) * pi * s.rotate_max; };
  if (when(slot_rotate_before, turn)) g = after(g, turned(angle(slot_rotate_before)));
  if (when(slot_aniso, p * s.aniso)) {
    const double stretch = std::exp2(d.normal(slot_aniso, 0) * s.aniso_std);
    g = after(g, scaled(1 / stretch, stretch));
  }
  if (when(slot_rotate_after, turn)) g = after(g, turned(angle(slot_rotate_after)));
  if (when(slot_xfrac, p * s.xfrac)) {
    g = after(g, shifted(-d.normal(slot_xfrac, 0) * s.xfrac_std * w,
                         -d.normal(slot_xfrac, 1) * s.xfrac_std * h));
  }
  return {g, g == blits};
}

ColorTransform draw_color(const AugmentSettings& s, double p, const Draws& d) {
  ColorTransform c = same_color;
  const auto when = [&](Slot slot, double factor) { return d.uniform(slot, 0) < p * factor; };
  if (when(slot_brightness, s.brightness)) {
    c = then(c, about_grey(1, 1, 0), d.normal(slot_brightness, 0) * s.brightness_std);
  }
  if (when(slot_contrast, s.contrast)) {
    const double contrast = std::exp2(d.normal(slot_contrast, 0) * s.contrast_std);
    c = then(c, about_grey(contrast, contrast, 0));
  }
  if (when(slot_lumaflip, s.lumaflip) && d.uniform(slot_lumaflip, 1) < 0.5) {
    c = then(c, about_grey(-1, 1, 0));
  }
  if (when(slot_hue, s.hue)) {
    const double angle = (2 * d.uniform(slot_hue, 1) - 1) * pi * s.hue_max;
    c = then(c, about_grey(1, std::cos(angle), std::sin(angle)));
  }
  if (when(slot_saturation, s.saturation)) {
    c = then(c, about_grey(1, std::exp2(d.normal(slot_saturation, 0) * s.saturation_std), 0));
  }
  return c;
}

std::array<double, 4> draw_bands(const AugmentSettings& s, double p, const Draws& d) {
  // Power of the octaves in natural pictures, 1/f, all together 1: an amplified band leaves the
  // expected power as it was.
  constexpr double power[4] = {10.0 / 13, 1.0 / 13, 1.0 / 13, 1.0 / 13};
  std::array<double, 4> gains = {1, 1, 1, 1};
  for (uint32_t band = 0; band < 4; ++band) {
    const uint32_t slot = slot_bands + band;
    if (d.uniform(slot, 0) >= p * s.imgfilter * s.imgfilter_bands[band]) continue;
    std::array<double, 4> t = {1, 1, 1, 1};
    t[band] = std::exp2(d.normal(slot, 0) * s.imgfilter_std);
    double sum = 0;
    for (size_t i = 0; i < 4; ++i) sum += power[i] * t[i] * t[i];
    for (size_t i = 0; i < 4; ++i) gains[i] *= t[i] / std::sqrt(sum);
  }
  return gains;
}

double draw_noise(const AugmentSettings& s, double p, const Draws& d) {
  if (d.uniform(slot_noise, 0) >= p * s.noise) return 0;
  return std::abs(d.normal(slot_noise, 0)) * s.noise_std;
}

Cutout draw_cutout(const AugmentSettings& s, double p, const Draws& d, int64_t height,
                   int64_t width) {
  if (d.uniform(slot_cutout, 0) >= p * s.cutout) return {};
  const auto edge = [&](int k, double side, int64_t size) {
    const double at = (d.uniform(slot_cutout, k) + side * s.cutout_size / 2) * double(size);
    return std::clamp<int64_t>(std::llround(at), 0, size);
  };
  return {edge(2, -1, height), edge(2, 1, height), edge(1, -1, width), edge(1, 1, width)};
}

}  // namespace sgan::train
