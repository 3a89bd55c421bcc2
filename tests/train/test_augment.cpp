// The augmentation pipe against its definition (2006.06676, appendix B), pixel by pixel in double.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>
#include <random>

#include "lib/ops/reduce.hpp"
#include "lib/train/augment/stages.hpp"

using namespace sgan;
using namespace sgan::train;
using ag::Var;
using rt::DType;
using rt::Tensor;
using Doubles = std::vector<double>;

namespace {

Tensor random_pictures(const rt::Shape& shape, uint64_t seed = 1, DType type = DType::f64) {
  std::mt19937_64 engine(seed);
  std::uniform_real_distribution<double> uniform(-1, 1);
  Doubles v(size_t(shape.numel()));
  for (double& x : v) x = uniform(engine);
  return Tensor::from(v, shape).to(type);
}

double largest_difference(const Doubles& a, const Doubles& b) {
  BOOST_REQUIRE_EQUAL(a.size(), b.size());
  double worst = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    BOOST_REQUIRE(std::isfinite(a[i]) && std::isfinite(b[i]));
    worst = std::max(worst, std::abs(a[i] - b[i]));
  }
  return worst;
}

// One channel of a picture, mirrored without end.
struct Plane {
  int64_t h, w;
  Doubles v;
  static int64_t mirror(int64_t i, int64_t n) {
    while (i < 0 || i >= n) i = n == 1 ? 0 : i < 0 ? -i : 2 * (n - 1) - i;
    return i;
  }
  double at(int64_t y, int64_t x) const { return v[size_t(mirror(y, h) * w + mirror(x, w))]; }
};

std::vector<Plane> planes_of(const Tensor& t) {  // sample by sample, channel by channel
  const Doubles all = t.to_doubles();
  std::vector<Plane> planes;
  const int64_t h = t.size(1), w = t.size(2), c = t.size(3);
  for (int64_t n = 0; n < t.size(0); ++n) {
    for (int64_t k = 0; k < c; ++k) {
      Plane p{h, w, {}};
      for (int64_t i = 0; i < h * w; ++i) p.v.push_back(all[size_t((n * h * w + i) * c + k)]);
      planes.push_back(p);
    }
  }
  return planes;
}

Doubles interleaved(const std::vector<Plane>& planes, int64_t c) {
  Doubles all;
  for (size_t n = 0; n < planes.size(); n += size_t(c)) {
    for (size_t i = 0; i < planes[n].v.size(); ++i) {
      for (size_t k = 0; k < size_t(c); ++k) all.push_back(planes[n + k].v[i]);
    }
  }
  return all;
}

// The doubled, mirrored picture at any of its pixels: pixel i of the source spreads over 2 i - 5 to
// 2 i + 6.
double doubled(const Plane& p, int64_t y, int64_t x) {
  double sum = 0;
  for (int64_t sy = (y - 7) / 2 - 2; sy <= (y + 6) / 2 + 2; ++sy) {
    const int64_t ky = y - 2 * sy + 5;
    if (ky < 0 || ky > 11) continue;
    for (int64_t sx = (x - 7) / 2 - 2; sx <= (x + 6) / 2 + 2; ++sx) {
      const int64_t kx = x - 2 * sx + 5;
      if (kx < 0 || kx > 11) continue;
      sum += 2 * sym6[size_t(ky)] * sym6[size_t(kx)] * p.at(sy, sx);
    }
  }
  return sum;
}

