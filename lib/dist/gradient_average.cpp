#include "lib/dist/gradient_average.hpp"

#include <algorithm>
#include <sstream>

#include "lib/rt/error.hpp"

namespace sgan::dist {

void GradientAverage::ready(size_t parameter, const rt::Tensor& gradient) {
  if (ranks_.size() == 1) return buckets_.add(parameter, gradient);
  check(waiting_.emplace(parameter, gradient).second, "gradient ", parameter, " came twice");
  came_.push_back(parameter);
  send_in_order();
}

void GradientAverage::send_in_order() {
  while (next_ < order_.size()) {
    const auto found = waiting_.find(order_[next_]);
    if (found == waiting_.end()) return;
    buckets_.add(found->first, found->second);
    waiting_.erase(found);
    ++next_;
  }
}

Numbered GradientAverage::finish() {
  if (ranks_.size() == 1) return buckets_.finish();
  if (order_.empty()) {
    std::string text;
    for (const size_t parameter : came_) text += cat(parameter, " ");
    ranks_.broadcast(text, 0);
    std::istringstream numbers(text);
    for (size_t parameter; numbers >> parameter;) order_.push_back(parameter);
    send_in_order();
  }
  // Parameters that had a gradient then and have none now, or the other way round: a network that
  // has grown, say. What is left still goes in one order, and the next pass learns a new one.
  const bool same = next_ == order_.size() && waiting_.empty();
  for (; next_ < order_.size(); ++next_) {
    const auto found = waiting_.find(order_[next_]);
    if (found == waiting_.end()) continue;
    buckets_.add(found->first, found->second);
    waiting_.erase(found);
  }
  for (const auto& [parameter, gradient] : waiting_) buckets_.add(parameter, gradient);
  waiting_.clear();
  came_.clear();
  next_ = 0;
  if (!same) order_.clear();
  return buckets_.finish();
}

}  // namespace sgan::dist
