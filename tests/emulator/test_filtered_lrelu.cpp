// The fused filtered nonlinearity against a naive one in double that follows its definition.
#include "kernels/cuda/filtered_lrelu.cuh"
#include "tests/emulator/twin.hpp"

using namespace sgan::kernels;
namespace em = sgan::emulator;

namespace {

struct Case {
  int64_t n, h, w, c;
  int up, up_taps, down_taps;
  int64_t pad_x0, pad_x1, pad_y0, pad_y1;
  float gain = 1.5f, slope = 0.2f, clamp = -1;
  bool scale = true, bias = true;
};

template <class T>
struct Data {
  std::vector<T> x, scale, bias;
  std::vector<float> fu, fd;
  FilteredLreluTask<T> task;
};

template <class T>
Data<T> make(const Case& k, bool radial) {
  Data<T> d;
  d.x = em::random<T>(k.n * k.h * k.w * k.c, 1);
  d.scale = em::random<T>(k.n * k.c, 2);
  d.bias = em::random<T>(k.c, 3);
  d.fu = em::random<float>(k.up_taps, 4);
  for (float& v : d.fu) v /= float(k.up) * 2.45f;  // keeps the oversampled signal near 1
  d.fd = em::random<float>(radial ? k.down_taps * k.down_taps : k.down_taps, 5);
  auto& t = d.task;
  t.n = k.n;
  t.h = k.h;
  t.w = k.w;
  t.c = k.c;
  t.up = k.up;
  t.down = 2;
  t.up_taps = k.up_taps;
  t.down_taps = k.down_taps;
  t.radial = radial;
  t.pad_x0 = k.pad_x0;
  t.pad_y0 = k.pad_y0;
  t.wo = (k.w * k.up + k.pad_x0 + k.pad_x1 - (k.up_taps - 1) - (k.down_taps - 1) + 1) / 2;
  t.ho = (k.h * k.up + k.pad_y0 + k.pad_y1 - (k.up_taps - 1) - (k.down_taps - 1) + 1) / 2;
  t.gain = k.gain;
  t.slope = k.slope;
  t.clamp = k.clamp;
  t.x = d.x.data();
  if (k.scale) t.scale = d.scale.data();
  if (k.bias) t.bias = d.bias.data();
  t.fu = d.fu.data();
  t.fd = d.fd.data();
  return d;
}

template <class T>
std::vector<double> naive(const FilteredLreluTask<T>& t) {
  const int64_t uh = (t.ho - 1) * t.down + t.down_taps, uw = (t.wo - 1) * t.down + t.down_taps;
  std::vector<double> y(size_t(t.n * t.ho * t.wo * t.c));
  std::vector<double> fine(size_t(uh * uw));
  for (int64_t b = 0; b < t.n; ++b)
    for (int64_t c = 0; c < t.c; ++c) {
      const auto stuffed = [&](int64_t v, int64_t u) {  // padded, upsampled
        if (v < 0 || u < 0 || v % t.up || u % t.up || v / t.up >= t.h || u / t.up >= t.w)
          return 0.0;
        double x = double(t.x[((b * t.h + v / t.up) * t.w + u / t.up) * t.c + c]);
        if (t.scale) x *= double(t.scale[b * t.c + c]);
        if (t.bias) x += double(t.bias[c]);
        return x;
      };
      for (int64_t v = 0; v < uh; ++v)
        for (int64_t u = 0; u < uw; ++u) {
          double sum = 0;
          for (int i = 0; i < t.up_taps; ++i)
            for (int j = 0; j < t.up_taps; ++j)
              sum += stuffed(v + i - t.pad_y0, u + j - t.pad_x0) * t.fu[i] * t.fu[j];
          sum *= t.up * t.up;
          double a = (sum > 0 ? sum : sum * double(t.slope)) * double(t.gain);
          if (t.clamp >= 0) a = std::min(std::max(a, -double(t.clamp)), double(t.clamp));
          fine[size_t(v * uw + u)] = a;
        }
      for (int64_t oy = 0; oy < t.ho; ++oy)
        for (int64_t ox = 0; ox < t.wo; ++ox) {
          double sum = 0;
          for (int i = 0; i < t.down_taps; ++i)
            for (int j = 0; j < t.down_taps; ++j) {
              const double tap =
                  t.radial ? t.fd[i * t.down_taps + j] : double(t.fd[i]) * double(t.fd[j]);
              sum += fine[size_t((oy * t.down + i) * uw + ox * t.down + j)] * tap;
            }
          y[size_t(((b * t.ho + oy) * t.wo + ox) * t.c + c)] = sum;
        }
    }
  return y;
}

template <class T, int Up, bool Radial>
void check(const Case& k, double tolerance) {
  Data<T> d = make<T>(k, Radial);
  BOOST_REQUIRE(d.task.ho > 0 && d.task.wo > 0);
  BOOST_REQUIRE(filtered_lrelu_cuda_supported(d.task));
  em::Guarded<T> y(d.task.n * d.task.ho * d.task.wo * d.task.c);
  d.task.y = y.data();
  const auto tiles = filtered_lrelu_tiles<T, Up, Radial>(d.task);
  BOOST_REQUIRE(tiles.shared_bytes() <= (48 << 10));
  em::run(tiles);
  em::require_close(y, naive(d.task), tolerance);
}

template <int Up>
void check_all() {
  const int taps = 6 * Up;
  const std::vector<Case> cases{
      {2, 9, 11, 9, Up, taps, 12, taps, taps - 1, taps + 1, taps + 2},
      {1, 14, 13, 3, Up, taps, 12, 9, 8, 10, 7, 1.4142135f, 0.2f, 0.7f},
      {1, 20, 17, 1, Up, taps, 12, -3, -2, 5, 6, 1, 0, -1, false, false},  // crops; plain ReLU
      {1, 10, 9, 4, Up, taps - 1, 11, 7, 8, 6, 9, 1, 1, 256, false,
       true},  // short filters, slope 1
      {1, 8, 25, 8, Up, 2 * Up, 6, 3, 4, 5, 2, 1, 0.2f, -1, true, false},
  };
  for (size_t i = 0; i < cases.size(); ++i) {
    BOOST_TEST_CONTEXT("up " << Up << ", case " << i) {
      check<float, Up, false>(cases[i], 2e-6);
      check<float, Up, true>(cases[i], 2e-6);
    }
  }
  for (int64_t pad = 5; pad < 9; ++pad) {  // every phase
    BOOST_TEST_CONTEXT("up " << Up << ", padding " << pad) {
      check<float, Up, false>({1, 9, 9, 2, Up, taps, 12, pad, taps, pad + 1, taps}, 2e-6);
    }
  }
  check<Half, Up, false>(cases[0], 0x1.02p-11);
  check<BFloat16, Up, true>(cases[0], 0x1.02p-8);
}

}  // namespace

