// Pictures to be measured: drawn by the model, of a data set, or of a stream.
#pragma once

#include <functional>
#include <string>

#include "cmd/measure.hpp"

namespace sgan::cli {

struct PictureSource {
  std::string name, hash;  // of the file; the hash is empty for a stream
  int size = 0;            // square pictures
  int64_t count = 0;       // -1: not known before the end
  int64_t batch = 1;
  // Pictures first .. first + count - 1, bytes [n, size, size, C] on the CPU; undefined at the end.
  std::function<rt::Tensor(int64_t first, int64_t count)> read;

  // Calls `use` with the batches that fall to this process, until a signal comes.
  void each(Measuring& measuring, const std::function<void(const rt::Tensor&)>& use) const;
};

// The program's argument: none is the model, "-" a stream on stdin, anything else a data set. Of
// --n pictures; without it, `model_count` of the model, else all. --psi, --class, --batch and
// --seed are obeyed.
PictureSource picture_source(Measuring& measuring, int64_t model_count);

// All of a data set, or with `count` > 0 a random part.
PictureSource data_pictures(const std::string& path, int64_t count, uint64_t seed);

}  // namespace sgan::cli
