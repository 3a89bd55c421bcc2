#include <boost/test/unit_test.hpp>
#include <cmath>
#include <limits>

#include "lib/metrics/separability.hpp"
#include "tests/metrics/random_rows.hpp"

using namespace sgan;
using namespace sgan::metrics;
using rt::Tensor;

namespace {

// Gradient of the loss that fit_plane minimises, its largest element over the largest weight.
double gradient(const std::vector<double>& points, int64_t d, const std::vector<bool>& positive,
                const Plane& plane) {
  std::vector<double> g = plane.normal;
  g.push_back(plane.offset);
  double scale = 0, most = 0;
  for (double v : g) scale = std::max(scale, std::abs(v));
  for (size_t i = 0; i < positive.size(); ++i) {
    double decision = plane.offset;
    for (int64_t c = 0; c < d; ++c) decision += plane.normal[c] * points[i * d + c];
    const double y = positive[i] ? 1 : -1, violation = std::max(0.0, 1 - y * decision);
    for (int64_t c = 0; c < d; ++c) g[c] -= 2 * y * violation * points[i * d + c];
    g[d] -= 2 * y * violation;
  }
  for (double v : g) most = std::max(most, std::abs(v));
  return most / scale;
}

Confident of_targets(std::vector<int64_t> targets, int classes = 2) {
  Confident c{.targets = std::move(targets), .classes = classes};
  for (size_t i = 0; i < c.targets.size(); ++i) c.kept.push_back(int64_t(i));
  return c;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(separability)

BOOST_AUTO_TEST_CASE(planes_are_the_exact_optimum) {
  for (auto [n, d, noise] : {std::tuple{50, 3, 0.0},  // separable
                             {2000, 40, 2.0},
                             {30, 100, 0.0},  // more dimensions than points
                             {5000, 5, 1.0}}) {
    const auto points = random_rows(n, d, uint32_t(n), 0.3).to_doubles();
    const auto jitter = random_rows(n, 1, 99, 0, noise + 1e-9).to_doubles();
    std::vector<bool> positive(n);
    for (int i = 0; i < n; ++i) positive[i] = points[i * d] - points[i * d + 1] + jitter[i] > 0.4;
    const auto plane = fit_plane(points, d, positive);
    BOOST_TEST(gradient(points, d, positive, plane) < 1e-10 * n);
    // Classes exchanged: the same plane, the other way.
    positive.flip();
    const auto flipped = fit_plane(points, d, positive);
    BOOST_TEST(flipped.offset == -plane.offset, boost::test_tools::tolerance(1e-9));
    for (int c = 0; c < d; ++c)
      BOOST_TEST(std::abs(flipped.normal[c] + plane.normal[c]) <
                 1e-9 * (1 + std::abs(plane.normal[c])));
  }
}

// Two points at -1 and 1: w minimises w^2/2 + 2 max(0, 1 - w)^2, so w = 4/5 and b = 0.
BOOST_AUTO_TEST_CASE(a_plane_between_two_points_is_the_closed_form) {
  const auto plane = fit_plane({-1, 1}, 1, {false, true});
  BOOST_TEST(plane.normal[0] == 0.8, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(std::abs(plane.offset) < 1e-14);
  BOOST_TEST(refuses([] { fit_plane({-1, 1}, 1, {true, true}); }, "both classes"));
}

BOOST_AUTO_TEST_CASE(probabilities_of_two_and_of_more_classes) {
  const std::vector<float> logits{0, 1, -2, 30, -30};
  const auto two = class_probabilities(Tensor::from(logits, {5, 1}));
  BOOST_TEST((two.shape() == rt::Shape{5, 2}));
  BOOST_TEST(two.data<float>()[0] == 0.5f);
  BOOST_TEST(two.data<float>()[2] == 1 / (1 + std::exp(-2.0)), boost::test_tools::tolerance(1e-6));
  BOOST_TEST(two.data<float>()[6] == 1.0f);  // saturated
  BOOST_TEST(two.data<float>()[9] == 1.0f);
  const std::vector<float> three{0, std::log(2.0f), std::log(5.0f)};
  const auto more = class_probabilities(Tensor::from(three, {1, 3}));
  BOOST_TEST(more.data<float>()[1] == 0.25f, boost::test_tools::tolerance(1e-6f));
  BOOST_TEST(refuses([] { class_probabilities(Tensor::zeros({3, 2})); }, "two classes have one"));
}

BOOST_AUTO_TEST_CASE(the_surest_are_kept_in_a_stable_order) {
  const std::vector<float> p{0.5f, 0.5f, 1, 0, 0.25f, 0.75f, 0, 1, 1, 0, 0.6f, 0.4f};
  const auto confident = keep_confident(Tensor::from(p, {6, 2}), 5);
  BOOST_TEST((confident.kept == std::vector<int64_t>{1, 3, 4, 2, 5}));
  BOOST_TEST((confident.targets == std::vector<int64_t>{0, 1, 0, 1, 0}));
  // Undecided: the first class, as a logit of 0.
  BOOST_TEST(keep_confident(Tensor::from(p, {6, 2}), 6).targets[5] == 0);
  BOOST_TEST(refuses([&] { keep_confident(Tensor::from(p, {6, 2}), 7); }, "7 of 6"));
  auto bad = Tensor::from(p, {6, 2});
  bad.data<float>()[5] = std::numeric_limits<float>::quiet_NaN();
  BOOST_TEST(refuses([&] { keep_confident(bad, 3); }, "row 2"));
}

BOOST_AUTO_TEST_CASE(a_clean_attribute_has_no_entropy_and_noise_has_all) {
  const int n = 4000;
  const auto latents = random_rows(n, 8, 1);
  std::vector<int64_t> clean(n), noise(n);
  const auto coin = random_rows(n, 1, 2).to_doubles();
  for (int i = 0; i < n; ++i) {
    clean[i] = latents.data<double>()[i * 8 + 3] > 0;
    noise[i] = coin[i] > 0;
  }
  const auto sharp = separate(latents, of_targets(clean));
  BOOST_TEST(sharp.entropy_bits < 0.02);
  BOOST_TEST(sharp.planes[0].normal[3] > 0);  // towards class 1
  const auto dull = separate(latents, of_targets(noise));
  BOOST_TEST(dull.entropy_bits > 0.98);
  BOOST_TEST(dull.entropy_bits <= 1);
  BOOST_TEST(separability_score({sharp, dull}) == std::exp2(sharp.entropy_bits + dull.entropy_bits),
             boost::test_tools::tolerance(1e-14));
}

BOOST_AUTO_TEST_CASE(one_class_alone_is_predicted_perfectly) {
  const auto latents = random_rows(6, 3, 1);
  const auto s = separate(latents, of_targets({1, 1, 1, 1, 1, 1}));
  BOOST_TEST(s.planes.empty());
  BOOST_TEST(s.entropy_bits == 0);
  BOOST_TEST((s.table == std::vector<double>{0, 0, 0, 1}));
  BOOST_TEST(separability_score({s}) == 1);
  BOOST_TEST(separability_score({}) == 1);
}

BOOST_AUTO_TEST_CASE(more_classes_have_a_plane_each) {
  const int n = 900;
  auto latents = random_rows(n, 2, 1, 0, 0.1);
  std::vector<int64_t> targets(n);
  for (int i = 0; i < n; ++i) {
    targets[i] = i % 3;
    latents.data<double>()[2 * i] += 3 * std::cos(2 * M_PI * double(targets[i]) / 3);
    latents.data<double>()[2 * i + 1] += 3 * std::sin(2 * M_PI * double(targets[i]) / 3);
  }
  const auto s = separate(latents, of_targets(targets, 3));
  BOOST_TEST(s.planes.size() == 3u);
  BOOST_TEST(s.decisions.size() == size_t(3 * n));
  BOOST_TEST(s.entropy_bits == 0);
  for (int c = 0; c < 3; ++c)
    BOOST_TEST(s.table[c * 4] == 1.0 / 3, boost::test_tools::tolerance(1e-12));
  // A class that nobody belongs to keeps its row empty.
  const auto absent = separate(latents, of_targets(targets, 4));
  BOOST_TEST(absent.planes.size() == 4u);
  BOOST_TEST(absent.entropy_bits == 0);
}

BOOST_AUTO_TEST_SUITE_END()
