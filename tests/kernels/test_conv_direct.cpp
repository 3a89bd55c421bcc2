// The direct convolution, forward and transposed, and its weight gradient against double
// references, on each instruction set at hand: strides, paddings, sizes, few and many channels.
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <vector>

#include "kernels/cpu/conv_direct.hpp"
#include "tests/kernels/conv_reference.hpp"

namespace {

using namespace sgan::kernels;
using conv_reference::Buffer;

ConvShape shape(int64_t n, int64_t h, int64_t w, int64_t ci, int64_t co, int k, int pad,
                int stride = 1, bool transposed = false) {
  ConvShape s{n, h, w, ci};
  const auto out = [&](int64_t in) {
    return transposed ? (in - 1) * stride + k - 2 * pad : (in + 2 * pad - k) / stride + 1;
  };
  s.out_h = out(h), s.out_w = out(w), s.out_c = co;
  s.kh = s.kw = k, s.stride = stride, s.pad_top = s.pad_left = pad;
  return s;
}

void check_forward(const ConvShape& s, bool transposed, int options) {
  const auto x = conv_reference::random(s.n * s.in_h * s.in_w * s.in_c, 1);
  const auto w = conv_reference::random(s.out_c * s.kh * s.kw * s.in_c, 2);
  const conv_reference::Surroundings around(s, options);
  const int64_t row = s.kw * s.in_c, kernel = s.kh * row;
  const ConvWeights view = options & 1
                               ? ConvWeights{w.data() + kernel - s.in_c, kernel, 1, -row, -s.in_c}
                               : ConvWeights{w.data(), kernel, 1, row, s.in_c};
  Buffer packed(conv_direct_weight_floats(s, transposed));
  Buffer scratch(conv_direct_scratch_floats(s, transposed, around.scaled));
  conv_direct_pack_weights(s, transposed, view, packed.data());
  Buffer y(around.before), again(around.before);
  for (Buffer* to : {&y, &again}) {
    conv_direct(s, transposed, x.data(), around.in_scale(), packed.data(), to->data(),
                around.epilogue, scratch.data());
  }
  BOOST_REQUIRE(packed.guarded() && scratch.guarded() && y.guarded());
  BOOST_REQUIRE(std::memcmp(y.data(), again.data(), y.size() * sizeof(float)) == 0);
  conv_reference::compare_forward(s, x, view, around, y, 1e-6, transposed);
}

void check_gradient(const ConvShape& s) {
  const auto x = conv_reference::random(s.n * s.in_h * s.in_w * s.in_c, 1);
  const auto dy = conv_reference::random(s.n * s.out_h * s.out_w * s.out_c, 2);
  Buffer scratch(conv_direct_gradient_scratch_floats(s));
  Buffer dw(size_t(s.out_c * s.kh * s.kw * s.in_c)), again(dw.size());
  for (Buffer* to : {&dw, &again}) {
    conv_direct_weight_gradient(s, x.data(), dy.data(), to->data(), scratch.data());
  }
  BOOST_REQUIRE(scratch.guarded() && dw.guarded());
  BOOST_REQUIRE(std::memcmp(dw.data(), again.data(), dw.size() * sizeof(float)) == 0);
  conv_reference::compare_gradient(s, x, dy, dw, 1e-6);
}

const std::vector<ConvShape>& forward_shapes() {
  static const std::vector<ConvShape> list = {
      shape(1, 1, 1, 1, 1, 1, 0),       shape(3, 5, 7, 3, 5, 3, 1),
      shape(2, 9, 11, 17, 33, 3, 0, 2), shape(2, 12, 8, 64, 40, 3, 1, 2),
      shape(1, 6, 6, 340, 20, 2, 1),    shape(4, 16, 16, 24, 70, 1, 0),
      shape(1, 7, 5, 8, 100, 5, 2, 3),  shape(1, 4, 4, 129, 128, 4, 0),
  };
  return list;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(direct_convolution)

BOOST_AUTO_TEST_CASE(forward_with_epilogues) {
  conv_reference::for_each_target([] {
    for (const ConvShape& s : forward_shapes()) {
      for (int options : {0, 1, 2, 31, 63}) check_forward(s, false, options);
    }
  });
}

BOOST_AUTO_TEST_CASE(transposed) {
  conv_reference::for_each_target([] {
    for (const ConvShape& s :
         {shape(1, 4, 4, 33, 20, 3, 0, 2, true), shape(2, 9, 7, 64, 40, 3, 1, 2, true),
          shape(1, 5, 6, 4, 3, 1, 0, 2, true), shape(3, 3, 3, 10, 17, 4, 1, 3, true),
          shape(2, 6, 5, 20, 30, 3, 1, 1, true)}) {
      for (int options : {0, 1, 31}) check_forward(s, true, options);
    }
  });
}

BOOST_AUTO_TEST_CASE(weight_gradient) {
  conv_reference::for_each_target([] {
    for (const ConvShape& s : forward_shapes()) check_gradient(s);
    check_gradient(shape(9, 33, 33, 70, 50, 3, 0, 2));
  });
}

BOOST_AUTO_TEST_SUITE_END()
