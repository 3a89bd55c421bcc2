// Adam (1412.6980) with a step count a parameter: one that gets no gradient in a step is left
// alone.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/train/parameters.hpp"

namespace sgan::train {

struct AdamSettings {
  double lr = 0.002, beta1 = 0, beta2 = 0.99, epsilon = 1e-8;
  // Lazy regularisation (1912.04958, appendix B): one of interval + 1 steps is a regularisation
  // step, so that lr and betas act on more steps than without.
  AdamSettings corrected_for(int interval) const;
  // What a gradient of nothing but zeros means: nothing (the official code on a GPU, where it is
  // absent), or a step with it (the official code on a CPU).
  bool step_zeros = false;
};

class Adam {
 public:
  Adam(const Parameters& parameters, const AdamSettings& settings);

  // Moves the parameters in place. Gradients are cleaned as in the official code: NaN becomes 0,
  // infinities 1e5. Returns how many numbers were not finite.
  int64_t step(const ag::Vars& gradients);
  void reset();  // as if no step had been made
  void set_lr(double lr) { s_.lr = lr; }
  const AdamSettings& settings() const { return s_; }

  // The whole state, for checkpoints: names end in ".exp_avg", ".exp_avg_sq", ".step".
  nets::TensorMap state() const;
  void restore(const nets::TensorMap& state);  // throws Error when it does not fit

 private:
  struct Slot {
    rt::Tensor mean, square;
    int64_t steps = 0;
  };
  const Parameters& parameters_;
  AdamSettings s_;
  std::vector<Slot> slots_;
};

}  // namespace sgan::train