Plane resampled(const Plane& p, const Geometry& g) {
  const double cx = double(p.w - 1) / 2, cy = double(p.h - 1) / 2;
  const auto fine = [&](int64_t v, int64_t u) {  // pixel u lies at u / 2 - 1/4
    const double x = double(u) / 2 - 0.25 - cx, y = double(v) / 2 - 0.25 - cy;
    const double sx = 2 * (g.m[0] * x + g.m[1] * y + g.m[2] + cx) + 0.5;
    const double sy = 2 * (g.m[3] * x + g.m[4] * y + g.m[5] + cy) + 0.5;
    const int64_t ix = int64_t(std::floor(sx)), iy = int64_t(std::floor(sy));
    const double fx = sx - std::floor(sx), fy = sy - std::floor(sy);
    return (1 - fy) * ((1 - fx) * doubled(p, iy, ix) + fx * doubled(p, iy, ix + 1)) +
           fy * ((1 - fx) * doubled(p, iy + 1, ix) + fx * doubled(p, iy + 1, ix + 1));
  };
  Plane r{p.h, p.w, {}};
  for (int64_t y = 0; y < p.h; ++y) {
    for (int64_t x = 0; x < p.w; ++x) {
      double sum = 0;
      for (int64_t a = 0; a < 12; ++a) {
        for (int64_t b = 0; b < 12; ++b) {
          sum += sym6[size_t(a)] * sym6[size_t(b)] / 2 * fine(2 * y + a - 5, 2 * x + b - 5);
        }
      }
      r.v.push_back(sum);
    }
  }
  return r;
}

AugmentSettings only(std::initializer_list<double AugmentSettings::*> fields) {
  AugmentSettings s;
  for (auto field : fields) s.*field = 1;
  return s;
}

std::vector<Geometry> geometries(const AugmentSettings& s, double p, uint64_t seed, int64_t n,
                                 int64_t h, int64_t w) {
  std::vector<Geometry> all;
  for (int64_t i = 0; i < n; ++i) {
    all.push_back(draw_geometry(s, p, Draws(seed, uint64_t(i)), h, w));
  }
  return all;
}

}  // namespace

BOOST_AUTO_TEST_CASE(probability_zero_changes_nothing) {
  const AugmentPipe pipe(AugmentSettings::named("bgcfnc"));
  for (DType type : {DType::f32, DType::f64}) {
    const Tensor x = random_pictures({5, 9, 8, 3}, 1, type);
    BOOST_TEST((pipe(x, 0, 1, 0).value().to_doubles() == x.to_doubles()));
  }
}

BOOST_AUTO_TEST_CASE(wavelets_are_what_they_should_be) {
  for (const auto* f : {&sym2, &sym6}) {
    const int64_t n = int64_t(f->size());
    for (int64_t shift = 0; shift < n; shift += 2) {
      double product = 0;
      for (int64_t i = shift; i < n; ++i) product += (*f)[size_t(i)] * (*f)[size_t(i - shift)];
      BOOST_TEST(std::abs(product - (shift == 0)) < 1e-11);
    }
    double sum = 0;
    for (double t : *f) sum += t;
    BOOST_TEST(std::abs(sum - std::numbers::sqrt2) < 1e-11);
    for (int64_t moment = 0; moment < n / 2; ++moment) {  // half as many vanish as there are taps
      double alternating = 0;
      for (int64_t i = 0; i < n; ++i) {
        alternating += (i % 2 ? -1 : 1) * std::pow(double(i) - 5.5, moment) * (*f)[size_t(i)];
      }
      BOOST_TEST(std::abs(alternating) < 1e-7 * std::pow(6.0, moment));
    }
  }
}

BOOST_AUTO_TEST_CASE(geometry_is_its_definition) {
  const AugmentSettings s = AugmentSettings::named("bg");
  for (const rt::Shape& shape : {rt::Shape{6, 8, 8, 2}, rt::Shape{5, 6, 9, 1}}) {
    const Tensor x = random_pictures(shape);
    auto g = geometries(s, 0.8, 3, shape[0], shape[1], shape[2]);
    for (auto& each : g) each.blits_only = false;
    g[0] = {};
    const auto planes = planes_of(x);
    std::vector<Plane> want;
    for (size_t i = 0; i < planes.size(); ++i) {
      want.push_back(resampled(planes[i], g[i / size_t(shape[3])]));
    }
    const Doubles expected = interleaved(want, shape[3]);
    const Doubles got = apply_geometry(x, g).value().to_doubles();
    BOOST_TEST(largest_difference(got, expected) < 1e-10);
    const Doubles single = apply_geometry(x.to(DType::f32), g).value().to_doubles();
    BOOST_TEST(largest_difference(single, expected) < 1e-5);
  }
}

