// Winograd's method along a line against a double reference, on each instruction set at hand.
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <vector>

#include "kernels/cpu/winograd_line.hpp"
#include "tests/kernels/conv_reference.hpp"

namespace {

using namespace sgan::kernels;
using conv_reference::Buffer;

struct Case {
  int64_t n, h, w, ci, co;
  int pad;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> list = {{1, 1, 1, 1, 1, 3},     {2, 8, 8, 16, 16, 1},
                                         {1, 7, 9, 3, 5, 0},     {3, 17, 17, 20, 33, 3},
                                         {1, 12, 30, 70, 40, 3}, {20, 13, 11, 24, 12, 2}};
  return list;
}

void check(const Case& c, int taps, bool down, int options) {
  const int64_t room = (down ? c.h : c.w) + 2 * c.pad - taps + 1;
  // Outputs without any term would be held against zero, but have their tile's rounding.
  if (room < 1 || c.pad >= taps) return;
  ConvShape s{c.n, c.h, c.w, c.ci, down ? room : c.h, down ? c.w : room, c.co};
  (down ? s.kh : s.kw) = taps;
  (down ? s.pad_top : s.pad_left) = c.pad;
  BOOST_REQUIRE(winograd_line_supports(s));
  const auto x = conv_reference::random(s.n * s.in_h * s.in_w * s.in_c, 1);
  const auto w = conv_reference::random(s.out_c * taps * s.in_c, 2);
  conv_reference::Surroundings around(s, options & ~2);  // no scales before it
  if (options & 2) around.epilogue.out_scale = around.out_scale.data();
  const int64_t each = taps * s.in_c;
  const ConvWeights view = options & 1
                               ? ConvWeights{w.data() + each - s.in_c, each, 1, -s.in_c, -s.in_c}
                               : ConvWeights{w.data(), each, 1, s.in_c, s.in_c};
  Buffer packed(winograd_line_weight_floats(s)), scratch(winograd_line_scratch_floats(s));
  winograd_line_pack_weights(s, view, packed.data());
  Buffer y(around.before), again(around.before);
  winograd_line(s, x.data(), packed.data(), y.data(), around.epilogue, scratch.data());
  winograd_line(s, x.data(), packed.data(), again.data(), around.epilogue, scratch.data());
  BOOST_REQUIRE(packed.guarded() && scratch.guarded() && y.guarded());
  BOOST_REQUIRE(std::memcmp(y.data(), again.data(), y.size() * sizeof(float)) == 0);
  conv_reference::compare_forward(s, x, view, around, y, taps == 3 ? 4e-6 : 1e-5);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(winograd_line_convolution)

BOOST_AUTO_TEST_CASE(forward_with_epilogues) {
  conv_reference::for_each_target([] {
    for (const Case& c : cases()) {
      for (int taps : {3, 7}) {
        for (bool down : {false, true}) {
          for (int options : {0, 1, 2, 31, 63}) check(c, taps, down, options);
        }
      }
    }
  });
}

BOOST_AUTO_TEST_CASE(others_are_not_supported) {
  ConvShape s{1, 9, 9, 16, 9, 9, 16};
  s.kh = 1, s.kw = 5;
  BOOST_TEST(!winograd_line_supports(s));
  s.kh = s.kw = 3;
  BOOST_TEST(!winograd_line_supports(s));
  s.kh = 7, s.kw = 1;
  BOOST_TEST(winograd_line_supports(s));
  s.stride = 2;
  BOOST_TEST(!winograd_line_supports(s));
}

BOOST_AUTO_TEST_SUITE_END()
