// Where a training step's random numbers come from. Parity runs hand in recorded ones.
#pragma once

#include <cstdint>

#include "lib/rt/tensor.hpp"

namespace sgan::train {

class RandomSource {
 public:
  virtual ~RandomSource() = default;
  virtual double uniform() = 0;                            // [0, 1)
  virtual int64_t integer(int64_t low, int64_t high) = 0;  // low .. high, both included
  // Standard normals, on the CPU; `what` names the use ("mix_z", "pl_noise", "noise").
  virtual rt::Tensor normal(const char* what, const rt::Shape& shape) = 0;
};

// Philox numbers that follow from (seed, stream) alone, so that a step can be repeated without
// knowing the ones before it.
class PhiloxSource : public RandomSource {
 public:
  PhiloxSource(uint64_t seed, uint64_t stream) : seed_(seed), stream_(stream) {}
  double uniform() override;
  int64_t integer(int64_t low, int64_t high) override;
  rt::Tensor normal(const char* what, const rt::Shape& shape) override;

 private:
  uint64_t word();
  uint64_t seed_, stream_, used_ = 0, normals_ = 0;
};

// One number out of several, for streams: different parts give different numbers.
uint64_t mixed(uint64_t seed, uint64_t a, uint64_t b = 0, uint64_t c = 0);

}  // namespace sgan::train
