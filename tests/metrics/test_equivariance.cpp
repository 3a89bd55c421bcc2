#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <numbers>

#include "lib/metrics/equivariance.hpp"
#include "lib/metrics/moved_pictures.hpp"
#include "lib/nets/latents.hpp"

using namespace sgan;
using metrics::Equivariance;
using metrics::Matrix;
using rt::DType;
using rt::Tensor;

namespace {

// A few waves, different in each sample, that follow the transform wholly; `leak` does not.
Tensor waves(int64_t count, int64_t size, const Matrix& m, double leak) {
  std::vector<float> values;
  for (int64_t n = 0; n < count; ++n) {
    for (int64_t i = 0; i < size * size; ++i) {
      const double x = (double(i % size) + 0.5) / double(size) - 0.5;
      const double y = (double(i / size) + 0.5) / double(size) - 0.5;
      const double u = m[0] * x + m[1] * y + m[2], v = m[3] * x + m[4] * y + m[5];
      values.push_back(float(0.5 * std::sin(20 * u + 11 * v + double(n)) +
                             0.3 * std::cos(9 * u - 25 * v) + leak * std::sin(30 * x)));
    }
  }
  return Tensor::from(values, {count, size, size, 1});
}

double decibels(Equivariance kind, double leak, int64_t size = 64) {
  std::vector<double> rows;
  for (uint64_t group = 0; group < 3; ++group) {
    const auto sums =
        metrics::equivariance_sums([&](const Matrix& m) { return waves(2, size, m, leak); },
                                   metrics::draw_equivariance(5, group), {});
    const auto values = sums.to_doubles();
    rows.insert(rows.end(), values.begin(), values.end());
  }
  return metrics::equivariance_decibels(kind, Tensor::from(rows, {6, 6}), 2).value;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(equivariance)

BOOST_AUTO_TEST_CASE(good_generators_score_high) {
  for (const auto kind : {Equivariance::whole, Equivariance::fractional, Equivariance::rotation}) {
    const double good = decibels(kind, 0), bad = decibels(kind, 0.1);
    BOOST_TEST(good > 45);
    BOOST_TEST(bad < 30);
    // A leak of standard deviation 0.1 / sqrt(2), on both sides where the picture moves off it.
    BOOST_TEST(bad > 20 * std::log10(2) - 10 * std::log10(4 * 0.005));
  }
  BOOST_TEST(decibels(Equivariance::whole, 0) > 120);  // nothing but rounding
}

BOOST_AUTO_TEST_CASE(transforms_are_those_of_the_network) {
  // Moving the contents by (x, y) and turning them is what sgan-synth's options do.
  const metrics::Movement moved{0.1, -0.2, 0}, turned{0, 0, 0.7};
  const auto a = nets::input_transform(0.1, -0.2, 0);
  const auto b = nets::input_transform(0, 0, 0.7 * 180 / std::numbers::pi);
  for (size_t i = 0; i < 9; ++i) {
    BOOST_TEST(std::abs(moved.transform()[i] - a[i]) < 1e-15);
    BOOST_TEST(std::abs(turned.transform()[i] - b[i]) < 1e-15);
  }
}

BOOST_AUTO_TEST_CASE(draws) {
  double low = 1, high = 0, sum = 0;
  for (uint64_t g = 0; g < 1000; ++g) {
    const auto d = metrics::draw_equivariance(3, g);
    for (const double u : {d.whole[0], d.whole[1], d.fractional[0], d.fractional[1], d.angle}) {
      low = std::min(low, u);
      high = std::max(high, u);
      sum += u;
    }
    BOOST_TEST(d.angle != metrics::draw_equivariance(3, g + 1).angle);
    BOOST_TEST(d.angle != metrics::draw_equivariance(4, g).angle);
    BOOST_TEST(d.whole[0] != d.fractional[0]);
    BOOST_TEST(d.angle == metrics::draw_equivariance(3, g).angle);
  }
  BOOST_TEST((low >= 0 && low < 0.002 && high > 0.998 && high < 1));
  BOOST_TEST(std::abs(sum / 5000 - 0.5) < 0.02);

  metrics::EquivarianceDraw d{{0, 0.999}, {0.25, 0.75}, 0.125};
  const metrics::EquivarianceSettings s{.translate_max = 0.25, .rotate_max = 0.5};
  const auto whole = metrics::movement(Equivariance::whole, d, s, 10);
  BOOST_TEST(whole.x == -0.2);  // -2.5 pixels
  BOOST_TEST(whole.y == 0.2);
  const auto part = metrics::movement(Equivariance::fractional, d, s, 10);
  BOOST_TEST((part.x == -0.125 && part.y == 0.125 && part.angle == 0));
  BOOST_TEST(metrics::movement(Equivariance::rotation, d, s, 10).angle ==
             -0.375 * std::numbers::pi);
}

BOOST_AUTO_TEST_CASE(sums_count_what_is_compared) {
  // A generator that ignores the transform: errors are those of the moved picture itself.
  const Tensor x = waves(2, 32, metrics::translation(0, 0), 0);
  const metrics::EquivarianceDraw d{{0.9, 0.3}, {0.2, 0.6}, 0.8};
  metrics::EquivarianceSettings s;
  int calls = 0;
  const auto still = [&](const Matrix&) {
    ++calls;
    return x;
  };
  const Tensor sums = metrics::equivariance_sums(still, d, s);
  BOOST_TEST(calls == 4);
  BOOST_REQUIRE(sums.shape() == (rt::Shape{2, 6}));
  for (int k = 0; k < 3; ++k) {
    const auto kind = Equivariance(k);
    const auto c = metrics::compare_equivariance(kind, metrics::movement(kind, d, s, 32), x, x);
    const auto a = c.expected.to_doubles(), b = c.generated.to_doubles();
    for (size_t n = 0; n < 2; ++n) {
      double error = 0, count = 0;
      for (size_t i = 0; i < 1024; ++i) {
        if (!c.mask.data<uint8_t>()[i]) continue;
        error += (a[n * 1024 + i] - b[n * 1024 + i]) * (a[n * 1024 + i] - b[n * 1024 + i]);
        count += 1;
      }
      const double* row = sums.data<double>() + n * 6 + 2 * k;
      BOOST_TEST(row[0] > 0);
      BOOST_TEST(std::abs(row[0] - error) < 1e-9 * error);
      BOOST_TEST(row[1] == count);
    }
  }
  // What is not wanted costs nothing.
  s.wanted[0] = s.wanted[2] = false;
  calls = 0;
  const Tensor part = metrics::equivariance_sums(still, d, s);
  BOOST_TEST(calls == 2);
  for (int i = 0; i < 12; ++i) {
    const bool wanted = i % 6 / 2 == 1;
    BOOST_TEST(part.data<double>()[i] == (wanted ? sums.data<double>()[i] : 0));
  }
  BOOST_CHECK_THROW(metrics::equivariance_decibels(Equivariance::whole, part, 2), Error);
  Tensor bad = x.clone();
  bad.data<float>()[500] = NAN;
  BOOST_CHECK_THROW(metrics::equivariance_sums([&](const Matrix&) { return bad; }, d, s), Error);
  BOOST_CHECK_THROW(metrics::equivariance_sums(
                        [&](const Matrix& m) { return m[2] == 0 ? x : x.rows(0, 1); }, d, s),
                    Error);
}

BOOST_AUTO_TEST_CASE(decibels_are_of_totals) {
  const std::vector<double> rows = {1, 100, 0, 0, 0, 0, 3, 300, 0, 0, 0, 0,
                                    2, 100, 0, 0, 0, 0, 6, 100, 0, 0, 0, 0};
  const Tensor table = Tensor::from(rows, {4, 6});
  const auto d = metrics::equivariance_decibels(Equivariance::whole, table, 2);
  BOOST_TEST(std::abs(d.value - (20 * std::log10(2) - 10 * std::log10(12.0 / 600))) < 1e-12);
  // Groups of error 4 and 8 over 400 and 200 values: residuals -4 and 4 about 0.02 a value.
  const double deviation = std::sqrt(32.0 * 2) / 600;
  const double reach = 1.96 * 10 / std::numbers::ln10 * deviation / 0.02;
  BOOST_REQUIRE(d.interval.has_value());
  BOOST_TEST(std::abs(d.interval->first - (d.value - reach)) < 1e-12);
  BOOST_TEST(std::abs(d.interval->second - (d.value + reach)) < 1e-12);
  BOOST_TEST(!metrics::equivariance_decibels(Equivariance::whole, table, 4).interval);
  const Tensor none = Tensor::from(std::vector<double>{0, 5, 0, 0, 0, 0}, {1, 6});
  BOOST_TEST(metrics::equivariance_decibels(Equivariance::whole, none, 1).value ==
             std::numeric_limits<double>::infinity());
}

BOOST_AUTO_TEST_SUITE_END()