BOOST_AUTO_TEST_CASE(blits_copy_pixels) {
  const AugmentSettings s = AugmentSettings::named("blit");
  for (const rt::Shape& shape : {rt::Shape{40, 8, 8, 2}, rt::Shape{40, 6, 10, 1}}) {
    const Tensor x = random_pictures(shape, 1, DType::f32);
    const auto g = geometries(s, 1, 5, shape[0], shape[1], shape[2]);
    const auto planes = planes_of(x);
    std::vector<Plane> want;
    for (size_t i = 0; i < planes.size(); ++i) {
      const Plane& p = planes[i];
      const auto& m = g[i / size_t(shape[3])].m;
      Plane r{p.h, p.w, {}};
      const double cx = double(p.w - 1) / 2, cy = double(p.h - 1) / 2;
      for (int64_t row = 0; row < p.h; ++row) {
        for (int64_t column = 0; column < p.w; ++column) {
          const double u = double(column) - cx, v = double(row) - cy;
          const double sx = m[0] * u + m[1] * v + m[2] + cx, sy = m[3] * u + m[4] * v + m[5] + cy;
          BOOST_REQUIRE_EQUAL(sx, std::floor(sx));
          r.v.push_back(p.at(int64_t(sy), int64_t(sx)));
        }
      }
      want.push_back(r);
    }
    BOOST_TEST((apply_geometry(x, g).value().to_doubles() == interleaved(want, shape[3])));
  }
}

// The matrices themselves, from the paper's list: R T S applied to a point, then undone by m.
BOOST_AUTO_TEST_CASE(geometry_is_drawn_as_defined) {
  const auto expect = [](const Geometry& g, std::array<double, 6> m) {
    for (size_t i = 0; i < 6; ++i) BOOST_TEST(std::abs(g.m[i] - m[i]) < 1e-12);
  };
  std::array<int, 4> quarters{};
  double moved = 0, log_scale = 0, log_aniso = 0, fraction = 0;
  std::array<int, 4> angles{};
  constexpr int n = 4000;
  for (uint64_t i = 0; i < n; ++i) {
    const Draws d(9, i);
    const auto draw = [&](const AugmentSettings& s) { return draw_geometry(s, 1, d, 64, 32); };
    Geometry g = draw(only({&AugmentSettings::rotate90}));
    for (int q = 0; q < 4; ++q) {
      const double c[] = {1, 0, -1, 0}, s[] = {0, 1, 0, -1};
      quarters[size_t(q)] += g.m == std::array<double, 6>{c[q], -s[q], 0, s[q], c[q], 0};
    }
    g = draw(only({&AugmentSettings::xint}));
    expect(g, {1, 0, std::round(g.m[2]), 0, 1, std::round(g.m[5])});
    BOOST_TEST((std::abs(g.m[2]) <= 4 && std::abs(g.m[5]) <= 8));
    moved += g.m[5] * g.m[5] / n;
    g = draw(only({&AugmentSettings::scale}));
    expect(g, {g.m[0], 0, 0, 0, g.m[0], 0});
    log_scale += std::pow(std::log2(g.m[0]), 2) / n;
    g = draw(only({&AugmentSettings::aniso}));
    expect(g, {g.m[0], 0, 0, 0, 1 / g.m[0], 0});
    log_aniso += std::pow(std::log2(g.m[0]), 2) / n;
    g = draw(only({&AugmentSettings::xfrac}));
    expect(g, {1, 0, g.m[2], 0, 1, g.m[5]});
    fraction += std::pow(g.m[2] / 32, 2) / n + std::pow(g.m[5] / 64, 2) / n;
    g = draw(only({&AugmentSettings::rotate}));
    const double angle = std::atan2(g.m[3], g.m[0]);
    expect(g, {std::cos(angle), -std::sin(angle), 0, std::sin(angle), std::cos(angle), 0});
    ++angles[size_t(std::clamp(int((angle / std::numbers::pi + 1) * 2), 0, 3))];
  }
  for (int count : quarters) BOOST_TEST(std::abs(count - n / 4) < 150);
  for (int count : angles) BOOST_TEST(std::abs(count - n / 4) < 150);
  BOOST_TEST(std::abs(moved - 64.0 / 3) < 1.5);
  BOOST_TEST(std::abs(std::sqrt(log_scale) - 0.2) < 0.01);
  BOOST_TEST(std::abs(std::sqrt(log_aniso) - 0.2) < 0.01);
  BOOST_TEST(std::abs(std::sqrt(fraction / 2) - 0.125) < 0.005);
}

