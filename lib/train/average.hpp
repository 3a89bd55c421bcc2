// The running mean of the generator's weights, the network that pictures are drawn with.
#pragma once

#include <map>
#include <string>

#include "lib/train/parameters.hpp"

namespace sgan::train {

// Share of the old mean after a batch: half of it is gone after `nimg` pictures, or after
// rampup * done where that is less (rampup < 0: none); 0 pictures done: a plain copy.
double ema_beta(double batch, double nimg, double done, double rampup);

class Average {
 public:
  explicit Average(const std::map<std::string, ag::Var>& network);  // starts as its copy
  // mean = now + beta * (mean - now) for parameters; buffers are copied.
  void update(const std::map<std::string, ag::Var>& network, double beta);
  const std::map<std::string, rt::Tensor>& tensors() const { return tensors_; }  // our layout
  nets::TensorMap official() const;  // copies under official names and layouts
  void restore(const nets::TensorMap& official);

 private:
  std::map<std::string, rt::Tensor> tensors_;
};

}  // namespace sgan::train
