// How exactly the GPU engine computes. One setting for the process, read at each call.
#pragma once

namespace sgan::engine {

struct Precision {
  // float32 products in TensorFloat-32 (10 bits of mantissa) on tensor cores. Off: full float32.
  bool tf32 = false;
  // Only algorithms that give the same bits on every run.
  bool deterministic = true;
  // Times all algorithms of a convolution at its first call and keeps the fastest, instead of
  // asking cuDNN's heuristic. The first call of each geometry then waits for the GPU.
  bool find_fastest = false;

  bool operator==(const Precision&) const = default;
};

const Precision& precision();
void set_precision(const Precision& precision);

}  // namespace sgan::engine
