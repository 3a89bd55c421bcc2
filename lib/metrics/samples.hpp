// Latents and labels of a model's samples, by the number of the sample alone.
#pragma once

#include <cstdint>

#include "lib/io/dataset/dataset.hpp"
#include "lib/rt/tensor.hpp"

namespace sgan::metrics {

struct Samples {
  uint64_t seed = 0;
  int64_t z_dim = 0, c_dim = 0;
  int64_t label = -1;                 // of all; -1: of each its own
  const io::Dataset* data = nullptr;  // where labels come from; null: any class, equally likely

  rt::Tensor z(int64_t first, int64_t count) const;       // [count, z_dim]
  rt::Tensor labels(int64_t first, int64_t count) const;  // [count, c_dim] or undefined
};

}  // namespace sgan::metrics
