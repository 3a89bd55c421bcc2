// Winograd's convolution and weight gradient against double references, on each instruction set at
// hand: odd sizes, paddings, few and many channels, epilogues; and the same bits on every run.
#include <hwy/highway.h>
#include <hwy/targets.h>

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "kernels/cpu/winograd.hpp"
#include "tests/kernels/conv_reference.hpp"

namespace {

using namespace sgan::kernels;
using conv_reference::Buffer;

ConvShape shape(int64_t n, int64_t h, int64_t w, int64_t ci, int64_t co, int pad) {
  ConvShape s{n, h, w, ci, h + 2 * pad - 2, w + 2 * pad - 2, co};
  s.kh = s.kw = 3;
  s.pad_top = s.pad_left = pad;
  return s;
}

const std::vector<ConvShape>& shapes() {
  static const std::vector<ConvShape> list = {
      shape(1, 3, 3, 1, 1, 0),     shape(2, 4, 4, 16, 16, 1),    shape(3, 5, 7, 3, 5, 1),
      shape(2, 13, 9, 17, 33, 2),  shape(1, 36, 36, 40, 24, 2),  shape(5, 8, 8, 64, 48, 1),
      shape(1, 6, 30, 100, 70, 0), shape(40, 16, 16, 20, 12, 1),
  };
  return list;
}

void check_forward(const ConvShape& s, int options) {
  const auto x = conv_reference::random(s.n * s.in_h * s.in_w * s.in_c, 1);
  const auto w = conv_reference::random(s.out_c * 9 * s.in_c, 2);
  const conv_reference::Surroundings around(s, options);
  const ConvWeights view =
      options & 1 ? ConvWeights{w.data() + 8 * s.in_c, 9 * s.in_c, 1, -3 * s.in_c, -s.in_c}
                  : ConvWeights{w.data(), 9 * s.in_c, 1, 3 * s.in_c, s.in_c};
  Buffer packed(winograd_weight_floats(s)), scratch(winograd_scratch_floats(s));
  winograd_pack_weights(s, view, packed.data());
  Buffer y(around.before), again(around.before);
  winograd(s, x.data(), around.in_scale(), packed.data(), y.data(), around.epilogue,
           scratch.data());
  winograd(s, x.data(), around.in_scale(), packed.data(), again.data(), around.epilogue,
           scratch.data());
  BOOST_REQUIRE(packed.guarded() && scratch.guarded() && y.guarded());
  BOOST_REQUIRE(std::memcmp(y.data(), again.data(), y.size() * sizeof(float)) == 0);
  conv_reference::compare_forward(s, x, view, around, y, 4e-6);
}

void check_gradient(const ConvShape& s) {
  const auto x = conv_reference::random(s.n * s.in_h * s.in_w * s.in_c, 1);
  const auto dy = conv_reference::random(s.n * s.out_h * s.out_w * s.out_c, 2);
  Buffer scratch(winograd_gradient_scratch_floats(s)), dw(size_t(s.out_c * 9 * s.in_c));
  Buffer again(dw.size());
  winograd_weight_gradient(s, x.data(), dy.data(), dw.data(), scratch.data());
  winograd_weight_gradient(s, x.data(), dy.data(), again.data(), scratch.data());
  BOOST_REQUIRE(scratch.guarded() && dw.guarded());
  BOOST_REQUIRE(std::memcmp(dw.data(), again.data(), dw.size() * sizeof(float)) == 0);
  conv_reference::compare_gradient(s, x, dy, dw, 4e-6);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(winograd_convolution)

BOOST_AUTO_TEST_CASE(forward_with_epilogues) {
  conv_reference::for_each_target([] {
    for (const ConvShape& s : shapes()) {
      for (int options : {0, 1, 2, 31, 63}) check_forward(s, options);
    }
  });
}

BOOST_AUTO_TEST_CASE(weight_gradient) {
  conv_reference::for_each_target([] {
    for (const ConvShape& s : shapes()) check_gradient(s);
  });
}

BOOST_AUTO_TEST_SUITE_END()
