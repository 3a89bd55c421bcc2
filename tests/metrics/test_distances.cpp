// Kernel distance, precision and recall, inception score against their definitions.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include "lib/metrics/inception_score.hpp"
#include "lib/metrics/kernel_distance.hpp"
#include "lib/metrics/manifold.hpp"
#include "tests/metrics/random_rows.hpp"

using namespace sgan;
using namespace sgan::metrics;
using rt::Tensor;

namespace {

double kernel(const std::vector<double>& x, int64_t i, const std::vector<double>& y, int64_t j,
              int64_t d) {
  double sum = 0;
  for (int64_t c = 0; c < d; ++c) sum += double(float(x[i * d + c])) * double(float(y[j * d + c]));
  return std::pow(sum / double(d) + 1, 3);
}

double naive_kernel_distance(const Tensor& x, const Tensor& y, const Subset& s) {
  const auto a = x.to_doubles(), b = y.to_doubles();
  const int64_t d = x.size(1), m = int64_t(s.real.size());
  double within = 0, between = 0;
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < m; ++j) {
      if (i != j)
        within +=
            kernel(a, s.generated[i], a, s.generated[j], d) + kernel(b, s.real[i], b, s.real[j], d);
      between += kernel(a, s.generated[i], b, s.real[j], d);
    }
  }
  return within / double(m * (m - 1)) - 2 * between / double(m * m);
}

double squared(const Tensor& a, int64_t i, const Tensor& b, int64_t j) {
  const auto x = a.rows(i, i + 1).to_doubles(), y = b.rows(j, j + 1).to_doubles();
  double sum = 0;
  for (size_t c = 0; c < x.size(); ++c) sum += (x[c] - y[c]) * (x[c] - y[c]);
  return sum;
}

std::vector<double> naive_radii(const Tensor& rows, int k) {
  std::vector<double> radii;
  for (int64_t i = 0; i < rows.size(0); ++i) {
    std::vector<double> all;
    for (int64_t j = 0; j < rows.size(0); ++j)
      if (j != i) all.push_back(squared(rows, i, rows, j));
    std::sort(all.begin(), all.end());
    radii.push_back(all[k - 1]);
  }
  return radii;
}

