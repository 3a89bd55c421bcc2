// Gradients travel in buckets: few large exchanges instead of many small ones, each begun as soon
// as it is full, while the backward pass goes on.
#pragma once

#include <cstddef>
#include <vector>

#include "lib/dist/communicator.hpp"

namespace sgan::dist {

class Buckets {
 public:
  explicit Buckets(Communicator& ranks, size_t bytes = size_t{4} << 20)
      : ranks_(ranks), room_(bytes) {}

  // In the order in which the backward pass yields them, the same on all ranks. The tensor gets the
  // average over all ranks in finish(); until then nobody else may write it.
  void add(const rt::Tensor& gradient);
  // Sends what is left and waits. Throws as Communicator does.
  void finish();

 private:
  struct Bucket {
    std::vector<rt::Tensor> parts;
    rt::Tensor flat;  // of one part: that itself
  };
  void send();

  Communicator& ranks_;
  const size_t room_;
  size_t filled_ = 0;
  std::vector<rt::Tensor> open_;
  std::vector<Bucket> sent_;
};

}  // namespace sgan::dist
