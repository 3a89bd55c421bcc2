// Averages the gradients of a network's parameters over the ranks while the backward pass goes on.
// Passes yield gradients in an order that may differ a little from rank to rank; what travels goes
// in one order, that in which rank 0 had them in the first pass. One object a training phase.
#pragma once

#include <map>
#include <vector>

#include "lib/dist/buckets.hpp"

namespace sgan::dist {

class GradientAverage {
 public:
  explicit GradientAverage(Communicator& ranks, size_t bucket_bytes = size_t{4} << 20)
      : ranks_(ranks), buckets_(ranks, bucket_bytes) {}

  // The gradient is final; `parameter` is its place in the network's list. It is not written.
  void ready(size_t parameter, const rt::Tensor& gradient);
  // Call it when the pass has ended: the averages, each once, of all parameters that had gradients.
  // All ranks have gradients of the same parameters; it is an Error when they have not.
  Numbered finish();

 private:
  void send_in_order();
  Communicator& ranks_;
  Buckets buckets_;
  std::vector<size_t> order_;  // empty before the first pass has ended
  size_t next_ = 0;            // in order_
  std::vector<size_t> came_;   // in this pass
  std::map<size_t, rt::Tensor> waiting_;
};

}  // namespace sgan::dist
