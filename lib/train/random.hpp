// Where a training step's random numbers come from. Parity runs hand in recorded ones.
#pragma once

#include <cstdint>
#include <vector>

#include "lib/rt/tensor.hpp"

namespace sgan::train {

// Which pictures of the batch of all processes a round works on: first, first + step, ... What is
// drawn for a picture follows from its number, so that it does not matter who works on it.
struct Numbering {
  uint64_t first = 0, step = 1;
  uint64_t operator[](int64_t n) const { return first + uint64_t(n) * step; }
};

class RandomSource {
 public:
  virtual ~RandomSource() = default;
  // For the whole round.
  virtual double uniform() = 0;                            // [0, 1)
  virtual int64_t integer(int64_t low, int64_t high) = 0;  // low .. high, both included
  // For each of its pictures.
  virtual std::vector<double> uniforms(int64_t count);
  // Standard normals, on the CPU, a picture a row; `what` names the use ("mix_z", "pl_noise",
  // "noise").
  virtual rt::Tensor normal(const char* what, const rt::Shape& shape) = 0;
};

// Philox numbers that follow from (seed, stream) and the pictures' numbers alone, so that a step
// can be repeated without knowing the ones before it, and on any number of processes.
class PhiloxSource : public RandomSource {
 public:
  PhiloxSource(uint64_t seed, uint64_t stream) : PhiloxSource(seed, stream, stream, {}) {}
  // What is drawn for single pictures has a stream of its own, the same in all rounds of a step.
  PhiloxSource(uint64_t seed, uint64_t stream, uint64_t of_pictures, Numbering pictures)
      : seed_(seed), stream_(stream), of_pictures_(of_pictures), pictures_(pictures) {}
  double uniform() override;
  int64_t integer(int64_t low, int64_t high) override;
  std::vector<double> uniforms(int64_t count) override;
  rt::Tensor normal(const char* what, const rt::Shape& shape) override;

 private:
  uint64_t seed_, stream_, of_pictures_, used_ = 0, calls_ = 0;
  Numbering pictures_;
};

// One number out of several, for streams: different parts give different numbers.
uint64_t mixed(uint64_t seed, uint64_t a, uint64_t b = 0, uint64_t c = 0);

}  // namespace sgan::train
