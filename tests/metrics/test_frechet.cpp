#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "lib/metrics/frechet.hpp"
#include "tests/metrics/random_rows.hpp"

using namespace sgan;
using namespace sgan::metrics;
using rt::Tensor;

namespace {

// By the definition, in extended precision.
std::vector<double> naive_covariance(const Tensor& rows, int64_t divisor) {
  const int64_t n = rows.size(0), d = rows.size(1);
  const auto x = rows.to_doubles();
  std::vector<long double> mean(d, 0);
  for (int64_t i = 0; i < n * d; ++i) mean[i % d] += x[i] / static_cast<long double>(n);
  std::vector<double> result(d * d);
  for (int64_t a = 0; a < d; ++a) {
    for (int64_t b = 0; b < d; ++b) {
      long double sum = 0;
      for (int64_t i = 0; i < n; ++i) sum += (x[i * d + a] - mean[a]) * (x[i * d + b] - mean[b]);
      result[a * d + b] = double(sum / divisor);
    }
  }
  return result;
}

double worst(const std::vector<double>& got, const std::vector<double>& want) {
  BOOST_REQUIRE_EQUAL(got.size(), want.size());
  double most = 0, scale = 1e-300;
  for (size_t i = 0; i < got.size(); ++i) {
    BOOST_REQUIRE(std::isfinite(got[i]));
    most = std::max(most, std::abs(got[i] - want[i]));
    scale = std::max(scale, std::abs(want[i]));
  }
  return most / scale;
}

Tensor scaled(const Tensor& rows, const std::vector<double>& factors, double shift) {
  Tensor result = rows.clone();
  const int64_t d = rows.size(1);
  for (int64_t i = 0; i < rows.numel(); ++i)
    result.data<double>()[i] = result.data<double>()[i] * factors[i % d] + shift;
  return result;
}

double distance(const Tensor& a, const Tensor& b, Covariance c = Covariance::population) {
  return frechet_distance(Moments(a), Moments(b), c);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(frechet)

BOOST_AUTO_TEST_CASE(covariance_is_that_of_the_definition) {
  for (int64_t n : {1, 2, 7, 2048, 2049, 5000}) {
    const auto rows = random_rows(n, 9, uint32_t(n), 0.3, 2);
    const Moments moments(rows);
    BOOST_TEST(moments.count() == n);
    BOOST_TEST(worst(moments.covariance(Covariance::population), naive_covariance(rows, n)) <
               1e-13);
    if (n > 1)
      BOOST_TEST(worst(moments.covariance(Covariance::unbiased), naive_covariance(rows, n - 1)) <
                 1e-13);
  }
}

BOOST_AUTO_TEST_CASE(a_mean_far_away_costs_no_digits) {
  const auto rows = random_rows(6000, 5, 1, 1e7, 1);
  BOOST_TEST(worst(Moments(rows).covariance(Covariance::population), naive_covariance(rows, 6000)) <
             1e-9);
}

BOOST_AUTO_TEST_CASE(moments_of_parts_add_up) {
  const auto rows = random_rows(3000, 6, 2, 5, 1);
  const Moments whole(rows);
  Moments left(6), right(6), nothing(6);
  left.add(rows.rows(0, 1));
  left.add(rows.rows(1, 1234));
  right.add(rows.rows(1234, 3000));
  left.add(nothing);
  nothing.add(right);
  left.add(nothing);
  BOOST_TEST(left.count() == 3000);
  BOOST_TEST(worst(left.mean(), whole.mean()) < 1e-14);
  BOOST_TEST(worst(left.covariance(Covariance::population),
                   whole.covariance(Covariance::population)) < 1e-13);
}

// Independent features: the root of the product is that of the products of the variances.
BOOST_AUTO_TEST_CASE(distance_of_diagonal_gaussians_is_the_closed_form) {
  // Columns made orthogonal by signs: their covariance is exactly diagonal.
  Tensor signs({8, 3}, rt::DType::f64);
  for (int i = 0; i < 8; ++i)
    for (int c = 0; c < 3; ++c) signs.data<double>()[i * 3 + c] = (i >> c) & 1 ? 1 : -1;
  const auto a = scaled(signs, {1, 2, 3}, 0), b = scaled(signs, {0.5, 4, 1e-3}, 0.25);
  const double expected = 3 * 0.25 * 0.25 + 0.25 + 4 + (3 - 1e-3) * (3 - 1e-3);
  BOOST_TEST(distance(a, b) == expected, boost::test_tools::tolerance(1e-13));
  BOOST_TEST(distance(a, b, Covariance::unbiased) == 3 * 0.0625 + (expected - 3 * 0.0625) * 8 / 7,
             boost::test_tools::tolerance(1e-13));
}

BOOST_AUTO_TEST_CASE(identical_sets_are_at_distance_zero) {
  for (int64_t n : {2, 20, 500}) {  // the first two with fewer samples than features
    const auto rows = random_rows(n, 40, 3);
    BOOST_TEST(distance(rows, rows) < 1e-11);
  }
}

BOOST_AUTO_TEST_CASE(shifted_sets_are_as_far_as_their_means) {
  const auto rows = random_rows(30, 64, 4);  // rank deficient
  const auto moved = scaled(rows, std::vector<double>(64, 1), 0.5);
  BOOST_TEST(distance(rows, moved) == 64 * 0.25, boost::test_tools::tolerance(1e-11));
}

// A of rank n - 1 in d dimensions keeps the distance that it has in its own subspace.
BOOST_AUTO_TEST_CASE(fewer_samples_than_features_cost_no_digits) {
  const int64_t n = 12, small = 16, large = 300;
  const auto a = random_rows(n, small, 5), b = random_rows(n + 3, small, 6, 0.5, 2);
  // The same points turned into more dimensions by orthonormal rows (sines).
  const auto embed = [&](const Tensor& rows) {
    Tensor result = Tensor::zeros({rows.size(0), large}, rt::DType::f64);
    for (int64_t i = 0; i < rows.size(0); ++i)
      for (int64_t c = 0; c < small; ++c)
        for (int64_t e = 0; e < large; ++e)
          result.data<double>()[i * large + e] +=
              rows.data<double>()[i * small + c] * std::sqrt(2.0 / (large + 1)) *
              std::sin(M_PI * double((c + 1) * (e + 1)) / double(large + 1));
    return result;
  };
  BOOST_TEST(Moments(embed(a)).rank_deficient());
  BOOST_TEST(distance(embed(a), embed(b)) == distance(a, b), boost::test_tools::tolerance(1e-10));
}

BOOST_AUTO_TEST_CASE(constant_features_and_single_samples) {
  const auto rows = random_rows(50, 6, 7);
  const auto flat = scaled(rows, {1, 0, 1, 0, 1, 1}, 2),
             still = scaled(rows, {0, 0, 0, 0, 0, 0}, 0);
  BOOST_TEST(distance(flat, flat) < 1e-12);
  BOOST_TEST(distance(still, still) == 0);
  // Against a point the distance is to its mean and all of the trace.
  const Moments set(rows), point(still);
  double expected = set.trace(Covariance::population);
  for (double m : set.mean()) expected += m * m;
  BOOST_TEST(frechet_distance(set, point) == expected, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(distance(rows.rows(0, 1), rows.rows(0, 1)) == 0);
  BOOST_TEST(refuses([&] { distance(rows.rows(0, 1), rows, Covariance::unbiased); },
                     "at least 2 samples"));
}

BOOST_AUTO_TEST_CASE(nan_is_refused_with_its_row) {
  auto rows = random_rows(5000, 4, 8);
  rows.data<double>()[4321 * 4 + 2] = std::numeric_limits<double>::quiet_NaN();
  rows.data<double>()[4900 * 4] = std::numeric_limits<double>::infinity();
  BOOST_TEST(refuses([&] { Moments m(rows); }, "row 4321"));
  Moments later(4);
  later.add(rows.rows(0, 4000));
  BOOST_TEST(refuses([&] { later.add(rows.rows(4000, 5000)); }, "row 4321"));
  BOOST_TEST(refuses([&] { later.add(random_rows(3, 5, 1)); }, "rows of 5 values after rows of 4"));
}

BOOST_AUTO_TEST_SUITE_END()
