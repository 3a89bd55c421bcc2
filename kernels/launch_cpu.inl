#pragma once

#include "kernels/launch.hpp"
#include "kernels/parallel.hpp"

namespace sgan::kernels {

// Runs f(i) for i in [begin, end). Overloaded (kernels/cpu/*-inl.hpp) for functors whose choices
// can be made once instead of for every i.
template <class F>
void run_range(const F& f, int64_t begin, int64_t end) {
  const F local = f;  // its fields stay in registers: nothing the loop writes can alias them
  for (int64_t i = begin; i < end; ++i) local(i);
}

// Overloaded for functors whose work is divided in another way than by i: true when done.
template <class F>
bool run_whole(int64_t, const F&) {
  return false;
}

// Items that a thread takes at least; kernels with large items say their own number.
template <class F>
constexpr int64_t grain_of() {
  if constexpr (requires { F::cpu_grain; }) return F::cpu_grain;
  return 4096;
}

template <class F>
void launch_cpu(int64_t n, const F& f) {
  if (n <= 0 || run_whole(n, f)) return;
  parallel_ranges(n, grain_of<F>(),
                  [&f](int64_t begin, int64_t end) { run_range(f, begin, end); });
}

}  // namespace sgan::kernels

#define SGAN_INSTANTIATE(...) \
  template void sgan::kernels::launch_cpu<__VA_ARGS__>(int64_t, const __VA_ARGS__&)
