// Gradients travel in buckets: few large exchanges instead of many small ones, each begun as soon
// as it is full, while the backward pass goes on.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "lib/dist/communicator.hpp"

namespace sgan::dist {

// Tensors and the numbers that they were added with.
using Numbered = std::vector<std::pair<size_t, rt::Tensor>>;

class Buckets {
 public:
  explicit Buckets(Communicator& ranks, size_t bytes = size_t{4} << 20)
      : ranks_(ranks), room_(bytes) {}

  // In the order in which the backward pass yields them, the same on all ranks; ranks that come
  // with different numbers are an Error. Until finish() the tensor must not be written.
  void add(size_t number, const rt::Tensor& gradient);
  // Sends what is left, waits, and returns the averages over all ranks in the order of add(). They
  // lie in the buckets, and the tensors that were added stay as they are: gradients may share
  // memory with each other and with what the backward pass still reads. Throws as Communicator
  // does.
  Numbered finish();

 private:
  struct Bucket {
    Numbered parts;
    rt::Tensor flat;
  };
  void send();

  Communicator& ranks_;
  const size_t room_;
  size_t filled_ = 0;
  uint32_t tag_ = 0;  // of the numbers in the open bucket
  Numbered open_;
  std::vector<Bucket> sent_;
};

}  // namespace sgan::dist
