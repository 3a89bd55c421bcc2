#include <boost/test/unit_test.hpp>
#include <cmath>
#include <complex>
#include <numbers>

#include "lib/metrics/fft.hpp"
#include "lib/metrics/spectra.hpp"
#include "lib/rt/philox.hpp"

using namespace sgan;
using rt::DType;
using rt::Tensor;

namespace {

using Complex = std::complex<double>;

Tensor noise(int64_t count, int64_t size, int64_t channels) {
  const Tensor t({count, size, size, channels}, DType::f32);
  rt::fill_normal(t, 3, 1);
  for (float& v : t.span<float>()) v = 127.5f + 30 * v;
  return t;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(spectra)

BOOST_AUTO_TEST_CASE(fft_is_the_dft) {
  std::vector<int> sizes;
  for (int n = 1; n <= 40; ++n) sizes.push_back(n);
  for (const int n : {64, 97, 98, 121, 128, 210, 243, 252}) sizes.push_back(n);
  for (const int n : sizes) {
    const int64_t count = n % 3 + 1;
    const Tensor draws({2, n * count}, DType::f32);
    rt::fill_normal(draws, 1, uint64_t(n));
    const auto all = draws.to_doubles();
    const auto middle = all.begin() + n * count;
    std::vector<double> re(all.begin(), middle), im(middle, all.end()), work(all.size());
    metrics::Fft(n).forward(re.data(), im.data(), count, work.data());
    double worst = 0;
    for (int64_t b = 0; b < count; ++b) {
      for (int64_t k = 0; k < n; ++k) {
        Complex sum = 0;
        for (int64_t j = 0; j < n; ++j) {
          const auto i = size_t(j * count + b);
          sum += Complex(all[i], middle[int64_t(i)]) *
                 std::polar(1.0, -2 * std::numbers::pi * double(j * k % n) / n);
        }
        const auto i = size_t(k * count + b);
        worst = std::max(worst, std::abs(sum - Complex(re[i], im[i])));
      }
    }
    BOOST_TEST(worst < 1e-12 * n, "length " << n << ": " << worst);
  }
  BOOST_CHECK_THROW(metrics::Fft(0), Error);
}

BOOST_AUTO_TEST_CASE(statistics) {
  metrics::PixelStatistics s;
  BOOST_CHECK_THROW(s.mean(), Error);
  s.add(Tensor::from(std::vector<uint8_t>{0, 0, 255}, {3}));
  s.add(Tensor::from(std::vector<float>{255}, {1}));
  BOOST_TEST(s.mean() == 127.5);
  BOOST_TEST(s.deviation() == 127.5);
  BOOST_TEST(s.count() == 4);
}

BOOST_AUTO_TEST_CASE(window) {
  const auto w = metrics::kaiser_window(9, 3);
  double squares = 0;
  for (const double v : w) squares += v * v;
  BOOST_TEST(std::abs(squares - 1) < 1e-14);
  BOOST_TEST(w[0] == w[8]);
  // I0(3) is 4.880792585865024 (DLMF 10.25.2).
  BOOST_TEST(std::abs(w[4] / w[0] - 4.880792585865024) < 1e-12);
  BOOST_TEST(metrics::kaiser_window(1, 8)[0] == 1);
  BOOST_CHECK_THROW(metrics::kaiser_window(0, 8), Error);
}

BOOST_AUTO_TEST_CASE(average_is_the_mean_power) {
  const int size = 6, interp = 3, side = size * interp;
  const metrics::SpectraSettings settings{
      .mean = 120, .deviation = 25, .beta = 4, .interp = interp};
  const Tensor x = noise(3, size, 3);  // an odd number of planes
  const auto values = x.to_doubles();
  const auto window = metrics::kaiser_window(size, 4);
  const auto spectrum_of = [&](std::vector<Tensor> parts) {
    metrics::SpectraAverage average(size, settings);
    for (const Tensor& part : parts) average.add(part);
    BOOST_TEST(average.pictures() == 3);
    return average.spectrum();
  };
  const Tensor got = spectrum_of({x});
  for (int ky = 0; ky < side; ++ky) {
    for (int kx = 0; kx < side; ++kx) {
      double power = 0;
      for (int plane = 0; plane < 9; ++plane) {
        Complex sum = 0;
        for (int i = 0; i < size * size; ++i) {
          const double v = values[size_t((plane / 3 * size * size + i) * 3 + plane % 3)];
          sum +=
              (v - 120) / 25 * window[size_t(i / size)] * window[size_t(i % size)] *
              std::polar(1.0, -2 * std::numbers::pi * (ky * (i / size) + kx * (i % size)) / side);
        }
        power += std::norm(sum) / 9;
      }
      BOOST_TEST(std::abs(got.data<double>()[ky * side + kx] - power) < 1e-12);
    }
  }
  // However the pictures come.
  const Tensor again = spectrum_of({x.rows(0, 1), x.rows(1, 3)});
  for (int i = 0; i < side * side; ++i) {
    BOOST_TEST(std::abs(again.data<double>()[i] - got.data<double>()[i]) < 1e-13);
  }
}

BOOST_AUTO_TEST_CASE(average_refuses) {
  metrics::SpectraAverage average(4, {.mean = 0, .deviation = 1});
  BOOST_CHECK_THROW(average.spectrum(), Error);
  BOOST_CHECK_THROW(average.add(noise(1, 5, 1)), Error);
  Tensor bad = noise(1, 4, 1);
  bad.data<float>()[7] = NAN;
  BOOST_CHECK_THROW(average.add(bad), Error);
  BOOST_CHECK_THROW(metrics::SpectraAverage(4, {.mean = 0, .deviation = 0}), Error);
}

BOOST_AUTO_TEST_CASE(heat_maps_and_slices) {
  const int side = 8;
  std::vector<double> power;
  for (int i = 0; i < side * side; ++i) power.push_back(std::pow(10, i / 10.0));
  const Tensor map = metrics::spectrum_heat_map(Tensor::from(power, {side, side}), 4, 0);
  BOOST_REQUIRE(map.shape() == (rt::Shape{9, 9}));
  const auto at = [&](int y, int x) { return map.data<double>()[y * 9 + x]; };
  const auto near = [](double a, double b) { return std::abs(a - b) < 1e-12; };
  BOOST_TEST((near(at(4, 4), 0) && near(at(4, 5), 1) && near(at(5, 4), 8) && near(at(4, 3), 7)));
  for (int i = 0; i < 9; ++i) BOOST_TEST((at(i, 0) == at(i, 8) && at(0, i) == at(8, i)));
  const auto straight = metrics::slice_0(map, 4), diagonal = metrics::slice_45(map, 4);
  for (size_t i = 0; i < 4; ++i) {
    BOOST_TEST(near(straight.decibels[i], double(i)));
    BOOST_TEST(near(diagonal.decibels[i], double(9 * i)));
    BOOST_TEST(near(straight.frequency[i], double(i) / 2));
    BOOST_TEST(near(diagonal.frequency[i], double(i) / std::numbers::sqrt2));
  }
  BOOST_TEST((straight.frequency.size() == 5 && straight.frequency[4] == 2));

  // An odd side has no value at half its size; frequency 0 is still in the middle.
  std::vector<double> odd(5 * 5, 1.0);
  odd[0] = 1e3;
  odd[1] = odd[6] = 1e2;
  const Tensor small = metrics::spectrum_heat_map(Tensor::from(odd, {5, 5}), 5, 0);
  for (const auto& s : {metrics::slice_0(small, 5), metrics::slice_45(small, 5)}) {
    BOOST_TEST((near(s.decibels[0], 30) && near(s.decibels[1], 20) && near(s.decibels[2], 0)));
  }
  BOOST_TEST(near(metrics::slice_0(small, 5).frequency[1], 1));
  BOOST_TEST(near(metrics::slice_45(small, 5).frequency[1], std::numbers::sqrt2));

  // Nothing is -300 dB, not less.
  const Tensor empty = metrics::spectrum_heat_map(Tensor::zeros({4, 4}, DType::f64), 4, 0);
  for (const double v : empty.span<double>()) BOOST_TEST(near(v, -300));

  // A constant stays as it is under the Gaussian, and a point keeps its weight in the middle.
  std::vector<double> point(31 * 31, 1.0);
  point[0] = 10;  // frequency 0
  const Tensor smooth = metrics::spectrum_heat_map(Tensor::from(point, {31, 31}), 31, 1.5);
  double sum = 0;
  for (const double v : smooth.span<double>()) sum += v;
  BOOST_TEST(std::abs(sum - 10) < 1e-9);
  const double peak = smooth.data<double>()[15 * 32 + 15],
               side1 = smooth.data<double>()[15 * 32 + 16];
  BOOST_TEST(std::abs(side1 / peak - std::exp(-0.5 / 2.25)) < 1e-12);
}

BOOST_AUTO_TEST_SUITE_END()
