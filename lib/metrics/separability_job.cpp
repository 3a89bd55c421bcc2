#include "lib/metrics/separability_job.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "lib/metrics/drawn_pictures.hpp"
#include "lib/metrics/rows.hpp"
#include "lib/rt/parallel.hpp"

namespace sgan::metrics {
namespace {

constexpr int64_t kShared = 4000000;  // numbers: 32 MB in double

int64_t outputs_of(const std::vector<nets::Attribute>& attributes) {
  int64_t count = 0;
  for (const auto& a : attributes) count += a.outputs();
  return count;
}

}  // namespace

std::vector<nets::Attribute> attributes_of(const Classifiers& classifiers) {
  std::vector<nets::Attribute> all;
  std::set<std::string> names;
  for (const auto& classifier : classifiers) {
    for (const auto& a : classifier->attributes()) {
      check(names.insert(a.name).second, classifier->path(), ": tells '", a.name,
            "', which another classifier tells too");
      all.push_back(a);
    }
  }
  return all;
}

Job separability_job(const nets::Generator& net, const Samples& samples,
                     const Classifiers& classifiers, double psi, rt::Device device) {
  Job job;
  const int64_t z_dim = net.info().z_dim, w_dim = net.info().w_dim;
  job.columns = z_dim + w_dim + outputs_of(attributes_of(classifiers));
  job.type = rt::DType::f32;
  job.compute = [&net, &samples, &classifiers, psi, device](int64_t first, const rt::Tensor& rows) {
    const Drawn drawn = draw(net, samples, psi, device, first, rows.size(0));
    std::vector<rt::Tensor> parts{drawn.z, drawn.w.to(rt::cpu)};
    for (const auto& classifier : classifiers) parts.push_back(classifier->outputs(drawn.pictures));
    int64_t at = 0;
    for (const rt::Tensor& part : parts) {
      put_columns(part, rows, at);
      at += part.size(1);
    }
    check_finite(rows, "latents and outputs of the classifiers", first);
  };
  return job;
}

Separability separability(const rt::Tensor& rows, const nets::GeneratorInfo& info, Space space,
                          const std::vector<nets::Attribute>& attributes) {
  check(rows.size(0) >= 2, "linear separability needs at least 2 samples; half of them are kept");
  const rt::Tensor latents = space == Space::z ? columns_from(rows, 0, info.z_dim)
                                               : columns_from(rows, info.z_dim, info.w_dim);
  std::vector<int64_t> begins;  // of the attributes' outputs among the columns
  int64_t at = info.z_dim + info.w_dim;
  for (const auto& attribute : attributes) {
    begins.push_back(at);
    at += attribute.outputs();
  }
  Separability result;
  result.attributes.resize(attributes.size());
  const auto one = [&](int64_t i) {
    const auto outputs = columns_from(rows, begins[i], attributes[i].outputs());
    result.attributes[i] =
        separate(latents, keep_confident(class_probabilities(outputs), rows.size(0) / 2));
  };
  // An attribute a thread, unless each takes a copy of very many latents.
  const auto count = int64_t(attributes.size());
  if (latents.numel() < kShared) {
    rt::parallel_try(count, one);
  } else {
    for (int64_t i = 0; i < count; ++i) one(i);
  }
  result.score = separability_score(result.attributes);
  return result;
}

rt::Tensor direction_of(const Plane& plane, int64_t num_ws) {
  const auto& n = plane.normal;
  const double length = std::sqrt(std::inner_product(n.begin(), n.end(), n.begin(), 0.0));
  check(length > 0, "a plane without a normal has no direction");
  rt::Tensor direction({1, num_ws, int64_t(n.size())}, rt::DType::f32);
  for (int64_t i = 0; i < direction.numel(); ++i)
    direction.data<float>()[i] = float(n[size_t(i) % n.size()] / length);
  return direction;
}

}  // namespace sgan::metrics
