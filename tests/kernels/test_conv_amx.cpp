// The AMX convolution against a naive double reference: every option, odd sizes, guarded buffers.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "kernels/cpu/conv_amx.hpp"

namespace {

using namespace sgan::kernels;

constexpr float kSentinel = 12345.678f;
constexpr int64_t kGuard = 64;
double largest_error = 0;  // in norm, of all cases

// `size` floats on a 64-byte boundary with sentinels before and behind them.
class Guarded {
 public:
  explicit Guarded(int64_t size) : size_(size), data_(size + 2 * kGuard + 16, kSentinel) {
    auto at = reinterpret_cast<uintptr_t>(data_.data());
    skip_ = static_cast<int64_t>((64 - at % 64) % 64 / sizeof(float)) + kGuard;
  }
  float* get() { return data_.data() + skip_; }
  int64_t size() const { return size_; }
  bool intact() const {
    for (int64_t i = 0; i < static_cast<int64_t>(data_.size()); ++i) {
      if ((i < skip_ || i >= skip_ + size_) && data_[i] != kSentinel) return false;
    }
    return true;
  }

 private:
  int64_t size_, skip_;
  std::vector<float> data_;
};

struct Options {
  bool transposed = false, in_scale = false, out_scale = false, bias = false, accumulate = false;
  int noise = 0;  // 1: one for all samples, 2: one each
  Act act = Act::linear;
  float gain = 1, clamp = -1;
  int threads = 0;
  bool flip = false, oihw = false;
};

double weight(const std::vector<float>& w, const ConvShape& s, bool oihw, int64_t co, int64_t ci,
              int ky, int kx) {
  return oihw ? w[((co * s.in_c + ci) * s.kh + ky) * s.kw + kx]
              : w[((co * s.kh + ky) * s.kw + kx) * s.in_c + ci];
}

struct Reference {
  std::vector<double> y,
      magnitude;  // magnitude: the same sums over absolute values, before the clamp
};

Reference reference(const ConvShape& s, const Options& o, const std::vector<float>& x,
                    const std::vector<float>& w, const std::vector<float>& in_scale,
                    const std::vector<float>& y0, const ConvEpilogue& e) {
  std::vector<double> y(s.n * s.out_h * s.out_w * s.out_c, 0.0), magnitude(y);
  const auto at = [&](int64_t n, int64_t iy, int64_t ix, int64_t ci) {
    return double{x[((n * s.in_h + iy) * s.in_w + ix) * s.in_c + ci]} *
           (o.in_scale ? in_scale[n * s.in_c + ci] : 1.0);
  };
  for (int64_t n = 0; n < s.n; ++n) {
    for (int64_t oy = 0; oy < s.out_h; ++oy) {
      for (int64_t ox = 0; ox < s.out_w; ++ox) {
        for (int ky = 0; ky < s.kh; ++ky) {
          for (int kx = 0; kx < s.kw; ++kx) {
            int64_t iy, ix;
            if (o.transposed) {
              iy = oy + s.pad_top - ky, ix = ox + s.pad_left - kx;
              if (iy % s.stride || ix % s.stride) continue;
              iy /= s.stride, ix /= s.stride;
            } else {
              iy = oy * s.stride + ky - s.pad_top, ix = ox * s.stride + kx - s.pad_left;
            }
            if (iy < 0 || ix < 0 || iy >= s.in_h || ix >= s.in_w) continue;
            const int wy = o.flip ? s.kh - 1 - ky : ky, wx = o.flip ? s.kw - 1 - kx : kx;
            for (int64_t co = 0; co < s.out_c; ++co) {
              double sum = 0, sum_abs = 0;
              for (int64_t ci = 0; ci < s.in_c; ++ci) {
                const double v = at(n, iy, ix, ci) * weight(w, s, o.oihw, co, ci, wy, wx);
                sum += v, sum_abs += std::abs(v);
              }
              const int64_t i = ((n * s.out_h + oy) * s.out_w + ox) * s.out_c + co;
              y[i] += sum, magnitude[i] += sum_abs;
            }
          }
        }
        for (int64_t co = 0; co < s.out_c; ++co) {
          const int64_t i = ((n * s.out_h + oy) * s.out_w + ox) * s.out_c + co;
          double v = y[i], &m = magnitude[i];
          if (e.out_scale) {
            v *= e.out_scale[n * s.out_c + co];
            m *= std::abs(e.out_scale[n * s.out_c + co]);
          }
          if (e.noise) {
            const double noise =
                double{e.noise[n * e.noise_sample_stride + oy * s.out_w + ox]} * e.noise_strength;
            v += noise, m += std::abs(noise);
          }
          if (e.bias) v += e.bias[co], m += std::abs(e.bias[co]);
          m = m * e.gain + (e.accumulate ? std::abs(y0[i]) : 0);
          if (e.act == Act::relu && v < 0) v = 0;
          if (e.act == Act::lrelu && v < 0) v *= e.alpha;
          v *= e.gain;
          if (e.clamp >= 0) v = std::min(std::max(v, -double{e.clamp}), double{e.clamp});
          y[i] = v + (e.accumulate ? y0[i] : 0);
        }
      }
    }
  }
  return {y, magnitude};
}

// Runs the case. Relative error in norm below 1e-5 (for random data, measured at about 3e-6), and
// each value within 3 * 2^-16 of its sum of magnitudes: at worst 2^-16 each for Alo Blo and the two
// rounded lo (and a little for float32 sums).
void check(const ConvShape& s, const Options& o = {}) {
  std::mt19937 gen(7);
  std::normal_distribution<float> normal;
  const auto random = [&](int64_t n) {
    std::vector<float> v(n);
    for (float& f : v) f = normal(gen);
    return v;
  };
  const auto x = random(s.n * s.in_h * s.in_w * s.in_c);
  const auto w = random(s.out_c * s.in_c * s.kh * s.kw);
  const auto in_scale = random(s.n * s.in_c), out_scale = random(s.n * s.out_c);
  const auto bias = random(s.out_c), noise = random(s.n * s.out_h * s.out_w);
  const auto y0 = random(s.n * s.out_h * s.out_w * s.out_c);

  ConvEpilogue e;
  if (o.out_scale) e.out_scale = out_scale.data();
  if (o.bias) e.bias = bias.data();
  if (o.noise) e.noise = noise.data();
  e.noise_sample_stride = o.noise == 2 ? s.out_h * s.out_w : 0;
  e.noise_strength = 0.7f;
  e.act = o.act, e.gain = o.gain, e.clamp = o.clamp, e.accumulate = o.accumulate;

  ConvAmxPlan plan;
  BOOST_REQUIRE((o.transposed ? conv_amx_transpose_plan : conv_amx_plan)(s, plan, o.threads));
  Guarded packed(conv_amx_weight_bytes(plan) / 4), scratch(conv_amx_scratch_bytes(plan) / 4);
  Guarded gx(x.size()), gy(y0.size());
  std::copy(x.begin(), x.end(), gx.get());
  if (o.accumulate) {
    std::copy(y0.begin(), y0.end(), gy.get());
  } else {
    std::fill_n(gy.get(), gy.size(), std::numeric_limits<float>::quiet_NaN());
  }
  // Scratch starts as NaN: what is read must have been written.
  std::fill_n(scratch.get(), scratch.size(), std::numeric_limits<float>::quiet_NaN());
  ConvWeights view = o.oihw ? ConvWeights{w.data(), s.in_c * s.kh * s.kw, s.kh * s.kw, s.kw, 1}
                            : ConvWeights{w.data(), s.in_c * s.kh * s.kw, 1, s.kw * s.in_c, s.in_c};
  if (o.flip) {
    view.data += (s.kh - 1) * view.ky_stride + (s.kw - 1) * view.kx_stride;
    view.ky_stride = -view.ky_stride, view.kx_stride = -view.kx_stride;
  }
  conv_amx_pack_weights(plan, view, packed.get());
  sgan::kernels::conv_amx(plan, gx.get(), o.in_scale ? in_scale.data() : nullptr, packed.get(),
                          gy.get(), e, scratch.get());
  BOOST_TEST(packed.intact());
  BOOST_TEST(scratch.intact());
  BOOST_TEST(gy.intact());

  const auto want = reference(s, o, x, w, in_scale, y0, e);
  double error = 0, norm = 0, worst = 0;
  for (size_t i = 0; i < want.y.size(); ++i) {
    const double got = gy.get()[i];
    if (std::isnan(got)) {
      BOOST_FAIL("NaN at " << i);
    }
    const double off = std::abs(got - want.y[i]);
    error += off * off;
    norm += want.y[i] * want.y[i];
    if (off > 0) worst = std::max(worst, off / want.magnitude[i]);
  }
  BOOST_TEST_INFO("n " << s.n << " in " << s.in_h << 'x' << s.in_w << 'x' << s.in_c << " out "
                       << s.out_h << 'x' << s.out_w << 'x' << s.out_c << " k " << s.kh << 'x'
                       << s.kw << " stride " << s.stride << " block " << plan.samples << 'x'
                       << plan.rows << 'x' << plan.cols << '/' << plan.groups);
  BOOST_TEST(std::sqrt(error) <= 1e-5 * std::sqrt(norm));
  BOOST_TEST(worst <= 3.1 / 65536);
  largest_error = std::max(largest_error, norm > 0 ? std::sqrt(error / norm) : 0);
}

ConvShape same(int64_t n, int64_t h, int64_t w, int64_t ci, int64_t co, int k, int pad,
               int stride = 1) {
  ConvShape s;
  s.n = n, s.in_h = h, s.in_w = w, s.in_c = ci, s.out_c = co, s.kh = s.kw = k;
  s.pad_top = s.pad_left = pad, s.stride = stride;
  s.out_h = (h + 2 * pad - k) / stride + 1, s.out_w = (w + 2 * pad - k) / stride + 1;
  return s;
}

ConvShape up(int64_t n, int64_t h, int64_t w, int64_t ci, int64_t co, int k, int stride) {
  ConvShape s;
  s.n = n, s.in_h = h, s.in_w = w, s.in_c = ci, s.out_c = co, s.kh = s.kw = k, s.stride = stride;
  s.out_h = (h - 1) * stride + k, s.out_w = (w - 1) * stride + k;
  return s;
}

struct NeedsAmx {
  boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id) {
    return sgan::kernels::conv_amx_available();
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(conv_amx, *boost::unit_test::precondition(NeedsAmx{}))

BOOST_AUTO_TEST_CASE(forward_sizes) {
  for (const int64_t ci : {1, 3, 31, 32, 33, 70}) {
    for (const int64_t co : {1, 3, 16, 17, 51}) {
      check(same(1, 9, 13, ci, co, 3, 1));
      check(same(2, 5, 7, ci, co, 1, 0));
      check(same(1, 7, 6, ci, co, 3, 2));
    }
  }
  for (const int64_t r : {1, 2, 3, 4, 5, 8, 16, 17, 36, 65}) check(same(1, r, r + 1, 40, 24, 3, 1));
  for (const int64_t r : {4, 6, 40}) check(same(3, r, r, 40, 24, 3, 0));
}

BOOST_AUTO_TEST_CASE(many_blocks) {
  check(same(1, 70, 300, 64, 20, 3, 1));
  check(same(1, 44, 52, 300, 40, 3, 2));
  check(same(2, 33, 100, 512, 33, 1, 0));
  check(same(8, 4, 4, 256, 80, 3, 1));
}

BOOST_AUTO_TEST_CASE(kernels_strides_paddings) {
  for (const int stride : {1, 2, 3}) {
    for (const int k : {1, 2, 3, 5, 7}) {
      for (const int pad : {0, 1, k - 1}) check(same(1, 14, 19, 37, 18, k, pad, stride));
    }
  }
  ConvShape s = same(2, 10, 11, 33, 17, 3, 1, 2);
  s.kw = 2, s.pad_left = 0, s.pad_top = -1, s.out_h = 8, s.out_w = 9;  // reads past every edge
  check(s);
  s.pad_top = 40, s.out_h = 50;  // rows of nothing but padding
  check(s);
}

BOOST_AUTO_TEST_CASE(transposed) {
  Options o;
  o.transposed = true;
  for (const int stride : {1, 2, 3}) {
    for (const int k : {1, 2, 3, 4}) {
      for (const int64_t r : {1, 4, 9, 20}) check(up(2, r, r + 3, 37, 18, k, stride), o);
    }
  }
  check(up(1, 40, 70, 96, 48, 3, 2), o);
  ConvShape s = up(1, 7, 8, 40, 20, 3, 2);
  s.pad_top = s.pad_left = 1, s.out_h = 14, s.out_w = 16;
  check(s, o);
}

BOOST_AUTO_TEST_CASE(every_option) {
  const ConvShape s = same(3, 9, 10, 45, 35, 3, 1);
  for (const Act act : {Act::linear, Act::relu, Act::lrelu}) {
    for (int bits = 0; bits < 64; ++bits) {
      Options o;
      o.act = act;
      o.in_scale = bits & 1, o.out_scale = bits & 2, o.bias = bits & 4, o.accumulate = bits & 8;
      o.noise = bits >> 4 & 3;
      if (o.noise == 3) continue;
      o.gain = bits & 1 ? 1.4142f : 1;
      o.clamp = bits & 4 ? 20 : -1;
      check(s, o);
      o.transposed = true;
      if (bits % 5 == 0) check(up(2, 6, 7, 45, 35, 3, 2), o);
    }
  }
}

BOOST_AUTO_TEST_CASE(weight_layouts) {
  Options o;
  o.oihw = true;
  check(same(1, 9, 10, 45, 35, 3, 1), o);
  o.flip = true;
  check(same(1, 9, 10, 45, 35, 3, 1), o);
  o.transposed = true;
  check(up(1, 9, 10, 45, 35, 3, 2), o);
}

BOOST_AUTO_TEST_CASE(thread_counts) {
  for (const int threads : {1, 2, 3, 7}) {
    Options o;
    o.threads = threads;
    check(same(1, 20, 31, 64, 48, 3, 1), o);
    check(same(5, 4, 4, 64, 100, 3, 1), o);
  }
}

// Results larger than the caches are stored past them, except when accumulating.
BOOST_AUTO_TEST_CASE(large_results_equal_accumulated_ones) {
  const ConvShape s = same(1, 520, 520, 5, 16, 3, 1);
  ConvAmxPlan plan;
  BOOST_REQUIRE(conv_amx_plan(s, plan, 1));
  std::mt19937 gen(3);
  std::normal_distribution<float> normal;
  std::vector<float> x(s.in_h * s.in_w * s.in_c), w(9 * s.in_c * s.out_c);
  for (float& v : x) v = normal(gen);
  for (float& v : w) v = normal(gen);
  Guarded packed(conv_amx_weight_bytes(plan) / 4), scratch(conv_amx_scratch_bytes(plan) / 4);
  Guarded y(s.out_h * s.out_w * s.out_c), sum(y.size());
  std::fill_n(y.get(), y.size(), std::numeric_limits<float>::quiet_NaN());
  std::fill_n(sum.get(), sum.size(), 0.0f);
  conv_amx_pack_weights(plan, {w.data(), 9 * s.in_c, 1, 3 * s.in_c, s.in_c}, packed.get());
  ConvEpilogue e;
  sgan::kernels::conv_amx(plan, x.data(), nullptr, packed.get(), y.get(), e, scratch.get());
  e.accumulate = true;
  sgan::kernels::conv_amx(plan, x.data(), nullptr, packed.get(), sum.get(), e, scratch.get());
  BOOST_TEST(y.intact());
  int64_t wrong = 0;
  for (int64_t i = 0; i < y.size(); ++i) wrong += !(y.get()[i] == sum.get()[i]);
  BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_CASE(nan_comes_through) {
  const ConvShape s = same(1, 4, 4, 32, 16, 1, 0);
  ConvAmxPlan plan;
  BOOST_REQUIRE(conv_amx_plan(s, plan));
  std::vector<float> x(s.in_h * s.in_w * s.in_c, 1.0f), w(s.in_c * s.out_c, 1.0f);
  x[5 * s.in_c + 3] = std::numeric_limits<float>::quiet_NaN();
  Guarded packed(conv_amx_weight_bytes(plan) / 4), scratch(conv_amx_scratch_bytes(plan) / 4);
  Guarded y(s.out_h * s.out_w * s.out_c);
  conv_amx_pack_weights(plan, {w.data(), s.in_c, 1, 0, 0}, packed.get());
  for (const Act act : {Act::linear, Act::relu, Act::lrelu}) {
    ConvEpilogue e;
    e.act = act, e.clamp = 100;
    sgan::kernels::conv_amx(plan, x.data(), nullptr, packed.get(), y.get(), e, scratch.get());
    for (int64_t i = 0; i < y.size(); ++i) {
      BOOST_TEST(std::isnan(y.get()[i]) == (i / s.out_c == 5));
    }
  }
}

BOOST_AUTO_TEST_CASE(error_report) {
  BOOST_TEST_MESSAGE("largest relative error in norm: " << largest_error);
  BOOST_TEST(largest_error > 0);
}

BOOST_AUTO_TEST_CASE(refused_shapes) {
  ConvAmxPlan plan;
  ConvShape s = same(1, 8, 8, 8, 8, 3, 1);
  s.kh = s.kw = 9;
  BOOST_TEST(!conv_amx_plan(s, plan));
  s = same(1, 8, 8, 8, 8, 3, 1);
  s.in_c = 0;
  BOOST_TEST(!conv_amx_plan(s, plan));
  s = up(1, 8, 8, 8, 8, 5, 5);
  BOOST_TEST(!conv_amx_transpose_plan(s, plan));
}

BOOST_AUTO_TEST_SUITE_END()
