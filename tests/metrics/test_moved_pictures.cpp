#include <boost/test/unit_test.hpp>
#include <cmath>
#include <functional>
#include <numbers>

#include "lib/metrics/moved_pictures.hpp"
#include "lib/rt/philox.hpp"

using namespace sgan;
using metrics::BandlimitSettings;
using metrics::Matrix;
using rt::DType;
using rt::Tensor;

namespace {

constexpr double kTurn = 2 * std::numbers::pi;

Tensor noise(int64_t count, int64_t height, int64_t width, int64_t channels) {
  const Tensor t({count, height, width, channels}, DType::f32);
  rt::fill_normal(t, 7, 1);
  return t.to(DType::f64);
}

// f(x, y) at the centres of pixels, coordinates from -1/2 to 1/2.
Tensor drawn(int64_t size, const std::function<double(double, double)>& f) {
  std::vector<double> values;
  for (int64_t i = 0; i < size * size; ++i) {
    values.push_back(f((double(i % size) + 0.5) / double(size) - 0.5,
                       (double(i / size) + 0.5) / double(size) - 0.5));
  }
  return Tensor::from(values, {1, size, size, 1});
}

double at(const Tensor& t, int64_t n, int64_t y, int64_t x, int64_t c) {
  if (y < 0 || x < 0 || y >= t.size(1) || x >= t.size(2)) return 0;
  return t.data<double>()[((n * t.size(1) + y) * t.size(2) + x) * t.size(3) + c];
}

// The largest difference within a mask, or everywhere.
double worst(const Tensor& got, const Tensor& want, const Tensor& mask = {}) {
  BOOST_REQUIRE(got.shape() == want.shape());
  const auto a = got.to_doubles(), b = want.to_doubles();
  const int64_t channels = got.size(3), area = got.size(1) * got.size(2);
  double most = 0;
  int64_t compared = 0;
  for (int64_t i = 0; i < got.numel(); ++i) {
    BOOST_REQUIRE(std::isfinite(a[size_t(i)]));
    if (mask.defined() && !mask.data<uint8_t>()[i / channels % area]) continue;
    most = std::max(most, std::abs(a[size_t(i)] - b[size_t(i)]));
    ++compared;
  }
  BOOST_REQUIRE(compared > 0);
  return most;
}

Tensor each(const Tensor& like,
            const std::function<double(int64_t n, int64_t y, int64_t x, int64_t c)>& f) {
  const Tensor out(like.shape(), DType::f64);
  double* to = out.data<double>();
  for (int64_t n = 0; n < like.size(0); ++n)
    for (int64_t y = 0; y < like.size(1); ++y)
      for (int64_t x = 0; x < like.size(2); ++x)
        for (int64_t c = 0; c < like.size(3); ++c) *to++ = f(n, y, x, c);
  return out;
}

// By the definition: both filters and both windows convolved in two dimensions, sum by sum.
std::vector<double> naive_filter(const Matrix& m, const BandlimitSettings& s) {
  const int last = s.aflt * s.up - 1, period = 2 * last + 1, keep = s.amax * s.up - 1;
  const auto wrapped = [&](int k) { return k > last ? k - period : k < -last ? k + period : k; };
  std::vector<double> taps;
  for (int ky = -keep; ky <= keep; ++ky) {
    for (int kx = -keep; kx <= keep; ++kx) {
      double filter = 0, window = 0;
      for (int jy = -last; jy <= last; ++jy) {
        for (int jx = -last; jx <= last; ++jx) {
          const double x = double(wrapped(kx - jx)) / s.up, y = double(wrapped(ky - jy)) / s.up;
          const double u = double(jx) / s.up, v = double(jy) / s.up;
          const double uo = m[0] * u + m[1] * v, vo = m[3] * u + m[4] * v;
          filter += metrics::sinc(x * s.cutoff_in) * metrics::sinc(y * s.cutoff_in) *
                    metrics::sinc(uo * s.cutoff_out) * metrics::sinc(vo * s.cutoff_out);
          window += metrics::lanczos(x, s.a) * metrics::lanczos(y, s.a) *
                    metrics::lanczos(uo, s.a) * metrics::lanczos(vo, s.a);
        }
      }
      taps.push_back(filter * window);
    }
  }
  const int side = 2 * keep + 1;
  std::vector<double> sums(size_t(s.up * s.up));
  const auto phase = [&](int i) { return size_t(i / side % s.up * s.up + i % side % s.up); };
  for (int i = 0; i < side * side; ++i) sums[phase(i)] += taps[size_t(i)];
  for (int i = 0; i < side * side; ++i) taps[size_t(i)] /= sums[phase(i)] * s.up * s.up;
  return taps;
}

// The whole fine grid, then one look at four of its samples for each pixel.
metrics::Moved naive_resample(const Tensor& x, const Matrix& m, const BandlimitSettings& s) {
  const auto filter = metrics::bandlimit_filter(m, s);
  const Matrix back = metrics::inverse(m);
  const int64_t reach = filter.side / 2, up = s.up, height = x.size(1), width = x.size(2);
  const auto sample = [&](int64_t n, int64_t i, int64_t j, int64_t c) {
    double sum = 0;
    for (int64_t py = 0; py < height; ++py) {
      for (int64_t px = 0; px < width; ++px) {
        const int64_t ky = i - up / 2 - py * up + reach, kx = j - up / 2 - px * up + reach;
        if (ky < 0 || kx < 0 || ky >= filter.side || kx >= filter.side) continue;
        sum += filter.taps[size_t(ky * filter.side + kx)] * at(x, n, py, px, c);
      }
    }
    return sum * double(up * up);
  };
  metrics::Moved out;
  out.mask = Tensor::zeros({height, width}, DType::u8);
  out.pictures = each(x, [&](int64_t n, int64_t row, int64_t column, int64_t c) {
    const double u = (double(column) + 0.5) / double(width) - 0.5;
    const double v = (double(row) + 0.5) / double(height) - 0.5;
    const double fx = (back[0] * u + back[1] * v + back[2] + 0.5) * double(width * up);
    const double fy = (back[3] * u + back[4] * v + back[5] + 0.5) * double(height * up);
    const int64_t margin = reach + 1;
    const auto inside = [&](double t, int64_t size) {
      return std::nearbyint(t) >= double(margin) && std::nearbyint(t) < double(size * up - margin);
    };
    if (!inside(fx, width) || !inside(fy, height)) return 0.0;
    out.mask.data<uint8_t>()[row * width + column] = 1;
    const auto i = int64_t(std::floor(fy)), j = int64_t(std::floor(fx));
    const double b = fy - double(i), a = fx - double(j);
    return (1 - b) * ((1 - a) * sample(n, i, j, c) + a * sample(n, i, j + 1, c)) +
           b * ((1 - a) * sample(n, i + 1, j, c) + a * sample(n, i + 1, j + 1, c));
  });
  return out;
}

int64_t ones(const Tensor& mask) {
  int64_t count = 0;
  for (const uint8_t m : mask.span<uint8_t>()) count += m;
  return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(moved_pictures)

BOOST_AUTO_TEST_CASE(matrices) {
  const Matrix m = {0.9, 0.2, 0.05, -0.1, 1.1, -0.03, 0, 0, 1}, i = metrics::inverse(m);
  for (int r = 0; r < 3; ++r) {
    for (int c = 0; c < 3; ++c) {
      double sum = 0;
      for (int k = 0; k < 3; ++k) sum += m[size_t(3 * r + k)] * i[size_t(3 * k + c)];
      BOOST_TEST(std::abs(sum - (r == c)) < 1e-14);
    }
  }
  BOOST_CHECK_THROW(metrics::inverse({1, 2, 0, 2, 4, 0, 0, 0, 1}), Error);
  BOOST_CHECK_THROW(metrics::inverse({1, 0, 0, 0, 1, 0, 1, 0, 1}), Error);
  BOOST_TEST(metrics::sinc(0) == 1);
  BOOST_TEST(std::abs(metrics::sinc(0.5) - 2 / std::numbers::pi) < 1e-15);
  BOOST_TEST(metrics::lanczos(3, 3) == 0);
}

BOOST_AUTO_TEST_CASE(filter_is_that_of_the_definition) {
  const Matrix m = {0.9, 0.25, 0, -0.4, 1.2, 0, 0, 0, 1};
  for (const BandlimitSettings& s :
       {BandlimitSettings{.a = 2, .amax = 3, .aflt = 5, .up = 2},
        BandlimitSettings{.a = 2, .amax = 4, .aflt = 4, .up = 1, .cutoff_in = 0.8},
        BandlimitSettings{.a = 1, .amax = 1, .aflt = 4, .up = 3, .cutoff_out = 0.7}}) {
    const auto got = metrics::bandlimit_filter(m, s);
    const auto want = naive_filter(m, s);
    BOOST_REQUIRE(got.taps.size() == want.size());
    BOOST_TEST(got.side == 2 * s.amax * s.up - 1);
    for (size_t i = 0; i < want.size(); ++i) BOOST_TEST(std::abs(got.taps[i] - want[i]) < 1e-12);
  }
  BOOST_CHECK_THROW(metrics::bandlimit_filter(m, {.amax = 9, .aflt = 8}), Error);
  BOOST_CHECK_THROW(metrics::bandlimit_filter(m, {.up = 0}), Error);
}

BOOST_AUTO_TEST_CASE(whole_shifts) {
  const Tensor x = noise(2, 5, 8, 3);
  for (const auto& [dx, dy] : {std::pair{0, 0}, {3, -1}, {-8, 0}, {2, 5}, {-11, 12}, {7, 4}}) {
    const auto got = metrics::shift_whole(x, dx / 8.0, dy / 5.0);
    BOOST_TEST(worst(got.pictures, each(x, [&](auto n, auto r, auto c, auto ch) {
                       return at(x, n, r - dy, c - dx, ch);
                     })) == 0);
    const int64_t left = std::max(0, 8 - std::abs(dx)) * std::max(0, 5 - std::abs(dy));
    BOOST_TEST(ones(got.mask) == left);
    if (left == 0) continue;
    const int64_t first = std::max(dy, 0) * 8 + std::max(dx, 0);
    BOOST_TEST(got.mask.data<uint8_t>()[first] == 1);
  }
  // Half to even, in both directions.
  BOOST_TEST(worst(metrics::shift_whole(x, 0.5 / 8, -1.5 / 5).pictures,
                   metrics::shift_whole(x, 0, -2.0 / 5).pictures) == 0);
  BOOST_CHECK_THROW(metrics::shift_whole(x, NAN, 0), Error);
  BOOST_CHECK_THROW(metrics::shift_whole(x.reshape({2, 5, 24}), 0, 0), Error);
}

BOOST_AUTO_TEST_CASE(lanczos_shifts) {
  const Tensor x = noise(1, 9, 12, 2);
  for (const auto& [dx, dy, a] :
       {std::tuple{0.3, -1.6, 3}, {-4.25, 0.5, 2}, {2.0, 3.0, 3}, {14.5, 0.1, 1}, {0.9, 0.9, 6}}) {
    const auto tap = [&, lobes = a](double moved, int64_t to, int64_t from) {
      const double whole = std::floor(moved), rest = moved - whole;
      const auto value = [&](int64_t j) {
        return j > -lobes && j <= lobes
                   ? metrics::sinc(double(j) - rest) * metrics::sinc((double(j) - rest) / lobes)
                   : 0;
      };
      double sum = 0;
      for (int64_t j = 1 - lobes; j <= lobes; ++j) sum += value(j);
      return value(to - from - int64_t(whole)) / sum;
    };
    const auto got = metrics::shift_lanczos(x, dx / 12, dy / 9, a);
    const Tensor want = each(x, [&, dx = dx, dy = dy](auto n, auto r, auto c, auto ch) {
      double sum = 0;
      for (int64_t i = 0; i < 9; ++i)
        for (int64_t j = 0; j < 12; ++j) sum += tap(dy, r, i) * tap(dx, c, j) * at(x, n, i, j, ch);
      return sum;
    });
    BOOST_TEST(worst(got.pictures, want) < 1e-13);
    // A pixel is trusted when its 2 a taps along each axis are inside.
    for (int64_t r = 0; r < 9; ++r) {
      for (int64_t c = 0; c < 12; ++c) {
        const auto inside = [lobes = a](double moved, int64_t to, int64_t size) {
          const auto whole = int64_t(std::floor(moved));
          return to - whole - lobes >= 0 && to - whole - (1 - lobes) < size;
        };
        BOOST_TEST(int(got.mask.data<uint8_t>()[r * 12 + c]) ==
                   int(inside(dy, r, 9) && inside(dx, c, 12)));
      }
    }
  }
  BOOST_CHECK_THROW(metrics::shift_lanczos(x, 0, 0, 0), Error);
}

BOOST_AUTO_TEST_CASE(resampling_is_that_of_the_definition) {
  const Tensor x = noise(2, 18, 21, 2);
  const Matrix m = {0.9, 0.25, 0.04, -0.2, 1.05, -0.03, 0, 0, 1};
  for (const BandlimitSettings& s : {BandlimitSettings{.a = 2, .amax = 2, .aflt = 8, .up = 4},
                                     BandlimitSettings{.a = 1, .amax = 3, .aflt = 6, .up = 1},
                                     BandlimitSettings{.a = 2, .amax = 3, .aflt = 6, .up = 3},
                                     BandlimitSettings{.a = 3, .amax = 6, .aflt = 12, .up = 2}}) {
    const auto want = naive_resample(x, m, s), got = metrics::resample(x, m, s);
    BOOST_TEST(worst(got.pictures, want.pictures) < 1e-12);
    BOOST_TEST(ones(got.mask) == ones(want.mask));
    const auto single = metrics::resample(x.to(DType::f32), m, s);
    BOOST_TEST(worst(single.pictures.to(DType::f64), want.pictures) < 1e-5);
  }
  // Nothing to be trusted: the filter is larger than the picture.
  BOOST_TEST(ones(metrics::resample(noise(1, 8, 8, 1), m, {.amax = 6}).mask) == 0);
}

BOOST_AUTO_TEST_CASE(a_turned_wave_is_the_wave_turned) {
  const double angle = 0.6;
  const auto wave = [](double x, double y) { return std::sin(kTurn * (5 * x - 3 * y) + 0.4); };
  const Tensor x = drawn(64, wave);
  // What is at p comes to M p.
  const Matrix back = metrics::inverse(metrics::rotation(angle));
  const Tensor turned = drawn(64, [&](double u, double v) {
    return wave(back[0] * u + back[1] * v, back[3] * u + back[4] * v);
  });
  const auto got = metrics::rotate(x, angle);
  BOOST_TEST(ones(got.mask) > 1000);
  BOOST_TEST(worst(got.pictures, turned, got.mask) < 0.01);
  BOOST_TEST(worst(got.pictures, x, got.mask) > 1);
  // The other side of the comparison keeps the wave where it is.
  const auto filtered = metrics::filter_like_rotated(turned, angle);
  BOOST_TEST(ones(filtered.mask) == 54 * 54);
  BOOST_TEST(worst(filtered.pictures, turned, filtered.mask) < 0.01);
  BOOST_TEST(worst(metrics::shift_lanczos(x, 0.013, -0.021).pictures,
                   drawn(64, [&](double u, double v) { return wave(u - 0.013, v + 0.021); }),
                   metrics::shift_lanczos(x, 0.013, -0.021).mask) < 0.01);
}

BOOST_AUTO_TEST_CASE(standing_filter_is_a_convolution) {
  const Tensor x = noise(2, 13, 15, 2);
  const auto filter = metrics::bandlimit_filter(metrics::rotation(-1.1), {.amax = 6, .up = 1});
  const auto got = metrics::filter_like_rotated(x, 1.1);
  BOOST_TEST(worst(got.pictures, each(x, [&](auto n, auto r, auto c, auto ch) {
                     double sum = 0;
                     for (int ky = 0; ky < 11; ++ky)
                       for (int kx = 0; kx < 11; ++kx)
                         sum += filter.taps[size_t(ky * 11 + kx)] *
                                at(x, n, r + 5 - ky, c + 5 - kx, ch);
                     return sum;
                   })) < 1e-13);
  BOOST_TEST(ones(got.mask) == 3 * 5);
}

BOOST_AUTO_TEST_SUITE_END()
