// What a run says of itself once a tick.
#pragma once

#include <cstdint>
#include <string>

#include "lib/train/stats.hpp"

namespace sgan::train {

struct StatusLine {
  int64_t tick = 0, not_finite = 0;  // not_finite: numbers in gradients so far
  double kimg = 0, seconds = 0, seconds_per_kimg = 0, seconds_left = 0;
  double memory_gib = 0, augment_p = 0;

  // With the means of losses and signs that `summary` has.
  std::string text(const Summary& summary) const;
};

}  // namespace sgan::train
