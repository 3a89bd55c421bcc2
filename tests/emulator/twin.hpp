// Comparing a tiled kernel under the emulator with its plain version or a naive one in double.
#pragma once

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <random>
#include <vector>

#include "tests/emulator/emulator.hpp"

namespace sgan::emulator {

// Random numbers of any type that converts from float.
template <class T>
std::vector<T> random(int64_t count, uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::normal_distribution<float> normal;
  std::vector<T> v;
  v.reserve(size_t(count));
  for (int64_t i = 0; i < count; ++i) v.push_back(T(normal(engine)));
  return v;
}

// An output buffer of NaNs with sentinels at both ends.
template <class T>
class Guarded {
 public:
  explicit Guarded(int64_t count) : v_(size_t(count) + 2 * guard, T(NAN)) {
    for (size_t i = 0; i < guard; ++i) v_[i] = v_[v_.size() - 1 - i] = T(-77.f);
  }
  T* data() { return v_.data() + guard; }
  int64_t size() const { return int64_t(v_.size() - 2 * guard); }
  bool intact() const {
    for (size_t i = 0; i < guard; ++i) {
      if (!(double(v_[i]) == -77) || !(double(v_[v_.size() - 1 - i]) == -77)) return false;
    }
    return true;
  }
  double operator[](int64_t i) const { return double(v_[guard + size_t(i)]); }

 private:
  static constexpr size_t guard = 64;
  std::vector<T> v_;
};

// Every element written, sentinels whole, largest difference over the largest reference <=
// tolerance.
template <class T, class Reference>
void require_close(const Guarded<T>& got, const Reference& want, double tolerance) {
  BOOST_REQUIRE(got.intact());
  double worst = 0, scale = 0;
  for (int64_t i = 0; i < got.size(); ++i) {
    const double w = double(want[i]);
    BOOST_REQUIRE_MESSAGE(!std::isnan(got[i]), "element " << i << " is NaN");
    worst = std::max(worst, std::abs(got[i] - w));
    scale = std::max(scale, std::abs(w));
  }
  BOOST_REQUIRE_MESSAGE(worst <= tolerance * scale,
                        "difference " << worst << " for values up to " << scale);
}

}  // namespace sgan::emulator
