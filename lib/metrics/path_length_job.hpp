// The perceptual path length of a generator as a job for measure(): one column, a path a row.
#pragma once

#include "lib/metrics/features.hpp"
#include "lib/metrics/measure.hpp"
#include "lib/metrics/path_length.hpp"
#include "lib/metrics/samples.hpp"
#include "lib/nets/generator.hpp"

namespace sgan::metrics {

// Path i runs between the latents 2 i and 2 i + 1. Both ends of a path have the same noise, the
// model's own. What is referred to outlives the job. Throws Error when the features give no
// distance.
Job path_length_job(const nets::Generator& net, const Samples& samples, const Features& features,
                    const PathLengthSettings& settings, double psi, rt::Device device);

// "ppl2_wend", "ppl_zfull", ...: the official name. (stylegan2-ada and later call theirs ppl2.)
std::string path_length_name(const PathLengthSettings& settings);

}  // namespace sgan::metrics
