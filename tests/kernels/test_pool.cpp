// Pools on vector units give the bits of the plain ones, on each instruction set at hand.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>
#include <limits>

#include "kernels/cpu/pool.hpp"
#include "tests/kernels/conv_reference.hpp"

namespace {

using namespace sgan::kernels;
using conv_reference::Buffer;

void check(PoolGeometry g) {
  g.ho = (g.h + 2 * g.pad - g.k) / g.stride + 1;
  g.wo = (g.w + 2 * g.pad - g.k) / g.stride + 1;
  g.run = g.c;
  auto x = conv_reference::random(g.n * g.h * g.w * g.c, 1);
  // NaN must reach every window that holds it, whatever stands before or behind it.
  x[x.size() / 2] = std::numeric_limits<float>::quiet_NaN();
  x[0] = -std::numeric_limits<float>::infinity();
  const auto count = size_t(g.n * g.ho * g.wo * g.c);
  Buffer fast(count), plain(count);
  const auto compare = [&] {
    BOOST_REQUIRE(fast.guarded());
    for (size_t i = 0; i < count; ++i) {
      BOOST_REQUIRE((fast[i] == plain[i] || (std::isnan(fast[i]) && std::isnan(plain[i]))));
    }
  };
  max_pool_fast(g, x.data(), fast.data());
  const MaxPool<float> most{g, x.data(), plain.data()};
  for (int64_t i = 0; i < g.n * g.ho * g.wo; ++i) most(i);
  compare();
  average_pool_fast(g, x.data(), fast.data());
  const AveragePool<float> mean{g, x.data(), plain.data()};
  for (int64_t i = 0; i < g.n * g.ho * g.wo; ++i) mean(i);
  compare();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(pool)

BOOST_AUTO_TEST_CASE(fast_equals_plain) {
  conv_reference::for_each_target([] {
    for (int64_t c : {1, 3, 16, 37, 64, 70}) {
      check({.n = 2, .h = 9, .w = 7, .c = c, .k = 3, .stride = 1, .pad = 1});
      check({.n = 1, .h = 8, .w = 11, .c = c, .k = 2, .stride = 2, .pad = 0});
      check({.n = 1, .h = 16, .w = 15, .c = c, .k = 15, .stride = 4, .pad = 7});
    }
  });
}

BOOST_AUTO_TEST_SUITE_END()
