// Random feature matrices for the tests of the metrics.
#pragma once

#include <random>

#include "lib/rt/tensor.hpp"

namespace sgan::metrics {

inline rt::Tensor random_rows(int64_t n, int64_t d, uint32_t seed, double mean = 0,
                              double scale = 1, rt::DType type = rt::DType::f64) {
  std::mt19937 random(seed);
  std::normal_distribution<double> normal(mean, scale);
  rt::Tensor rows({n, d}, rt::DType::f64);
  for (double& v : rows.span<double>()) v = normal(random);
  return rows.to(type);
}

// Whether f throws an Error whose message holds `text`.
template <class F>
bool refuses(const F& f, const std::string& text) {
  try {
    f();
  } catch (const Error& e) {
    if (std::string(e.what()).find(text) != std::string::npos) return true;
    throw;
  }
  return false;
}

}  // namespace sgan::metrics
