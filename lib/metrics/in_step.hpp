// Processes that measure together: they save, stop and fail together.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "lib/dist/communicator.hpp"
#include "lib/rt/error.hpp"

namespace sgan::metrics {

struct JobHooks {
  std::function<void(int64_t samples)> progress;  // so many more are done, here
  std::function<bool()> stop;                     // asked after each unit
  // A checkpoint that could not be written later on costs the checkpoint, not the result.
  std::function<void(const std::string&)> warn;
};

class InStep {
 public:
  InStep(dist::Communicator& ranks, const JobHooks& hooks) : ranks_(ranks), hooks_(hooks) {}

  // What may fail on the first process ends the work of all, on the one it happened to with its own
  // message.
  void on_first(const std::function<void()>& work);

  // Does this process's part of a round. True when all are to stop; where one has failed, all
  // throw, so that none waits for it.
  bool round(const std::function<void()>& work);

  // The clock of the first process decides for all, since saving takes them all: every `seconds`,
  // but for a twentieth of the time at most.
  bool save_is_due(double seconds);
  // Saves, on the first process, and notes how long that took; what fails is said, since the result
  // is still there. False when it failed.
  bool save(const std::function<void()>& work);

  void progress(int64_t samples) const {
    if (hooks_.progress) hooks_.progress(samples);
  }
  void warn(const std::string& line) const {
    if (hooks_.warn) hooks_.warn(line);
  }

 private:
  using Clock = std::chrono::steady_clock;
  dist::Communicator& ranks_;
  const JobHooks& hooks_;
  Clock::time_point saved_ = Clock::now();
  double cost_ = 0;  // seconds of the last save
};

}  // namespace sgan::metrics