BOOST_AUTO_TEST_CASE(each_transformation_is_applied_as_often_as_asked) {
  using S = AugmentSettings;
  struct Case {
    double S::*field;
    double share;  // of the times when it is applied that show
  };
  constexpr int n = 4000;
  for (const Case& c :
       {Case{&S::xflip, 0.5}, Case{&S::rotate90, 0.75}, Case{&S::xint, 0.996}, Case{&S::scale, 1},
        Case{&S::rotate, 1}, Case{&S::aniso, 1}, Case{&S::xfrac, 1}, Case{&S::brightness, 1},
        Case{&S::contrast, 1}, Case{&S::lumaflip, 0.5}, Case{&S::hue, 1}, Case{&S::saturation, 1},
        Case{&S::noise, 1}, Case{&S::cutout, 1}}) {
    for (double factor : {1.0, 0.5}) {
      S s;
      s.*c.field = factor;
      int applied = 0;
      for (uint64_t i = 0; i < n; ++i) {
        const Draws d(77, i);
        applied += !draw_geometry(s, 0.3, d, 64, 64).identity() ||
                   draw_color(s, 0.3, d) != same_color || draw_noise(s, 0.3, d) != 0 ||
                   !draw_cutout(s, 0.3, d, 64, 64).empty();
      }
      const double expected = 0.3 * factor * c.share;
      BOOST_TEST(std::abs(double(applied) / n - expected) < 4 * std::sqrt(expected / n));
    }
  }
}

BOOST_AUTO_TEST_CASE(colors_are_drawn_as_defined) {
  using S = AugmentSettings;
  const auto apply = [](const ColorTransform& c, std::array<double, 3> v) {
    std::array<double, 3> r;
    for (size_t i = 0; i < 3; ++i) {
      r[i] = c[i][0] * v[0] + c[i][1] * v[1] + c[i][2] * v[2] + c[i][3];
    }
    return r;
  };
  const auto luma = [](const std::array<double, 3>& v) { return (v[0] + v[1] + v[2]) / 3; };
  const auto chroma = [&](const std::array<double, 3>& v) {
    double sum = 0;
    for (double x : v) sum += (x - luma(v)) * (x - luma(v));
    return std::sqrt(sum);
  };
  const std::array<double, 3> colour = {0.8, -0.3, 0.1};
  double brightness = 0, contrast = 0, saturation = 0;
  int flips = 0;
  std::array<int, 4> hues{};
  constexpr int n = 4000;
  for (uint64_t i = 0; i < n; ++i) {
    const Draws d(5, i);
    auto r = apply(draw_color(only({&S::brightness}), 1, d), colour);
    BOOST_TEST((std::abs(r[0] - r[1] - 1.1) < 1e-12 && std::abs(r[0] - r[2] - 0.7) < 1e-12));
    brightness += std::pow(r[0] - 0.8, 2) / n;
    r = apply(draw_color(only({&S::contrast}), 1, d), colour);
    BOOST_TEST((std::abs(r[0] / r[1] + 8.0 / 3) < 1e-9 && r[0] > 0));
    contrast += std::pow(std::log2(r[0] / 0.8), 2) / n;
    r = apply(draw_color(only({&S::lumaflip}), 1, d), colour);
    BOOST_TEST(std::abs(std::abs(luma(r)) - 0.2) < 1e-12);
    BOOST_TEST((std::abs(r[0] - r[1] - 1.1) < 1e-12 && std::abs(r[0] - r[2] - 0.7) < 1e-12));
    flips += luma(r) < 0;
    r = apply(draw_color(only({&S::hue}), 1, d), colour);
    BOOST_TEST(std::abs(luma(r) - 0.2) < 1e-12);
    BOOST_TEST(std::abs(chroma(r) - chroma(colour)) < 1e-12);
    // The turn about (1, 1, 1): red goes to green after a third.
    const auto red = apply(draw_color(only({&S::hue}), 1, d), {1, 0, 0});
    const double angle = std::atan2(std::sqrt(3.0) * (red[1] - red[2]), 3 * red[0] - 1);
    ++hues[size_t(std::clamp(int((angle / std::numbers::pi + 1) * 2), 0, 3))];
    r = apply(draw_color(only({&S::saturation}), 1, d), colour);
    BOOST_TEST(std::abs(luma(r) - 0.2) < 1e-12);
    BOOST_TEST(std::abs((r[0] - r[1]) / (r[0] - r[2]) - 11.0 / 7) < 1e-6);
    saturation += std::pow(std::log2(chroma(r) / chroma(colour)), 2) / n;
  }
  BOOST_TEST(std::abs(std::sqrt(brightness) - 0.2) < 0.01);
  BOOST_TEST(std::abs(std::sqrt(contrast) - 0.5) < 0.02);
  BOOST_TEST(std::abs(std::sqrt(saturation) - 1) < 0.04);
  BOOST_TEST(std::abs(flips - n / 2) < 150);
  for (int count : hues) BOOST_TEST(std::abs(count - n / 4) < 150);
}

