// Gradients as soon as they are final, while grad() goes on with others: to send them to other
// processes meanwhile.
#pragma once

#include <functional>

#include "lib/ag/var.hpp"

namespace sgan::ag {

// While it lives, every grad() of this thread whose results are not differentiated again calls
// `ready` once for each x that gets a gradient: leaves as early as can be, others at the end. The
// values may still be read by the rest of the pass; do not write them before grad() has returned.
class OnReady {
 public:
  using Ready = std::function<void(size_t x, const Var& gradient)>;
  explicit OnReady(Ready ready);
  ~OnReady();
  OnReady(const OnReady&) = delete;
  OnReady& operator=(const OnReady&) = delete;
  static const Ready* current();  // null without

 private:
  Ready ready_;
  const Ready* before_;
};

}  // namespace sgan::ag
