#pragma once

#include "kernels/launch.hpp"
#include "kernels/parallel.hpp"

namespace sgan::kernels {

// Items that a thread takes at least; kernels with large items say their own number.
template <class F>
constexpr int64_t grain_of() {
  if constexpr (requires { F::cpu_grain; }) return F::cpu_grain;
  return 4096;
}

template <class F>
void launch_cpu(int64_t n, const F& f) {
  parallel_ranges(n, grain_of<F>(), [&f](int64_t begin, int64_t end) {
    const F local = f;  // its fields stay in registers: nothing the loop writes can alias them
    for (int64_t i = begin; i < end; ++i) local(i);
  });
}

}  // namespace sgan::kernels

#define SGAN_INSTANTIATE(...) \
  template void sgan::kernels::launch_cpu<__VA_ARGS__>(int64_t, const __VA_ARGS__&)
