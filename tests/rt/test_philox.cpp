// Philox against the known answers of its authors' library (Random123), Box-Muller against libm.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <vector>

#include "kernels/philox.inl"
#include "lib/rt/philox.hpp"

using namespace sgan;

BOOST_AUTO_TEST_SUITE(philox)

BOOST_AUTO_TEST_CASE(known_answers) {
  struct Case {
    kernels::PhiloxBlock counter;
    uint32_t key[2];
    uint32_t answer[4];
  };
  const Case cases[] = {
      {{{0, 0, 0, 0}}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
      {{{~0u, ~0u, ~0u, ~0u}}, {~0u, ~0u}, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
      {{{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}},
       {0xa4093822, 0x299f31d0},
       {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
  };
  for (const Case& c : cases) {
    const auto r = kernels::philox4x32_10(c.counter, c.key[0], c.key[1]);
    for (int i = 0; i < 4; ++i) BOOST_TEST(r.word[i] == c.answer[i]);
  }
}

BOOST_AUTO_TEST_CASE(box_muller_follows_libm) {
  for (uint64_t n = 0; n < 200000; ++n) {
    // Both ends of the range, then the whole of it.
    const uint32_t x = n < 1000   ? uint32_t(n)
                       : n < 2000 ? ~uint32_t(n - 1000)
                                  : uint32_t(n * 21473);
    const double u = (x + 0.5) / 4294967296.0;
    const double want = -2 * std::log(u);
    // The upper end of u is rounded to float, whose spacing there is 2^-24.
    BOOST_TEST(std::abs(kernels::minus_two_log(x) - want) <= 4e-7 * want + 1.3e-7);
    float c, s;
    kernels::turn(x, &c, &s);
    const double angle = 2 * M_PI * (x / 4294967296.0);
    BOOST_TEST(std::abs(c - std::cos(angle)) < 2.5e-7);
    BOOST_TEST(std::abs(s - std::sin(angle)) < 2.5e-7);
  }
}

BOOST_AUTO_TEST_CASE(any_element_alone) {
  const auto all = rt::Tensor(rt::Shape{101}, rt::DType::f32);
  rt::fill_normal(all, 7, 3);
  for (uint64_t first : {0, 1, 2, 3, 4, 17, 99}) {
    for (int64_t count : {1, 2, 5}) {
      if (int64_t(first) + count > 101) continue;
      const auto part = rt::Tensor(rt::Shape{count}, rt::DType::f32);
      rt::fill_normal(part, 7, 3, first);
      for (int64_t i = 0; i < count; ++i) {
        BOOST_TEST(part.data<float>()[i] == all.data<float>()[first + i]);
      }
    }
  }
  const auto other = rt::Tensor(rt::Shape{101}, rt::DType::f32);
  rt::fill_normal(other, 7, 4);
  BOOST_TEST(other.data<float>()[0] != all.data<float>()[0]);
}

BOOST_AUTO_TEST_CASE(moments) {
  constexpr int n = 1 << 20;
  const auto x = rt::Tensor(rt::Shape{n}, rt::DType::f32);
  rt::fill_normal(x, 20251122, 0);
  double sum[5] = {};
  for (float v : x.span<float>()) {
    BOOST_REQUIRE(std::isfinite(v));
    for (int k = 1; k <= 4; ++k) sum[k] += std::pow(v, k);
  }
  // Four standard errors each: of the k-th moment sqrt((m_2k - m_k^2) / n).
  BOOST_TEST(std::abs(sum[1] / n) < 4 * std::sqrt(1.0 / n));
  BOOST_TEST(std::abs(sum[2] / n - 1) < 4 * std::sqrt(2.0 / n));
  BOOST_TEST(std::abs(sum[3] / n) < 4 * std::sqrt(15.0 / n));
  BOOST_TEST(std::abs(sum[4] / n - 3) < 4 * std::sqrt(96.0 / n));
}

BOOST_AUTO_TEST_SUITE_END()