BOOST_AUTO_TEST_CASE(grey_pictures_are_grey_colour_pictures) {
  const AugmentSettings s = AugmentSettings::named("color");
  std::vector<ColorTransform> colors;
  for (uint64_t i = 0; i < 8; ++i) colors.push_back(draw_color(s, 0.7, Draws(2, i)));
  const Tensor grey = random_pictures({8, 4, 5, 1});
  Doubles tripled;
  for (double v : grey.to_doubles()) tripled.insert(tripled.end(), 3, v);
  const Doubles rgb = apply_color(Tensor::from(tripled, {8, 4, 5, 3}), colors).value().to_doubles();
  Doubles mean;
  for (size_t i = 0; i < rgb.size(); i += 3) mean.push_back((rgb[i] + rgb[i + 1] + rgb[i + 2]) / 3);
  BOOST_TEST(largest_difference(apply_color(grey, colors).value().to_doubles(), mean) < 1e-12);
  BOOST_CHECK_THROW(apply_color(random_pictures({8, 2, 2, 4}), colors), Error);
}

BOOST_AUTO_TEST_CASE(octaves_sum_to_the_picture_and_part_frequencies) {
  const auto filters = octaves();
  for (size_t k = 0; k < 43; ++k) {
    double sum = 0;
    for (const auto& f : filters) {
      BOOST_REQUIRE_EQUAL(f.size(), 43u);
      BOOST_TEST(std::abs(f[k] - f[42 - k]) < 1e-15);
      sum += f[k];
    }
    BOOST_TEST(std::abs(sum - (k == 21)) < 1e-15);
  }
  const auto response = [&](size_t band, double frequency) {
    double sum = 0;
    for (size_t k = 0; k < 43; ++k)
      sum += filters[band][k] * std::cos(frequency * (double(k) - 21));
    return sum;
  };
  const double pi = std::numbers::pi, middle[] = {0, pi * 3 / 16, pi * 3 / 8, pi};
  for (size_t band = 0; band < 4; ++band) {
    for (size_t at = 0; at < 4; ++at) {
      if (band == at)
        BOOST_TEST(response(band, middle[at]) > 0.6);
      else
        BOOST_TEST(std::abs(response(band, middle[at])) < 0.3);
    }
  }
}

