// Loops over all cores. OpenMP, because oneDNN uses it too: one pool of threads, never two that
// fight.
#pragma once

#include <omp.h>

#include <algorithm>
#include <cstdint>

namespace sgan::kernels {

inline int num_threads() { return omp_in_parallel() ? 1 : omp_get_max_threads(); }

// Calls body(begin, end) on disjoint ranges that cover [0, n). A range has at least `grain` items,
// so that small work stays on the calling thread. `body` must not throw.
template <class Body>
void parallel_ranges(int64_t n, int64_t grain, const Body& body) {
  const int64_t parts =
      std::min<int64_t>(num_threads(), (n + grain - 1) / std::max<int64_t>(grain, 1));
  if (parts <= 1) {
    if (n > 0) body(int64_t{0}, n);
    return;
  }
#pragma omp parallel num_threads(static_cast <int>(parts))
  {
    const int64_t part = omp_get_thread_num(), count = omp_get_num_threads();
    const int64_t begin = n * part / count, end = n * (part + 1) / count;
    if (begin < end) body(begin, end);
  }
}

// Calls body(i) for i in [0, n), handed out one at a time: for a few large, uneven pieces of work.
template <class Body>
void parallel_each(int64_t n, const Body& body) {
  if (n <= 1 || num_threads() == 1) {
    for (int64_t i = 0; i < n; ++i) body(i);
    return;
  }
#pragma omp parallel for schedule(dynamic, 1)
  for (int64_t i = 0; i < n; ++i) body(i);
}

}  // namespace sgan::kernels
