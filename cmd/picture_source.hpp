// Pictures to be measured: drawn by the model, of a data set, or of a stream.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "cmd/measure.hpp"
#include "lib/metrics/measure_sum.hpp"

namespace sgan::cli {

struct PictureSource {
  std::string name, hash;  // of the file; the hash is empty for a stream
  std::string identity;    // what else it depends on which pictures these are
  int size = 0;            // square pictures
  int64_t count = 0;       // -1: not known before the end
  int64_t batch = 1;
  // Pictures first, first + 1, ..., bytes or floats 0..255 [n, size, size, C] on the CPU; undefined
  // at the end. A stream gives what comes next, and as many as come.
  std::function<rt::Tensor(int64_t first, int64_t count)> read;

  // Adds up over all pictures: `use` adds those of a batch to the sums.
  metrics::SumJob sum(std::span<double> sums, std::function<void(const rt::Tensor&)> use) const;
};

// The program's argument: none is the model, "-" a stream on stdin, anything else a data set. Of
// --n pictures; without it, `model_count` of the model, else all. --psi, --class, --batch and
// --seed are obeyed.
PictureSource picture_source(Measuring& measuring, int64_t model_count);

// All of a data set, or with `count` > 0 a random part.
PictureSource data_pictures(const std::string& path, int64_t count, uint64_t seed);

}  // namespace sgan::cli
