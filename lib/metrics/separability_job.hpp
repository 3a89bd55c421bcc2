// Linear separability of a generator's latent spaces as a job for measure(): a row holds a sample's
// z, its w, and what classifiers say of its picture.
#pragma once

#include <memory>

#include "lib/metrics/features.hpp"
#include "lib/metrics/measure.hpp"
#include "lib/metrics/samples.hpp"
#include "lib/metrics/separability.hpp"
#include "lib/nets/generator.hpp"

namespace sgan::metrics {

using Classifiers = std::vector<std::unique_ptr<Features>>;

// Attributes of all classifiers in order. Throws Error for two of one name, and for a network that
// tells none.
std::vector<nets::Attribute> attributes_of(const Classifiers& classifiers);

// What is referred to outlives the job.
Job separability_job(const nets::Generator& net, const Samples& samples,
                     const Classifiers& classifiers, double psi, rt::Device device);

// Of one space, attribute by attribute.
struct Separability {
  std::vector<Separation> attributes;
  double score = 1;
};
enum class Space { z, w };
// `rows` as the job fills them. Keeps the surer half of the samples of each attribute. Throws Error
// for fewer than 2 samples.
Separability separability(const rt::Tensor& rows, const nets::GeneratorInfo& info, Space space,
                          const std::vector<nets::Attribute>& attributes);

// A direction of w [1, num_ws, w_dim], the same in all layers, of length 1: across the plane,
// towards the class that lies on its positive side.
rt::Tensor direction_of(const Plane& plane, int64_t num_ws);

}  // namespace sgan::metrics
