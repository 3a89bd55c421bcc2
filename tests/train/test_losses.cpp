// Losses where the reference's golden files do not look: far tails, zero gradients, bad input.
// Their numbers are held against the reference by the parity program.
#include <array>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "lib/ops/layout.hpp"
#include "lib/ops/reduce.hpp"
#include "lib/rt/error.hpp"
#include "lib/train/losses.hpp"

using namespace sgan;
using ag::Var;
using train::Loss;

namespace {

Var column(const std::vector<double>& v, rt::DType type = rt::DType::f64) {
  return Var::leaf(rt::Tensor::from(v, rt::Shape({int64_t(v.size()), 1})).to(type));
}

Var matrix(const std::vector<double>& v, int64_t rows) {
  return Var::leaf(rt::Tensor::from(v, rt::Shape({rows, int64_t(v.size()) / rows})));
}

std::vector<double> gradient(const Var& y, const Var& x) {
  return ag::grad(y, std::array{x})[0].value().to_doubles();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(losses)

BOOST_AUTO_TEST_CASE(names) {
  for (const Loss loss : {Loss::logistic, Loss::logistic_saturating, Loss::wgan, Loss::hinge}) {
    BOOST_CHECK(train::parse_loss(train::name_of(loss)) == loss);
  }
  BOOST_CHECK_THROW(train::parse_loss("lsgan"), Error);
}

// Relative accuracy, also where log(1 + exp(x)) taken literally is 0 or infinite.
BOOST_AUTO_TEST_CASE(softplus_in_both_tails) {
  const std::vector<double> x{-80, -40, -20, -1, 0, 1, 20, 80, 1000};
  for (const rt::DType type : {rt::DType::f64, rt::DType::f32}) {
    const double tolerance = type == rt::DType::f64 ? 1e-12 : 1e-4;  // percent
    const Var v = column(x, type), y = train::softplus(v);
    const auto got = y.value().to_doubles(), slope = gradient(y, v);
    for (size_t i = 0; i < x.size(); ++i) {
      const double expected = std::max(x[i], 0.0) + std::log1p(std::exp(-std::abs(x[i])));
      BOOST_CHECK_CLOSE(got[i], expected, tolerance);
      const double e = std::exp(-std::abs(x[i]));
      BOOST_CHECK_CLOSE(slope[i], x[i] < 0 ? e / (1 + e) : 1 / (1 + e), tolerance);
    }
  }
}

BOOST_AUTO_TEST_CASE(hinge_has_no_slope_at_its_corner) {
  const Var x = column({1, -1, 0.5});
  const auto real = gradient(train::discriminator_loss_real(Loss::hinge, x), x);
  const auto fake = gradient(train::discriminator_loss_fake(Loss::hinge, x), x);
  BOOST_TEST(real == std::vector<double>({0, -1, -1}), boost::test_tools::per_element());
  BOOST_TEST(fake == std::vector<double>({1, 0, 1}), boost::test_tools::per_element());
}

// Any number of classes, logits that overflow exp, labels that are not one-hot.
BOOST_AUTO_TEST_CASE(label_loss_is_the_cross_entropy) {
  for (const int64_t classes : {1, 2, 3, 5, 8, 13}) {
    std::vector<double> logits, labels;
    for (int64_t i = 0; i < 2 * classes; ++i) {
      logits.push_back(i < classes ? 900 * std::sin(double(i)) : std::cos(3.0 * double(i)));
      labels.push_back(i % 3 ? 0.25 : 0.5);
    }
    const Var x = matrix(logits, 2), loss = train::label_loss(x, matrix(labels, 2).detach());
    const auto got = loss.value().to_doubles(), slope = gradient(loss, x);
    for (int64_t n = 0; n < 2; ++n) {
      double most = -1e300, sum = 0, expected = 0, total = 0;
      const double *l = &logits[size_t(n * classes)], *p = &labels[size_t(n * classes)];
      for (int64_t k = 0; k < classes; ++k) most = std::max(most, l[k]);
      for (int64_t k = 0; k < classes; ++k) sum += std::exp(l[k] - most);
      for (int64_t k = 0; k < classes; ++k) {
        expected -= p[k] * (l[k] - most - std::log(sum));
        total += p[k];
      }
      BOOST_CHECK_SMALL(got[size_t(n)] - expected, 1e-12 * (1 + std::abs(expected)));
      for (int64_t k = 0; k < classes; ++k) {
        const double softmax = std::exp(l[k] - most) / sum;
        BOOST_CHECK_SMALL(slope[size_t(n * classes + k)] - (total * softmax - p[k]), 1e-12);
      }
    }
  }
  BOOST_CHECK_THROW(train::label_loss(matrix({1, 2}, 1), matrix({1, 2}, 2)), Error);
}

// score = a * sum(x^2) / 2: gradient a x, with norm a |x|.
BOOST_AUTO_TEST_CASE(penalties_of_a_quadratic) {
  const Var a = Var::leaf(rt::Tensor::full({}, 2.0, rt::DType::f64));
  const train::Score score = [&](const Var& x) {
    return ops::multiply(a, ops::scale(ops::sum(ops::square(x), {1}), 0.5));
  };
  const Var x = matrix({3, 4, 0, 0}, 2).detach();
  const Var r1 = train::gradient_penalty(score, x, 10);
  BOOST_CHECK(r1.shape() == rt::Shape({2, 1}));
  BOOST_TEST(r1.value().to_doubles() == std::vector<double>({500, 0}),
             boost::test_tools::per_element());
  BOOST_CHECK_CLOSE(gradient(r1, a)[0], 500, 1e-9);  // d/da of 5 a^2 25

  // The second picture has a zero gradient: its norm has no derivative and must not spoil the rest.
  const Var gp = train::norm_penalty(score, x, 10, 2);
  const auto values = gp.value().to_doubles();
  BOOST_CHECK_CLOSE(values[0], 2.5 * 64, 1e-9);
  BOOST_CHECK_CLOSE(values[1], 2.5 * 4, 1e-9);
  BOOST_CHECK_CLOSE(gradient(gp, a)[0], 2.5 * 2 * 8 * 5, 1e-9);
}

BOOST_AUTO_TEST_CASE(a_score_of_nothing_has_no_gradient) {
  const train::Score score = [&](const Var& x) {
    return Var(rt::Tensor::zeros({x.size(0), 1}, x.dtype()));
  };
  const Var x = matrix({3, 4}, 1).detach();
  BOOST_TEST(train::gradient_penalty(score, x, 10).value().item() == 0);
  BOOST_CHECK_CLOSE(train::norm_penalty(score, x, 10).value().item(), 10, 1e-9);
}

BOOST_AUTO_TEST_CASE(bad_input) {
  const train::Score score = [](const Var& x) { return ops::sum(x, {1}); };
  const Var x = matrix({3, 4}, 1).detach();
  const ag::NoGrad no_grad;
  BOOST_CHECK_THROW(train::gradient_penalty(score, x, 10), Error);
  BOOST_CHECK_THROW(train::norm_penalty(score, x, 10, 0), Error);
}

BOOST_AUTO_TEST_SUITE_END()