BOOST_AUTO_TEST_CASE(bands_are_filtered_as_defined) {
  AugmentSettings s = AugmentSettings::named("filter");
  const Tensor x = random_pictures({4, 7, 9, 2});
  std::vector<std::array<double, 4>> gains;
  for (uint64_t i = 0; i < 4; ++i) gains.push_back(draw_bands(s, 0.5, Draws(4, i)));
  gains[1] = {1, 1, 1, 1};
  const auto filters = octaves();
  const auto planes = planes_of(x);
  std::vector<Plane> want;
  for (size_t i = 0; i < planes.size(); ++i) {
    Doubles f(43, 0.0);
    for (size_t k = 0; k < 43; ++k) {
      for (size_t b = 0; b < 4; ++b) f[k] += gains[i / 2][b] * filters[b][k];
    }
    Plane r{7, 9, {}};
    for (int64_t row = 0; row < 7; ++row) {
      for (int64_t column = 0; column < 9; ++column) {
        double sum = 0;
        for (int64_t a = 0; a < 43; ++a) {
          for (int64_t b = 0; b < 43; ++b) {
            sum += f[size_t(a)] * f[size_t(b)] * planes[i].at(row + a - 21, column + b - 21);
          }
        }
        r.v.push_back(sum);
      }
    }
    want.push_back(r);
  }
  BOOST_TEST(largest_difference(apply_bands(x, gains).value().to_doubles(), interleaved(want, 2)) <
             1e-12);
  // Expected power stays: 10/13, 1/13, 1/13, 1/13 of it in the four. Only one band chosen here.
  s.imgfilter_bands[0] = s.imgfilter_bands[1] = s.imgfilter_bands[3] = 0;
  double log_square = 0;
  for (uint64_t i = 0; i < 4000; ++i) {
    const auto g = draw_bands(s, 1, Draws(4, i));
    const double power = (10 * g[0] * g[0] + g[1] * g[1] + g[2] * g[2] + g[3] * g[3]) / 13;
    BOOST_TEST(std::abs(power - 1) < 1e-12);
    BOOST_TEST((g[0] == g[1] && g[1] == g[3]));
    log_square += std::pow(std::log2(g[2] / g[0]), 2) / 4000;
  }
  BOOST_TEST(std::abs(std::sqrt(log_square) - 1) < 0.04);
}

BOOST_AUTO_TEST_CASE(noise_and_cutout_are_their_definitions) {
  const AugmentSettings s = AugmentSettings::named("noise");
  double square = 0;
  for (uint64_t i = 0; i < 4000; ++i) {
    const double sigma = draw_noise(s, 1, Draws(3, i));
    BOOST_TEST(sigma >= 0);
    square += sigma * sigma / 4000;
  }
  BOOST_TEST(std::abs(std::sqrt(square) - 0.1) < 0.005);
  const Tensor x = random_pictures({3, 32, 32, 3}, 1, DType::f32);
  const Doubles before = x.to_doubles();
  const Doubles noisy = apply_noise(x, {0.5, 0, 0.1}, 7, 0, 1).value().to_doubles();
  const double want[] = {0.5, 0, 0.1};
  for (size_t n = 0; n < 3; ++n) {
    double sum = 0, squares = 0;
    for (size_t i = n * 3072; i < (n + 1) * 3072; ++i) {
      sum += noisy[i] - before[i];
      squares += std::pow(noisy[i] - before[i], 2);
    }
    BOOST_TEST(std::abs(sum / 3072) <= want[n] * 0.08);
    BOOST_TEST(std::abs(std::sqrt(squares / 3072) - want[n]) <= want[n] * 0.05);
  }

  const auto pipe = AugmentPipe(AugmentSettings::named("cutout"));
  const Doubles cut = pipe(Tensor::full({200, 8, 12, 1}, 1), 1, 1, 0).value().to_doubles();
  double blank = 0;
  for (int64_t n = 0; n < 200; ++n) {
    const Cutout c = draw_cutout(AugmentSettings::named("cutout"), 1, Draws(1, uint64_t(n)), 8, 12);
    BOOST_TEST((c.y1 - c.y0 <= 4 && c.x1 - c.x0 <= 6));
    for (int64_t y = 0; y < 8; ++y) {
      for (int64_t column = 0; column < 12; ++column) {
        const bool inside = y >= c.y0 && y < c.y1 && column >= c.x0 && column < c.x1;
        BOOST_REQUIRE_EQUAL(cut[size_t((n * 8 + y) * 12 + column)], inside ? 0 : 1);
        blank += inside;
      }
    }
  }
  // Half of each side about a centre that is anywhere: 7/16 of it falls into the picture on
  // average.
  BOOST_TEST(std::abs(blank / (200 * 96) - 49.0 / 256) < 0.02);
}

