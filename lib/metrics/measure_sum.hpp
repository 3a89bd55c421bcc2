// A measurement that needs only a sum over its samples, where a row for each would be too large:
// divided among processes, interrupted and kept as those of measure() are.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "lib/metrics/in_step.hpp"

namespace sgan::metrics {

struct SumJob {
  int64_t samples = -1;    // -1: as many as come, in one process
  int64_t unit = 16;       // samples added at once
  std::span<double> sums;  // zeros at first
  // Adds samples first, first + 1, ..., `count` of them, to the sums; returns how many there were.
  // Fewer only where their number is not known: none at the end.
  std::function<int64_t(int64_t first, int64_t count)> add;
  // As those of a Job; samples may only be added to a checkpoint.
  std::string identity, checkpoint;
  double save_seconds = 60;
};

// Leaves the sums of all processes on each of them, and returns of how many samples: of the first
// ones, fewer than wanted where hooks.stop() said so. Errors as measure().
int64_t measure_sum(const SumJob& job, dist::Communicator& ranks, const JobHooks& hooks = {});

}  // namespace sgan::metrics