BOOST_AUTO_TEST_CASE(filtered_lrelu_up_2) { check_all<2>(); }
BOOST_AUTO_TEST_CASE(filtered_lrelu_up_4) { check_all<4>(); }

BOOST_AUTO_TEST_CASE(a_nan_stays_one_and_only_where_the_filters_reach) {
  Data<float> d = make<float>({1, 30, 30, 1, 2, 12, 12, 11, 11, 11, 11, 1, 0.2f, 5}, false);
  d.x[15 * 30 + 15] = NAN;
  std::vector<float> y(size_t(d.task.ho * d.task.wo));
  d.task.y = y.data();
  em::run(filtered_lrelu_tiles<float, 2, false>(d.task));
  int64_t nans = 0;
  for (float v : y) nans += std::isnan(v);
  BOOST_TEST(nans > 0);
  BOOST_TEST(nans <= 14 * 14);
  BOOST_TEST(std::isnan(y[size_t(15 * d.task.wo + 15)]));
}

BOOST_AUTO_TEST_CASE(what_has_no_fused_kernel_is_refused) {
  FilteredLreluTask<float> t;
  t.up = 2;
  t.down = 2;
  t.up_taps = t.down_taps = 12;
  BOOST_TEST(filtered_lrelu_cuda_supported(t));
  for (auto change : {+[](FilteredLreluTask<float>& u) { u.up = 1; },
                      +[](FilteredLreluTask<float>& u) { u.down = 4; },
                      +[](FilteredLreluTask<float>& u) { u.up_taps = 13; },
                      +[](FilteredLreluTask<float>& u) { u.down_taps = 13; }}) {
    auto u = t;
    change(u);
    BOOST_TEST(!filtered_lrelu_cuda_supported(u));
  }
}
