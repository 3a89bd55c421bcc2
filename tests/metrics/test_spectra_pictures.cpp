#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "lib/io/picture_read.hpp"
#include "lib/metrics/canvas.hpp"
#include "lib/metrics/spectra_pictures.hpp"
#include "lib/rt/error.hpp"

using namespace sgan;
using metrics::Canvas;
using metrics::Color;
using rt::Tensor;

namespace {

constexpr Color kWhite = {255, 255, 255}, kBlack = {0, 0, 0};

int64_t ink(const Canvas& canvas) {
  int64_t sum = 0;
  for (const uint8_t v : canvas.pixels()) sum += 255 - v;
  return sum;
}

int luma(Color c) { return 30 * c[0] + 59 * c[1] + 11 * c[2]; }

}  // namespace

BOOST_AUTO_TEST_SUITE(spectra_pictures)

BOOST_AUTO_TEST_CASE(canvas_draws_inside_only) {
  Canvas canvas(10, 6, kWhite);
  canvas.mix(3, 2, {10, 20, 30});
  BOOST_TEST(int(canvas.pixels()[(2 * 10 + 3) * 3 + 1]) == 20);
  canvas.mix(3, 2, {110, 120, 130}, 0.5);
  BOOST_TEST(int(canvas.pixels()[(2 * 10 + 3) * 3 + 1]) == 70);
  for (const auto& [x, y] : {std::pair{-1, 0}, {10, 0}, {0, -1}, {0, 6}}) canvas.mix(x, y, kBlack);
  canvas.across(-5, 20, 9, kBlack);
  BOOST_TEST(ink(canvas) == (255 - 60) + (255 - 70) + (255 - 80));
  canvas.line(-50, -1, 60, 7, kBlack);
  canvas.line(NAN, 0, 3, 3, kBlack);
  canvas.line(1e300, 0, -1e300, 3, kBlack);
  canvas.text(7, 3, "-88'", kBlack);
  BOOST_TEST(canvas.pixels().size() == 10 * 6 * 3);
}

BOOST_AUTO_TEST_CASE(lines_and_letters) {
  Canvas line(20, 20, kWhite);
  line.line(2, 10, 17, 10, kBlack);
  BOOST_TEST(int(line.pixels()[(10 * 20 + 9) * 3]) == 0);
  BOOST_TEST(int(line.pixels()[(11 * 20 + 9) * 3]) == 191);  // a quarter
  BOOST_TEST(int(line.pixels()[(12 * 20 + 9) * 3]) == 255);
  Canvas point(5, 5, kWhite);
  point.line(2, 2, 2, 2, kBlack);
  BOOST_TEST(int(point.pixels()[(2 * 5 + 2) * 3]) == 0);

  Canvas one(12, 16, kWhite), unknown(12, 16, kWhite);
  one.text(0, 0, "1", kBlack);
  BOOST_TEST(ink(one) == 10 * 4 * 3 * 255);  // ten dots
  unknown.text(0, 0, "?", kBlack);
  BOOST_TEST(ink(unknown) == 0);
  BOOST_TEST(Canvas::text_width("10") == 22);
  BOOST_TEST(Canvas::text_width("") == 0);
}

BOOST_AUTO_TEST_CASE(heat_colors_get_lighter) {
  for (int i = 0; i < 100; ++i) {
    BOOST_TEST(luma(metrics::heat_color(i / 100.0)) <= luma(metrics::heat_color((i + 1) / 100.0)));
  }
  BOOST_TEST(luma(metrics::heat_color(1)) - luma(metrics::heat_color(0)) > 20000);
  BOOST_TEST((metrics::heat_color(-3) == metrics::heat_color(0)));
  BOOST_TEST((metrics::heat_color(7) == metrics::heat_color(1)));
  BOOST_TEST((metrics::heat_color(NAN) == metrics::heat_color(0)));
}

BOOST_AUTO_TEST_CASE(ranges_and_tables) {
  const auto range_of = [](std::vector<double> values) {
    const auto range = metrics::range_of(Tensor::from(values, {1, int64_t(values.size())}));
    return std::pair(range.low, range.high);
  };
  BOOST_TEST((range_of({-41, 12, 0}) == std::pair(-50.0, 20.0)));
  BOOST_TEST((range_of({10}) == std::pair(0.0, 10.0)));
  BOOST_TEST((range_of({-300, 1}) == std::pair(-110.0, 10.0)));
  BOOST_CHECK_THROW(metrics::range_of(Tensor({0, 0}, rt::DType::f64)), Error);
  BOOST_TEST(metrics::slices_csv({{0, 0.5}, {1, -2.25}}, {{0}, {3}}) ==
             "angle,frequency,decibels\n0,0,1\n0,0.5,-2.25\n45,0,3\n");
}

BOOST_AUTO_TEST_CASE(pictures_are_png) {
  if (!SGAN_PICTURES) return;
  const double none = -std::numeric_limits<double>::infinity();
  const Tensor map = Tensor::from(std::vector<double>{-10, 0, none, 5, 10, 99}, {2, 3});
  const auto picture = io::decode_picture(metrics::heat_map_png(map, {-10, 10}), "a.png");
  BOOST_TEST((picture.width == 3 && picture.height == 2 && picture.channels == 3));
  const auto color = [&](int i) {
    return Color{picture.pixels[size_t(3 * i)], picture.pixels[size_t(3 * i + 1)],
                 picture.pixels[size_t(3 * i + 2)]};
  };
  BOOST_TEST((color(0) == metrics::heat_color(0) && color(1) == metrics::heat_color(0.5)));
  BOOST_TEST((color(2) == metrics::heat_color(0) && color(5) == metrics::heat_color(1)));
  const metrics::Slice slice{{0, 8, 16}, {0, none, -60}};
  const auto chart = io::decode_picture(metrics::slices_png(slice, slice, {-50, 10}), "b.png");
  BOOST_TEST((chart.width > 600 && chart.height > 400));
  BOOST_CHECK_THROW(metrics::slices_png({}, slice, {0, 1}), Error);
}

BOOST_AUTO_TEST_SUITE_END()
