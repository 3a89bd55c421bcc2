// kernels::parallel_each for work that may fail.
#pragma once

#include <exception>
#include <mutex>

#include "kernels/parallel.hpp"

namespace sgan::rt {

// Calls body(i) for i in [0, n), handed out one at a time over all cores. Everything is called;
// then one of the exceptions, if there were any, is thrown here.
template <class Body>
void parallel_try(int64_t n, const Body& body) {
  std::exception_ptr problem;
  std::mutex mutex;
  kernels::parallel_each(n, [&](int64_t i) {
    try {
      body(i);
    } catch (...) {
      const std::lock_guard lock(mutex);
      problem = std::current_exception();
    }
  });
  if (problem) std::rethrow_exception(problem);
}

}  // namespace sgan::rt
