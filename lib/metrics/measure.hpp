// A measurement of many samples: cut into units, the units divided among processes, each of which
// fills rows of one table. What a row holds depends on the number of its sample alone, so that
// neither the number of processes nor an interruption changes the result.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "lib/metrics/in_step.hpp"
#include "lib/rt/tensor.hpp"

namespace sgan::metrics {

struct Job {
  int64_t samples = 0;              // rows
  int64_t columns = 1;              // numbers a sample
  int64_t unit = 16;                // samples computed at once
  rt::DType type = rt::DType::f64;  // of the table: float32 or float64
  // Fills `rows`, [count, columns] on the CPU, of the samples first, first + 1, ...
  std::function<void(int64_t first, const rt::Tensor& rows)> compute;
  // What a saved table has to agree with to be gone on with, in words: model, seed, options; not
  // the number of samples.
  std::string identity;
  std::string checkpoint;  // file that the first process keeps; empty: none
  double save_seconds = 60;
  // The checkpoint is a cache: one that is of no use is warned of and made anew, one that cannot be
  // written is done without.
  bool cache = false;
};

struct Table {
  rt::Tensor rows;      // [done, columns]: those that are done, in the order of the samples
  int64_t samples = 0;  // wanted
  bool complete() const { return rows.defined() && rows.size(0) == samples; }
  int64_t done() const { return rows.defined() ? rows.size(0) : 0; }
};

// Computes what is not in the checkpoint yet, and leaves a complete one as it is. The table comes
// back on every process; with rows missing at the end of the job where hooks.stop() said so on any.
// Throws Error for a checkpoint of another measurement, a damaged one, and one that cannot be
// written.
Table measure(const Job& job, dist::Communicator& ranks, const JobHooks& hooks = {});

}  // namespace sgan::metrics
