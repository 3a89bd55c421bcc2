#include "lib/metrics/in_step.hpp"

#include <algorithm>

namespace sgan::metrics {
namespace {

// The message of the Error that the work ends with; empty when it ends well.
std::string failure_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

void InStep::on_first(const std::function<void()>& work) {
  std::string failure;
  if (ranks_.first()) failure = failure_of(work);
  if (ranks_.size() > 1) ranks_.broadcast(failure, 0);
  if (!failure.empty()) throw Error(failure);
}

bool InStep::round(const std::function<void()>& work) {
  const std::string failure = failure_of(work);
  double votes[2] = {double(hooks_.stop && hooks_.stop()), double(!failure.empty())};
  if (ranks_.size() > 1) ranks_.sum(votes);
  check(votes[1] == 0, failure.empty() ? "another process could not go on" : failure);
  return votes[0] > 0;
}

bool InStep::save_is_due(double seconds) {
  const std::chrono::duration<double> since = Clock::now() - saved_;
  double due = ranks_.first() && since.count() > std::max(seconds, 20 * cost_);
  if (ranks_.size() > 1) ranks_.sum({&due, 1});
  return due != 0;
}

bool InStep::save(const std::function<void()>& work) {
  const auto start = Clock::now();
  const std::string failure = ranks_.first() ? failure_of(work) : "";
  if (!failure.empty()) warn(failure + "; what is measured is not kept");
  saved_ = Clock::now();
  cost_ = std::chrono::duration<double>(saved_ - start).count();
  return failure.empty();
}

}  // namespace sgan::metrics
