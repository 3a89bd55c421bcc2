// numpy's legacy RandomState, bit for bit: the official generators draw their latents from
// RandomState(seed).randn, and the data set sampler from shuffle and randint.
// Generator: M. Matsumoto, T. Nishimura, "Mersenne Twister", 1998. Normals: G. Marsaglia, T. A.
// Bray, "A convenient method for generating normal variables", 1964 (polar method).
#pragma once

#include <cstdint>
#include <span>
#include <utility>

namespace sgan::rt {

class NumpyRandom {
 public:
  explicit NumpyRandom(uint32_t seed);

  uint32_t next_word();    // raw 32 bits
  double random_sample();  // uniform in [0, 1), 53 bits
  double randn();          // standard normal; draws pairs, the second one waits for the next call
  // Uniform in [low, high); throws Error when that is empty.
  int64_t randint(int64_t low, int64_t high);
  int64_t randint(int64_t high) { return randint(0, high); }
  template <class T>
  void shuffle(std::span<T> values) {
    for (int64_t i = int64_t(values.size()) - 1; i > 0; --i) {
      std::swap(values[i], values[int64_t(below_or_equal(uint64_t(i)))]);
    }
  }
  // numpy's float64 draws rounded to float32, as in `randn(...).astype(np.float32)`.
  void fill_randn(std::span<float> out);

 private:
  uint64_t below_or_equal(uint64_t max);  // uniform in [0, max] by masking and rejection
  void refill();

  static constexpr int kWords = 624;
  uint32_t state_[kWords];
  int used_ = kWords;
  bool has_spare_ = false;
  double spare_ = 0;
};

}  // namespace sgan::rt
