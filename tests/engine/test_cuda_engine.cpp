// What of the CUDA engine can be checked without a GPU: its libraries and its geometry.
#include <dlfcn.h>

#include <boost/test/unit_test.hpp>
#include <random>

#include "kernels/launch.hpp"
#include "lib/engine/cuda/cuda_engine.hpp"
#include "lib/engine/cuda/library.hpp"
#include "lib/engine/cuda/symmetric.hpp"
#include "lib/rt/device.hpp"
#include "lib/rt/error.hpp"

using namespace sgan;
using engine::ConvGeometry;

namespace {

std::string error_of(void (*f)()) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

std::vector<double> random(int64_t count, uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<double> normal;
  std::vector<double> v(size_t(count), 0.0);
  for (double& x : v) x = normal(engine);
  return v;
}

std::vector<double> convolve(const ConvGeometry& g, const std::vector<double>& x,
                             const std::vector<double>& w) {
  std::vector<double> y(size_t(g.n * g.ho * g.wo * g.co));
  kernels::launch_cpu(int64_t(y.size()),
                      kernels::ConvForward<double>{g, x.data(), w.data(), y.data()});
  return y;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_missing_library_gives_one_clear_line) {
  try {
    const engine::cuda::Library library("cuDNN", {"libno-such-thing.so.9"});
    BOOST_FAIL("opened");
  } catch (const Error& e) {
    const std::string what = e.what();
    BOOST_TEST(what.find("cuDNN is needed on a GPU") == 0u);
    BOOST_TEST(what.find("libno-such-thing.so.9") != std::string::npos);
    BOOST_TEST(what.find("--device cpu") != std::string::npos);
    BOOST_TEST(what.find('\n') == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(the_libraries_have_every_function_or_say_why_not) {
  const std::string dnn = error_of(engine::cuda::load_cudnn);
  const std::string blas = error_of(engine::cuda::load_cublas);
  if (!rt::built_with_cuda()) {
    BOOST_TEST(dnn == "this build has no CUDA");
    BOOST_TEST(blas == "this build has no CUDA");
    return;
  }
  if (dlopen("libcudnn.so.9", RTLD_NOW | RTLD_LOCAL)) {
    BOOST_TEST(dnn == "");
  } else {
    BOOST_TEST(dnn.find("cuDNN is needed on a GPU") == 0u);
  }
  if (dlopen("libcublas.so.13", RTLD_NOW | RTLD_LOCAL)) {
    BOOST_TEST(blas == "");
  }
}

BOOST_AUTO_TEST_CASE(any_padding_becomes_one_that_cudnn_knows) {
  std::mt19937 draw(3);
  const auto pick = [&](int low, int high) {
    return std::uniform_int_distribution<int64_t>(low, high)(draw);
  };
  int copied = 0, direct = 0;
  for (int round = 0; round < 1000; ++round) {
    ConvGeometry g{.n = 2, .h = pick(1, 9), .w = pick(1, 9), .ci = 2};
    g.co = 3;
    g.kh = pick(1, 4);
    g.kw = pick(1, 4);
    g.stride_y = pick(1, 3);
    g.stride_x = pick(1, 3);
    g.pad_y = pick(-1, 3);
    g.pad_x = pick(-1, 3);
    const int64_t room_y = g.h + g.pad_y + pick(-1, 3) - g.kh;
    const int64_t room_x = g.w + g.pad_x + pick(-1, 3) - g.kw;
    if (room_y < 0 || room_x < 0) continue;
    g.ho = room_y / g.stride_y + 1;
    g.wo = room_x / g.stride_x + 1;
    const auto x = random(g.n * g.h * g.w * g.ci, 1);
    const auto w = random(g.co * g.kh * g.kw * g.ci, 2);

    const auto s = engine::cuda::symmetric(g);
    (s.copied ? copied : direct)++;
    BOOST_REQUIRE(s.g.pad_y >= 0 && s.g.pad_x >= 0);
    BOOST_REQUIRE_EQUAL((s.g.h + 2 * s.g.pad_y - s.g.kh) / s.g.stride_y + 1, g.ho);
    BOOST_REQUIRE_EQUAL((s.g.w + 2 * s.g.pad_x - s.g.kw) / s.g.stride_x + 1, g.wo);
    std::vector<double> picture = x;
    if (s.copied) {
      picture.assign(size_t(g.n * s.g.h * s.g.w * g.ci), 0.0);
      for (int64_t b = 0; b < g.n; ++b)
        for (int64_t i = 0; i < s.g.h; ++i)
          for (int64_t j = 0; j < s.g.w; ++j) {
            const int64_t y0 = i - s.shift_y, x0 = j - s.shift_x;
            if (y0 < 0 || y0 >= g.h || x0 < 0 || x0 >= g.w) continue;
            for (int64_t c = 0; c < g.ci; ++c) {
              picture[size_t(((b * s.g.h + i) * s.g.w + j) * g.ci + c)] =
                  x[size_t(((b * g.h + y0) * g.w + x0) * g.ci + c)];
            }
          }
    }
    const auto want = convolve(g, x, w), got = convolve(s.g, picture, w);
    BOOST_REQUIRE(got == want);
  }
  BOOST_TEST(copied > 30);
  BOOST_TEST(direct > 30);
}
