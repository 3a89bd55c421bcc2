// The packed kernels around a modulated convolution against double arithmetic. They have neither
// shared memory nor barriers: the CPU runs the very functors that the GPU does.
#include "kernels/launch.hpp"
#include "kernels/modulation.inl"
#include "tests/emulator/twin.hpp"

using namespace sgan::kernels;
namespace em = sgan::emulator;

namespace {

template <class T, int V>
void check(int64_t n, int64_t pixels, int64_t c, int parts, Act act, double clamp,
           double tolerance) {
  const auto x = em::random<T>(n * pixels * c, 1), scale = em::random<T>(n * c, 2);
  const auto noise = em::random<T>(n * pixels, 3), strength = em::random<T>(1, 4);
  const auto bias = em::random<T>(c, 5);
  em::Guarded<T> y(n * pixels * c), scaled(n * pixels * c);
  ModulationEpilogue<T, V> k{};
  k.act = act;
  k.alpha = 0.2;
  k.gain = 1.5;
  k.clamp = clamp;
  k.pixels = pixels;
  k.channels = c;
  k.noise_step = (parts & 8) ? pixels : 0;
  k.x = x.data();
  k.scale = (parts & 1) ? scale.data() : nullptr;
  k.noise = (parts & 2) ? noise.data() : nullptr;
  k.strength = (parts & 16) ? strength.data() : nullptr;
  k.bias = (parts & 4) ? bias.data() : nullptr;
  k.y = y.data();
  launch_cpu(n * pixels * c / V, k);
  launch_cpu(n * pixels * c / V,
             ScaleChannels<T, V>{pixels, c, x.data(), scale.data(), scaled.data()});
  std::vector<double> want, products;
  for (int64_t i = 0; i < n * pixels * c; ++i) {
    const int64_t channel = i % c, pixel = i / c % pixels, sample = i / (c * pixels);
    double v = double(x[size_t(i)]);
    const double s = double(scale[size_t(sample * c + channel)]);
    products.push_back(v * s);
    if (parts & 1) v *= s;
    if (parts & 2) {
      v += double(noise[size_t((parts & 8 ? sample * pixels : 0) + pixel)]) *
           (parts & 16 ? double(strength[0]) : 1.0);
    }
    if (parts & 4) v += double(bias[size_t(channel)]);
    if (act == Act::lrelu) v = v > 0 ? v : 0.2 * v;
    v *= 1.5;
    if (clamp >= 0) v = std::min(std::max(v, -clamp), clamp);
    want.push_back(v);
  }
  em::require_close(y, want, tolerance);
  em::require_close(scaled, products, tolerance);
}

}  // namespace

BOOST_AUTO_TEST_CASE(modulation_epilogue_with_every_part_present_and_absent) {
  for (int parts = 0; parts < 32; ++parts) {
    check<float, 1>(2, 15, 5, parts, Act::lrelu, parts & 4 ? 0.8 : -1, 1e-6);
    check<float, 4>(2, 15, 12, parts, Act::lrelu, parts & 2 ? 0.8 : -1, 1e-6);
    check<double, 2>(3, 7, 6, parts, Act::linear, -1, 1e-14);
    check<Half, 8>(2, 9, 16, parts, Act::lrelu, 1, 0x1.02p-11);
    check<BFloat16, 8>(2, 9, 16, parts, Act::linear, -1, 0x1.02p-8);
  }
}
