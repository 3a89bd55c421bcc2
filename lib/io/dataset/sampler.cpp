#include "lib/io/dataset/sampler.hpp"

#include <cmath>
#include <numeric>
#include <span>
#include <utility>

#include "lib/rt/error.hpp"

namespace sgan::io {

EndlessSampler::EndlessSampler(int64_t count, int rank, int ranks, uint64_t seed, double window,
                               bool shuffle)
    : random_(uint32_t(seed)), rank_(rank), ranks_(ranks) {
  check(count > 0, "no pictures to draw from");
  check(ranks > 0 && rank >= 0 && rank < ranks, "rank ", rank, " of ", ranks, " does not exist");
  check(window >= 0 && window <= 1, "a shuffle window of ", window, " is not within 0 and 1");
  order_.resize(size_t(count));
  std::iota(order_.begin(), order_.end(), int64_t{0});
  if (!shuffle) return;
  random_.shuffle(std::span(order_));
  window_ = std::llrint(double(count) * window);  // halves to even
}

int64_t EndlessSampler::next() {
  const int64_t count = int64_t(order_.size());
  for (;;) {
    const int64_t i = step_ % count;
    const bool mine = step_ % ranks_ == rank_;
    const int64_t taken = order_[size_t(i)];
    ++step_;
    if (window_ >= 2) {
      const int64_t j = (i - random_.randint(window_) + count) % count;
      std::swap(order_[size_t(i)], order_[size_t(j)]);
    }
    if (mine) return taken;
  }
}

}  // namespace sgan::io
