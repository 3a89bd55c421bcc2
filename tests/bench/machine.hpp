// What the machine can do: the limits that kernels are held against.
#pragma once

#include <immintrin.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <vector>

#include "kernels/parallel.hpp"

namespace sgan::bench {

inline double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

template <class Body>
double fastest(int times, const Body& body) {
  double best = 1e30;
  for (int i = 0; i < times; ++i) {
    const auto start = std::chrono::steady_clock::now();
    body();
    best = std::min(best, seconds_since(start));
  }
  return best;
}

__attribute__((target("avx512f"))) inline float fma_wide(int rounds) {
  __m512 v[24];
  for (auto& x : v) x = _mm512_set1_ps(1.0f);
  const __m512 a = _mm512_set1_ps(0.999f), b = _mm512_set1_ps(0.001f);
  for (int i = 0; i < rounds; ++i)
#pragma GCC unroll 24
    for (auto& x : v) x = _mm512_fmadd_ps(x, a, b);
  for (int i = 1; i < 24; ++i) v[0] = _mm512_add_ps(v[0], v[i]);
  return _mm512_reduce_add_ps(v[0]);
}

__attribute__((target("avx2,fma"))) inline float fma_narrow(int rounds) {
  __m256 v[12];
  for (auto& x : v) x = _mm256_set1_ps(1.0f);
  const __m256 a = _mm256_set1_ps(0.999f), b = _mm256_set1_ps(0.001f);
  for (int i = 0; i < rounds; ++i)
#pragma GCC unroll 12
    for (auto& x : v) x = _mm256_fmadd_ps(x, a, b);
  for (int i = 1; i < 12; ++i) v[0] = _mm256_add_ps(v[0], v[i]);
  return _mm256_cvtss_f32(v[0]);
}

// Multiply-add rate of all cores in FLOP/s; 0 where the processor has none.
inline double fma_peak() {
  const bool wide = __builtin_cpu_supports("avx512f");
  if (!wide && !__builtin_cpu_supports("fma")) return 0;
  constexpr int rounds = 1000000;
  volatile float sink = 0;
  const double t = fastest(5, [&] {
#pragma omp parallel
    sink = wide ? fma_wide(rounds) : fma_narrow(rounds);
  });
  return double(rounds) * (wide ? 24 * 32 : 12 * 16) * kernels::num_threads() / t;
}

// Bytes read and written a second by a copy beyond the caches, all cores.
inline double copy_bandwidth() {
  constexpr size_t bytes = size_t{256} << 20;
  std::vector<char> from(bytes, 1), to(bytes, 2);
  const double t = fastest(5, [&] {
    kernels::parallel_ranges(int64_t(bytes), 1 << 20, [&](int64_t begin, int64_t end) {
      std::memcpy(to.data() + begin, from.data() + begin, size_t(end - begin));
    });
  });
  return 2.0 * double(bytes) / t;
}

}  // namespace sgan::bench
