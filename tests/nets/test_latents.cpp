#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

#include "lib/nets/latents.hpp"

using namespace sgan;

BOOST_AUTO_TEST_SUITE(latents)

BOOST_AUTO_TEST_CASE(numpy_rows_do_not_depend_on_their_neighbours) {
  const std::vector<uint32_t> seeds = {5, 0};
  const auto z = nets::numpy_latents(seeds, 3);
  BOOST_TEST(z.shape() == (rt::Shape{2, 3}));
  // numpy.random.RandomState(0).randn(3), rounded to float32.
  BOOST_TEST(z.data<float>()[3] == float(1.764052345967664));
  BOOST_TEST(z.data<float>()[4] == float(0.4001572083672233));
  BOOST_TEST(z.data<float>()[5] == float(0.9787379841057392));
}

BOOST_AUTO_TEST_CASE(philox_rows_do_not_depend_on_the_batch) {
  const auto all = nets::philox_latents(3, 0, 7, 5), some = nets::philox_latents(3, 4, 2, 5);
  for (int i = 0; i < 10; ++i) BOOST_TEST(some.data<float>()[i] == all.data<float>()[20 + i]);
  const std::vector<uint32_t> seeds = {9, 3};
  const auto rows = nets::philox_latents(seeds, 5);
  for (int i = 0; i < 5; ++i) BOOST_TEST(rows.data<float>()[5 + i] == all.data<float>()[i]);
}

BOOST_AUTO_TEST_CASE(transform_undoes_the_movement) {
  const double x = 0.3, y = -0.2, degrees = 33, a = degrees / 180 * M_PI;
  const double move[9] = {std::cos(a), std::sin(a), x, -std::sin(a), std::cos(a), y, 0, 0, 1};
  const auto back = nets::input_transform(x, y, degrees);
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      double sum = 0;
      for (int k = 0; k < 3; ++k) sum += back[size_t(3 * i + k)] * move[3 * k + j];
      BOOST_TEST(std::abs(sum - (i == j)) < 1e-12);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
