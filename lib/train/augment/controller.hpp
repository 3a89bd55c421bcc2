// How strong augmentation is: fixed, or driven by how far the discriminator overfits (2006.06676,
// section 3.2).
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>

namespace sgan::train {

struct AugmentControl {
  bool adaptive = true;
  double p = 0;         // at the start; where fixed, always
  double target = 0.6;  // of r_t, the mean sign of D on reals
  int interval = 4;     // batches between two moves
  double kimg = 500;    // thousands of images in which p goes from 0 to 1
};

class AugmentController {
 public:
  explicit AugmentController(const AugmentControl& control);

  double p() const { return p_; }  // >= 0; more than 1 acts as 1 where multipliers are 1
  double r() const { return r_; }  // r_t of the last move; 0 before the first
  // What D said of reals: the sum of the signs of its outputs and their number, over all processes.
  void add(double signs, double count);
  // A batch of `images` (of all processes) is over; true where an interval ends and r() and p() are
  // new, never where p is fixed.
  bool step(int64_t images);

  nlohmann::json state() const;
  void restore(const nlohmann::json& state);  // throws Error unless it is one

 private:
  AugmentControl control_;
  double p_ = 0, r_ = 0, signs_ = 0, count_ = 0;
  int64_t images_ = 0;
  int batches_ = 0;
};

}  // namespace sgan::train
