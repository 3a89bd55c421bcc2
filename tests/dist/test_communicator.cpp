// Run twice by ctest: by itself, as one process, and as the ranks of an mpirun.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <numeric>
#include <random>

#include "lib/ag/ready.hpp"
#include "lib/dist/communicator.hpp"
#include "lib/dist/gradient_average.hpp"
#include "lib/dist/launcher.hpp"
#include "lib/ops/arithmetic.hpp"
#include "lib/train/stats.hpp"

using namespace sgan;
using dist::Communicator;
using rt::DType;
using rt::Tensor;

namespace {

std::unique_ptr<Communicator> ranks;

struct Ranks {
  void setup() { ranks = dist::make_communicator(rt::cpu, 30); }
  void teardown() { ranks.reset(); }
};
BOOST_TEST_GLOBAL_FIXTURE(Ranks);

// Different on every rank; its average over the ranks is known.
Tensor filled(int64_t count, double base, DType type = DType::f32) {
  std::vector<double> values;
  for (int64_t i = 0; i < count; ++i) values.push_back(base + double(i % 97) + ranks->rank());
  return Tensor::from<double>(values, {count}).to(type);
}
double mean_rank() { return (ranks->size() - 1) / 2.0; }

void check_average(const Tensor& t, double base, double tolerance = 1e-6) {
  const std::vector<double> got = t.to_doubles();
  for (size_t i = 0; i < got.size(); ++i) {
    const double expected = base + double(i % 97) + mean_rank();
    BOOST_REQUIRE_SMALL(got[i] - expected, tolerance * std::abs(expected));
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(ranks_are_those_of_the_launcher) {
  BOOST_TEST(ranks->size() == dist::launched().size);
  BOOST_TEST(ranks->rank() >= 0);
  BOOST_TEST(ranks->rank() < ranks->size());
  BOOST_TEST(ranks->first() == (ranks->rank() == 0));
  BOOST_TEST(!ranks->describe().empty());
  std::vector<double> seen(size_t(ranks->size()), 0);
  seen[size_t(ranks->rank())] = 1;
  ranks->sum(seen);
  for (const double v : seen) BOOST_TEST(v == 1);
}

BOOST_AUTO_TEST_CASE(averages_are_done_after_wait) {
  const Tensor a = filled(1000, 1), b = filled(3, 50, DType::f64), c = filled(17, 9, DType::f16);
  const Tensor d = filled(2'000'000, 4);
  for (const Tensor* t : {&a, &b, &c, &d}) ranks->average(*t);
  ranks->wait();
  check_average(a, 1);
  check_average(b, 50, 1e-15);
  check_average(c, 9, 1e-3);
  check_average(d, 4);
  ranks->wait();  // of nothing
}

BOOST_AUTO_TEST_CASE(nan_of_one_rank_reaches_all) {
  const Tensor t = filled(8, 0);
  if (ranks->rank() == ranks->size() - 1) t.data<float>()[5] = std::nanf("");
  ranks->average(t);
  ranks->wait();
  BOOST_TEST(std::isnan(t.data<float>()[5]));
  BOOST_TEST(!std::isnan(t.data<float>()[4]));
}

BOOST_AUTO_TEST_CASE(sums_are_the_same_everywhere) {
  std::vector<double> values{1.0 / 3 + ranks->rank(), 0.1, 1e300};
  ranks->sum(values);
  const double n = ranks->size();
  BOOST_TEST(values[0] == n / 3 + n * (n - 1) / 2, boost::test_tools::tolerance(1e-14));
  BOOST_TEST(values[1] == n * 0.1, boost::test_tools::tolerance(1e-14));
  std::string mine(reinterpret_cast<const char*>(values.data()), 24), first = mine;
  ranks->broadcast(first, 0);
  BOOST_TEST((mine == first));
  ranks->sum({});
}

BOOST_AUTO_TEST_CASE(broadcasts_come_from_their_root) {
  for (int root = 0; root < ranks->size(); ++root) {
    const Tensor t = filled(12345, 0);
    ranks->broadcast(t, root);
    BOOST_TEST(t.data<float>()[96] == float(96 + root));
    const Tensor bytes = Tensor::full({5}, ranks->rank() + 3, DType::u8);
    ranks->broadcast(bytes, root);
    BOOST_TEST(int(bytes.data<uint8_t>()[4]) == root + 3);
    std::string text(size_t(ranks->rank()) * 1000 + 1, char('a' + ranks->rank()));
    ranks->broadcast(text, root);
    BOOST_TEST((text == std::string(size_t(root) * 1000 + 1, char('a' + root))));
    text.clear();
    ranks->broadcast(text, root);
    BOOST_TEST(text.empty());
  }
}

BOOST_AUTO_TEST_CASE(buckets_average_what_was_added) {
  // Smaller and larger than a bucket, of two types, a scalar and an empty one among them.
  dist::Buckets buckets(*ranks, 1000);
  for (int step = 0; step < 3; ++step) {
    std::vector<Tensor> gradients;
    for (const int64_t n : {1, 10, 249, 250, 251, 1000, 3, 0, 5, 777}) {
      gradients.push_back(filled(n, double(n + step)));
    }
    gradients.push_back(filled(20, 20 + step, DType::f64));
    gradients.push_back(filled(30, 30 + step).reshape({2, 3, 5}));
    for (size_t i = 0; i < gradients.size(); ++i) buckets.add(i, gradients[i]);
    const dist::Numbered averages = buckets.finish();
    BOOST_REQUIRE(averages.size() == gradients.size());
    for (size_t i = 0; i < averages.size(); ++i) {
      const auto& [number, average] = averages[i];
      BOOST_TEST(number == i);
      BOOST_TEST((average.shape() == gradients[i].shape()));
      check_average(average, double(average.numel() + step));
      if (gradients[i].numel() > 0) {  // what was added stays
        BOOST_TEST(gradients[i].to_doubles()[0] == gradients[i].numel() + step + ranks->rank());
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(gradients_may_come_in_another_order_on_each_rank) {
  dist::GradientAverage average(*ranks, 500);
  constexpr size_t kParameters = 40;
  for (int step = 0; step < 6; ++step) {
    std::vector<size_t> order(kParameters);
    std::iota(order.begin(), order.end(), size_t{0});
    std::shuffle(order.begin(), order.end(), std::mt19937(unsigned(100 * step + ranks->rank())));
    const size_t present = step < 4 ? kParameters : kParameters - 7;  // the same on all ranks
    for (const size_t i : order) {
      if (i < present) average.ready(i, filled(int64_t(10 + i), double(1000 * i) + step));
    }
    std::vector<int> seen(kParameters, 0);
    for (const auto& [i, t] : average.finish()) {
      ++seen[i];
      BOOST_TEST(t.numel() == int64_t(10 + i));
      check_average(t, double(1000 * i) + step);
    }
    for (size_t i = 0; i < kParameters; ++i) BOOST_TEST(seen[i] == (i < present ? 1 : 0));
  }
}

// A chain of products: its last factor's gradient is known first, and is on its way before the
// first factor's exists.
BOOST_AUTO_TEST_CASE(gradients_travel_during_the_backward_pass) {
  using namespace ag;
  Vars xs;
  for (int i = 0; i < 5; ++i) xs.push_back(Var::leaf(filled(64, i + 1)));
  Var y = xs[0];
  for (size_t i = 1; i < xs.size(); ++i) y = ops::multiply(y, xs[i]);
  y = ops::multiply(y, xs[4]);  // used twice
  const Vars plain = grad(y, xs);
  dist::GradientAverage average(*ranks, 64);
  std::vector<size_t> told;
  {
    const OnReady scope([&](size_t i, const Var& gradient) {
      told.push_back(i);
      BOOST_TEST((gradient.value().to_doubles() == plain[i].value().to_doubles()));
      average.ready(i, gradient.value());
    });
    grad(ops::square(y), std::span(&xs[0], 0));  // of nothing: tells nothing
    grad(y, std::span(&xs[0], 1), {}, true);               // not the last gradient
    BOOST_TEST(told.empty());
    grad(y, xs);
  }
  BOOST_TEST(
      (told == std::vector<size_t>{4, 3, 2, 0, 1} || told == std::vector<size_t>{4, 3, 2, 1, 0}));
  BOOST_TEST(average.finish().size() == xs.size());
  grad(y, xs);
  BOOST_TEST(told.size() == xs.size());
}

BOOST_AUTO_TEST_CASE(statistics_are_reduced_over_ranks) {
  train::Stats stats;
  stats.report("all", ranks->rank());
  stats.report("of rank " + std::to_string(ranks->rank()), 5);
  stats.reduce(*ranks);
  const train::Summary s = stats.take();
  BOOST_TEST(s.size() == size_t(ranks->size() + 1));
  BOOST_TEST(s.at("all").num == ranks->size());
  BOOST_TEST(s.at("all").mean == mean_rank());
  BOOST_TEST(s.at("of rank 0").mean == 5);
}

BOOST_AUTO_TEST_CASE(barriers_let_nobody_past) {
  for (int i = 0; i < 20; ++i) ranks->barrier();
  BOOST_CHECK_THROW(
      {
        std::string text;
        ranks->broadcast(text, ranks->size());
      },
      Error);
}