BOOST_AUTO_TEST_CASE(a_sample_does_not_depend_on_its_batch) {
  for (const char* name : {"bgcfnc", "blit", "geom"}) {
    const AugmentPipe pipe(AugmentSettings::named(name));
    const Tensor x = random_pictures({12, 20, 20, 3}, 1, DType::f32);
    for (double p : {0.2, 0.9}) {
      const Doubles whole = pipe(x, p, 11, 100).value().to_doubles();
      for (int64_t cut : {1, 5}) {
        Doubles parts;
        for (int64_t at = 0; at < 12; at += cut) {
          const int64_t end = std::min<int64_t>(12, at + cut);
          const Doubles part =
              pipe(x.rows(at, end), p, 11, 100 + uint64_t(at)).value().to_doubles();
          parts.insert(parts.end(), part.begin(), part.end());
        }
        BOOST_TEST((parts == whole));
      }
      BOOST_TEST((pipe(x, p, 12, 100).value().to_doubles() != whole));
    }
  }
}

// s = sum of weights times (pipe(x))^2 / 2, whose gradient depends on x, so that both orders show.
BOOST_AUTO_TEST_CASE(gradients_of_the_whole_pipe) {
  const rt::Shape shape{4, 6, 7, 3};
  const AugmentPipe pipe(AugmentSettings::named("bgcfnc"));
  const Tensor weights = random_pictures(shape, 8), direction = random_pictures(shape, 9),
               probe = random_pictures(shape, 10);
  const auto value = [&](const Var& x) {
    const Var y = pipe(x, 0.8, 6, 40);
    return ops::scale(ops::sum_all(ops::multiply(weights, ops::square(y))), 0.5);
  };
  const auto moved = [&](const Tensor& along, double amount) {
    Doubles v = random_pictures(shape).to_doubles(), d = along.to_doubles();
    for (size_t i = 0; i < v.size(); ++i) v[i] += amount * d[i];
    return Var::leaf(Tensor::from(v, shape));
  };
  // The gradient along `direction`, itself differentiable.
  const auto slope = [&](const Var& x) {
    const Var gradient = ag::grad(value(x), std::vector<Var>{x}, {}, true)[0];
    return ops::sum_all(ops::multiply(gradient, direction));
  };
  const double step = 1e-5;
  const Var x = moved(direction, 0);
  const double first = (value(moved(direction, step)).value().item() -
                        value(moved(direction, -step)).value().item()) /
                       (2 * step);
  const Var along = slope(x);
  BOOST_TEST(std::abs(along.value().item() - first) < 1e-8 * std::abs(first) + 1e-8);
  const double second =
      (slope(moved(probe, step)).value().item() - slope(moved(probe, -step)).value().item()) /
      (2 * step);
  const Var curvature = ag::grad(along, std::vector<Var>{x})[0];
  BOOST_REQUIRE(curvature.defined());
  const double got = ops::sum_all(ops::multiply(curvature, probe)).value().item();
  BOOST_TEST(std::abs(got - second) < 1e-8 * std::abs(second) + 1e-8);
}

BOOST_AUTO_TEST_CASE(settings_by_name_and_from_json) {
  const auto bgc = AugmentSettings::named("bgc").to_json();
  BOOST_TEST((bgc["xflip"] == 1 && bgc["saturation"] == 1 && bgc["imgfilter"] == 0));
  BOOST_TEST((AugmentSettings::from(bgc).to_json() == bgc));
  BOOST_TEST(AugmentSettings::from({{"xint_max", 0.25}}).xint_max == 0.25);
  BOOST_CHECK_THROW(AugmentSettings::from({{"xfilp", 1}}), Error);
  BOOST_CHECK_THROW(AugmentSettings::from({{"xflip", "yes"}}), Error);
  BOOST_CHECK_EXCEPTION(AugmentSettings::named("bcg"), Error, [](const Error& e) {
    return std::string(e.what()).find(
               "blit, geom, color, filter, noise, cutout, bg, bgc, bgcf, "
               "bgcfn, bgcfnc") != std::string::npos;
  });
}