std::vector<bool> naive_inside(const Tensor& probes, const Tensor& manifold,
                               const std::vector<double>& radii) {
  std::vector<bool> result;
  for (int64_t i = 0; i < probes.size(0); ++i) {
    bool found = false;
    for (int64_t j = 0; j < manifold.size(0); ++j)
      found |= squared(probes, i, manifold, j) <= radii[j];
    result.push_back(found);
  }
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(distances)

BOOST_AUTO_TEST_CASE(kernel_distance_is_that_of_the_definition) {
  const auto x = random_rows(70, 11, 1), y = random_rows(50, 11, 2, 0.2, 1.3);
  const auto subsets = draw_subsets(70, 50, 3, 4, 40);
  const auto values = kernel_distances(x, y, subsets);
  BOOST_REQUIRE_EQUAL(values.size(), 4u);
  for (size_t s = 0; s < values.size(); ++s)
    BOOST_TEST(values[s] == naive_kernel_distance(x, y, subsets[s]),
               boost::test_tools::tolerance(1e-10));
}

BOOST_AUTO_TEST_CASE(subsets_draw_without_replacement_and_the_smaller_set_limits_them) {
  const auto subsets = draw_subsets(30, 12, 0);
  BOOST_TEST(subsets.size() == 100u);
  for (const Subset& s : subsets) {
    BOOST_TEST(s.generated.size() == 12u);
    BOOST_TEST(std::set(s.generated.begin(), s.generated.end()).size() == 12u);
    BOOST_TEST(std::set(s.real.begin(), s.real.end()).size() == 12u);
    BOOST_TEST(*std::max_element(s.real.begin(), s.real.end()) == 11);
  }
  BOOST_TEST(draw_subsets(5000, 3000, 0, 1)[0].real.size() == 1000u);
}

BOOST_AUTO_TEST_CASE(kernel_distance_refuses_what_it_cannot_measure) {
  const auto x = random_rows(10, 4, 1);
  BOOST_TEST(refuses([&] { kernel_distances(x, x, draw_subsets(1, 10, 0)); }, "at least 2"));
  BOOST_TEST(refuses([&] { kernel_distances(x, random_rows(10, 5, 1), {}); }, "4 beside 5"));
  auto bad = x.clone();
  bad.data<double>()[9] = std::numeric_limits<double>::quiet_NaN();
  BOOST_TEST(refuses([&] { kernel_distances(bad, x, {}); }, "generated images: row 2"));
  BOOST_TEST(refuses([&] { kernel_distances(x, bad, {}); }, "real images: row 2"));
}

BOOST_AUTO_TEST_CASE(manifolds_are_those_of_the_definition) {
  // More rows than a block of columns in one of them; a mean far from zero.
  for (auto [n, m, d, k, mean] : {std::tuple{40, 60, 3, 3, 0.0},
                                  {30, 20, 300, 5, 50.0},
                                  {1100, 2100, 2, 1, 0.0},
                                  {4, 5, 7, 3, 1e4}}) {
    for (auto type : {rt::DType::f64, rt::DType::f32}) {
      const auto a = random_rows(n, d, uint32_t(n), mean, 1, type);
      const auto b = random_rows(m, d, uint32_t(m), mean + 0.3, 1.2, type);
      const auto radii = squared_radii(b, k);
      const auto expected = naive_radii(b, k);
      for (size_t i = 0; i < radii.size(); ++i)
        BOOST_TEST(radii[i] == expected[i], boost::test_tools::tolerance(1e-13));
      BOOST_TEST((inside(a, b, radii) == naive_inside(a, b, radii)));
    }
  }
}

// Differences far below the rounding of a float32 product decide.
BOOST_AUTO_TEST_CASE(close_calls_are_decided_exactly) {
  const int64_t n = 200, d = 64;
  const auto far = random_rows(n, d, 1, 0, 1);
  auto probes = far.clone();
  // Each probe lies on the line from a sample to its nearest neighbour, a hair inside or outside.
  const auto radii = squared_radii(far, 1);
  std::vector<bool> expected;
  for (int64_t i = 0; i < n; ++i) {
    const double scale = i % 2 ? 1 - 1e-10 : 1 + 1e-10;
    probes.data<double>()[i * d] += std::sqrt(radii[i]) * scale;
    expected.push_back(i % 2);
  }
  for (int64_t i = 0; i < n; ++i) {  // against its own ball alone
    BOOST_TEST(inside(probes.rows(i, i + 1), far.rows(i, i + 1), {radii[i]})[0] == expected[i]);
  }
  BOOST_TEST((inside(probes, far, radii) == naive_inside(probes, far, radii)));
}

BOOST_AUTO_TEST_CASE(every_sample_is_inside_its_own_manifold) {
  const auto rows = random_rows(300, 20, 1, 3);
  const auto both = precision_recall(rows, rows, 3);
  BOOST_TEST(both.precision == 1);
  BOOST_TEST(both.recall == 1);
  // Neighbours that are the same sample: balls of no size, which still hold their centre.
  Tensor equal = Tensor::full({9, 20}, 0.1, rt::DType::f64);
  BOOST_TEST(squared_radii(equal, 3)[0] == 0);
  BOOST_TEST(precision_recall(equal, equal, 3).precision == 1);
  BOOST_TEST(precision_recall(rows, equal, 3).precision == 0);
  const auto elsewhere = random_rows(300, 20, 2, 1000);
  BOOST_TEST(precision_recall(rows, elsewhere, 3).recall == 0);
}

BOOST_AUTO_TEST_CASE(manifolds_refuse_what_they_cannot_measure) {
  const auto rows = random_rows(10, 4, 1);
  BOOST_TEST(refuses([&] { squared_radii(rows.rows(0, 3), 3); }, "need more than 3"));
  BOOST_TEST(refuses([&] { squared_radii(rows, 10); }, "there are 10"));
  BOOST_TEST(refuses([&] { squared_radii(rows, 0); }, "at least one neighbour"));
  auto bad = rows.clone();
  bad.data<double>()[39] = -std::numeric_limits<double>::infinity();
  BOOST_TEST(refuses([&] { squared_radii(bad, 3); }, "row 9"));
  BOOST_TEST(
      refuses([&] { inside(rows.to(rt::DType::f32), rows, squared_radii(rows, 3)); }, "beside"));
}

BOOST_AUTO_TEST_CASE(inception_score_of_known_cases) {
  // All alike: 1. Each of K classes surely and equally often: K, also with zeros.
  BOOST_TEST(inception_score(Tensor::full({20, 4}, 0.25, rt::DType::f64), 10).mean == 1,
             boost::test_tools::tolerance(1e-15));
  Tensor sure = Tensor::zeros({12, 3}, rt::DType::f32);
  for (int i = 0; i < 12; ++i) sure.data<float>()[i * 3 + i % 3] = 1;
  BOOST_TEST(inception_score(sure, 4).mean == 3, boost::test_tools::tolerance(1e-15));
  BOOST_TEST(inception_score(sure, 4).deviation < 1e-15);
  BOOST_TEST(inception_score(sure, 12).mean == 1, boost::test_tools::tolerance(1e-15));
  // Splits of uneven size: 0..2 and 2..5 of five rows; the deviation is that of a population.
  const auto uneven = inception_score(sure.rows(0, 5), 2);
  const double second = std::exp(std::log(3.0));
  BOOST_TEST(uneven.mean == (2 + second) / 2, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(uneven.deviation == (second - 2) / 2, boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(inception_score_refuses_what_it_cannot_measure) {
  const auto p = Tensor::full({5, 2}, 0.5);
  BOOST_TEST(refuses([&] { inception_score(p, 6); }, "there are 5"));
  BOOST_TEST(refuses([&] { inception_score(p, 0); }, "at least one split"));
  auto bad = p.clone();
  bad.data<float>()[6] = -0.5f;
  BOOST_TEST(refuses([&] { inception_score(bad, 1); }, "row 3 holds -0.5"));
  bad.data<float>()[6] = std::numeric_limits<float>::quiet_NaN();
  BOOST_TEST(refuses([&] { inception_score(bad, 1); }, "row 3 holds NaN"));
}

BOOST_AUTO_TEST_SUITE_END()
