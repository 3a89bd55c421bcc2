// The official programs' endless order of pictures: shuffled once, then each picture that was taken
// changes places with one of the window before it, so that epochs differ and a picture does not
// come twice in a row. Every process walks the whole order and takes its share.
#pragma once

#include <cstdint>
#include <vector>

#include "lib/rt/numpy_random.hpp"

namespace sgan::io {

class EndlessSampler {
 public:
  // `window` is a share of the data set. Throws Error unless count > 0 and 0 <= rank < ranks.
  EndlessSampler(int64_t count, int rank, int ranks, uint64_t seed, double window,
                 bool shuffle = true);
  int64_t next();  // index of this rank's next picture

 private:
  std::vector<int64_t> order_;
  rt::NumpyRandom random_;
  int64_t step_ = 0, window_ = 0;
  int rank_, ranks_;
};

}  // namespace sgan::io
