// The equivariance of a generator as a job for measure(): sums of a sample a row.
#pragma once

#include "lib/metrics/equivariance.hpp"
#include "lib/metrics/measure.hpp"
#include "lib/metrics/samples.hpp"
#include "lib/nets/generator.hpp"

namespace sgan::metrics {

// "eqt50k_int", ...: the official names, by Equivariance.
inline constexpr const char* kEquivarianceNames[kEquivariances] = {"eqt50k_int", "eqt50k_frac",
                                                                   "eqr50k"};

// `group` samples share a movement. Noise, where there is any, is a sample's own and stays while it
// moves. What is referred to outlives the job. Throws Error for a generator without an input
// transform.
Job equivariance_job(const nets::Generator& net, const Samples& samples,
                     const EquivarianceSettings& settings, int64_t group, double psi,
                     rt::Device device);

}  // namespace sgan::metrics
