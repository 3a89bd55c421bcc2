// The driver of measurements: units, interruption, checkpoints.
#include "lib/metrics/measure.hpp"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdio>
#include <fstream>

#include "lib/metrics/draws.hpp"
#include "lib/metrics/measure_sum.hpp"
#include "lib/metrics/path_length.hpp"

namespace {

using namespace sgan;
using metrics::Job;

struct Scratch {
  std::string path = cat("/tmp/sgan-test-measure-", getpid(), ".part");
  ~Scratch() { std::remove(path.c_str()); }
};

// Rows that tell their sample; counts how many were computed.
Job counting_job(int64_t samples, int64_t* computed) {
  Job job;
  job.samples = samples;
  job.columns = 2;
  job.unit = 4;
  job.identity = "test; seed 0";
  job.compute = [computed](int64_t first, const rt::Tensor& rows) {
    for (int64_t i = 0; i < rows.size(0); ++i) {
      rows.data<double>()[2 * i] = double(first + i);
      rows.data<double>()[2 * i + 1] = std::sin(double(first + i));
    }
    *computed += rows.size(0);
  };
  return job;
}

bool says(const std::string& part, const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    if (std::string(error.what()).find(part) != std::string::npos) return true;
    BOOST_TEST_MESSAGE(error.what());
  }
  return false;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(measure)

BOOST_AUTO_TEST_CASE(rows_come_in_order_of_their_samples) {
  int64_t computed = 0;
  const auto ranks = dist::make_communicator(rt::cpu);
  const auto table = metrics::measure(counting_job(10, &computed), *ranks);
  BOOST_TEST(table.complete());
  BOOST_TEST(computed == 10);
  for (int64_t i = 0; i < 10; ++i) BOOST_TEST(table.rows.data<double>()[2 * i] == double(i));
}

BOOST_AUTO_TEST_CASE(interrupted_and_gone_on_with_equals_uninterrupted) {
  const Scratch scratch;
  const auto ranks = dist::make_communicator(rt::cpu);
  int64_t computed = 0, asked = 0;
  Job job = counting_job(22, &computed);
  job.checkpoint = scratch.path;
  const auto part = metrics::measure(job, *ranks, {{}, [&] { return ++asked == 3; }});
  BOOST_TEST(!part.complete());
  BOOST_TEST(part.done() == 12);
  BOOST_TEST(part.rows.data<double>()[2 * 11] == 11.0);
  const auto whole = metrics::measure(job, *ranks);
  BOOST_TEST(whole.complete());
  BOOST_TEST(computed == 22);  // nothing was computed twice
  int64_t again = 0;
  const auto expected = metrics::measure(counting_job(22, &again), *ranks);
  BOOST_TEST(whole.rows.to_doubles() == expected.rows.to_doubles(),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_checkpoint_of_something_else_is_refused) {
  const Scratch scratch;
  const auto ranks = dist::make_communicator(rt::cpu);
  int64_t computed = 0;
  Job job = counting_job(8, &computed);
  job.checkpoint = scratch.path;
  metrics::measure(job, *ranks);
  job.identity = "test; seed 1";
  BOOST_TEST(says("'seed 0', this one 'seed 1'", [&] { metrics::measure(job, *ranks); }));
  job.identity = "test; seed 0";
  job.unit = 2;
  BOOST_TEST(says("--batch 4", [&] { metrics::measure(job, *ranks); }));
  std::ofstream(scratch.path) << "no such file";
  BOOST_TEST(says(scratch.path, [&] { metrics::measure(job, *ranks); }));
}

BOOST_AUTO_TEST_CASE(a_longer_checkpoint_stays) {
  const Scratch scratch;
  const auto ranks = dist::make_communicator(rt::cpu);
  int64_t computed = 0;
  Job job = counting_job(16, &computed);
  job.checkpoint = scratch.path;
  metrics::measure(job, *ranks);
  job.samples = 8;
  BOOST_TEST(metrics::measure(job, *ranks).done() == 8);
  job.samples = 16;
  metrics::measure(job, *ranks);
  BOOST_TEST(computed == 16);
}

BOOST_AUTO_TEST_CASE(a_cache_costs_no_result) {
  const Scratch scratch;
  const auto ranks = dist::make_communicator(rt::cpu);
  int64_t computed = 0, warnings = 0;
  const metrics::JobHooks hooks{{}, {}, [&](const std::string&) { ++warnings; }};
  Job job = counting_job(8, &computed);
  job.cache = true;
  job.checkpoint = scratch.path;
  std::ofstream(scratch.path) << "no such file";
  BOOST_TEST(metrics::measure(job, *ranks, hooks).complete());
  BOOST_TEST(warnings == 1);
  BOOST_TEST(metrics::measure(job, *ranks, hooks).complete());  // it was made anew
  BOOST_TEST(computed == 8);
  job.checkpoint = "/nowhere/cache";
  BOOST_TEST(metrics::measure(job, *ranks, hooks).complete());
  BOOST_TEST(warnings == 2);
  job.cache = false;
  BOOST_TEST(says("/nowhere/cache", [&] { metrics::measure(job, *ranks, hooks); }));
}

BOOST_AUTO_TEST_CASE(what_fails_is_thrown) {
  const auto ranks = dist::make_communicator(rt::cpu);
  int64_t computed = 0;
  Job job = counting_job(12, &computed);
  job.compute = [](int64_t first, const rt::Tensor&) { check(first < 4, "sample ", first); };
  BOOST_TEST(says("sample 4", [&] { metrics::measure(job, *ranks); }));
}

BOOST_AUTO_TEST_CASE(draws_are_uniform_and_differ) {
  double sum = 0, squares = 0;
  for (uint64_t i = 0; i < 20000; ++i) {
    const double u = metrics::uniform_draw(5, 2, i);
    BOOST_TEST_REQUIRE((u >= 0 && u < 1));
    sum += u;
    squares += u * u;
  }
  BOOST_TEST(sum / 20000 == 0.5, boost::test_tools::tolerance(0.02));
  BOOST_TEST(squares / 20000 == 1.0 / 3, boost::test_tools::tolerance(0.03));
  BOOST_TEST(metrics::uniform_draw(5, 1, 7) != metrics::uniform_draw(5, 2, 7));
  BOOST_TEST(metrics::uniform_draw(5, 2, 7) != metrics::uniform_draw(6, 2, 7));
}

BOOST_AUTO_TEST_CASE(outliers_of_path_lengths_are_left_out) {
  std::vector<double> distances(101, 2.0);
  distances[3] = 1e9;
  distances[4] = -1e9;
  const auto s = metrics::summarize_path_lengths(distances);
  BOOST_TEST(s.mean == 2.0);
  BOOST_TEST(s.kept == 99);
  BOOST_TEST(metrics::summarize_path_lengths({3.0}).mean == 3.0);
  BOOST_TEST(says("not a finite number", [] {
    metrics::summarize_path_lengths({1.0, std::nan("")});
  }));
}

BOOST_AUTO_TEST_CASE(slerp_keeps_to_the_sphere) {
  const auto a = rt::Tensor::from(std::vector<float>{2, 0, 0, 1}, {2, 2});
  const auto b = rt::Tensor::from(std::vector<float>{0, 5, 0, 1}, {2, 2});  // the second: parallel
  const auto y = metrics::slerp(a, b, {0.5, 0.3}).to_doubles();
  BOOST_TEST(y[0] == std::sqrt(0.5), boost::test_tools::tolerance(1e-12));
  BOOST_TEST(y[1] == std::sqrt(0.5), boost::test_tools::tolerance(1e-12));
  BOOST_TEST(y[3] == 1.0, boost::test_tools::tolerance(1e-12));
}

// The sum of the numbers of the samples, and how many there were.
metrics::SumJob summing_job(std::vector<double>& sums, int64_t samples) {
  sums.assign(2, 0);
  metrics::SumJob job;
  job.samples = samples;
  job.unit = 4;
  job.sums = sums;
  job.identity = "test; seed 0";
  job.add = [&sums](int64_t first, int64_t count) {
    for (int64_t i = first; i < first + count; ++i) sums[0] += double(i);
    sums[1] += double(count);
    return count;
  };
  return job;
}

BOOST_AUTO_TEST_CASE(a_sum_goes_on_from_its_checkpoint) {
  const Scratch scratch;
  const auto ranks = dist::make_communicator(rt::cpu);
  std::vector<double> sums;
  auto job = summing_job(sums, 1000);
  job.checkpoint = scratch.path;
  int rounds = 0;
  const int64_t done = metrics::measure_sum(job, *ranks, {{}, [&] { return ++rounds == 3; }, {}});
  BOOST_TEST(done == 12);
  BOOST_TEST(sums[0] == 66);
  // Another number of samples, in units that begin where the others ended.
  job = summing_job(sums, 18);
  job.checkpoint = scratch.path;
  BOOST_TEST(metrics::measure_sum(job, *ranks) == 18);
  BOOST_TEST(sums[0] == 153);
  BOOST_TEST(sums[1] == 18);
  job = summing_job(sums, 17);
  job.checkpoint = scratch.path;
  BOOST_TEST(says("18 samples already", [&] { metrics::measure_sum(job, *ranks); }));
  job = summing_job(sums, 20);
  job.checkpoint = scratch.path;
  job.identity = "test; seed 1";
  BOOST_TEST(says("'seed 0', this one 'seed 1'", [&] { metrics::measure_sum(job, *ranks); }));
}

BOOST_AUTO_TEST_CASE(a_sum_of_what_comes_ends_with_it) {
  const auto ranks = dist::make_communicator(rt::cpu);
  std::vector<double> sums;
  auto job = summing_job(sums, -1);
  const auto add = job.add;
  job.add = [&](int64_t first, int64_t) { return first < 6 ? add(first, 3) : 0; };
  BOOST_TEST(metrics::measure_sum(job, *ranks) == 6);
  BOOST_TEST(sums[0] == 15);
}

BOOST_AUTO_TEST_SUITE_END()
