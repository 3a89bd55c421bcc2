#include "lib/metrics/path_length_job.hpp"

#include <algorithm>

#include "lib/metrics/draws.hpp"

namespace sgan::metrics {

Job path_length_job(const nets::Generator& net, const Samples& samples, const Features& features,
                    const PathLengthSettings& settings, double psi, rt::Device device) {
  check(features.has_distance(), features.path(), ": the feature network ", features.name(),
        " gives no perceptual distance; vgg16-lpips or a classifier does");
  PathLengthNetwork network;
  network.map = [&net, psi](const ag::Var& z, const ag::Var& labels) {
    return net.map(z, labels, psi, -1);
  };
  network.synthesize = [&net](const ag::Var& ws) { return net.synthesize(ws, {}); };
  network.distance = [&features](const ag::Var& a, const ag::Var& b) {
    return ag::Var(features.distance(a.value(), b.value()));
  };
  Job job;
  job.compute = [network, &samples, settings, device](int64_t first, const rt::Tensor& rows) {
    const int64_t count = rows.size(0), dim = samples.z_dim;
    std::vector<double> t(static_cast<size_t>(count));
    for (int64_t i = 0; i < count; ++i) {
      t[size_t(i)] = uniform_draw(samples.seed, kPathDraws, uint64_t(first + i));
    }
    const rt::Tensor sides =
        samples.z(2 * first, 2 * count).reshape({count, 2, dim}).permute({1, 0, 2});
    const auto side = [&](int64_t k) {
      return sides.rows(k, k + 1).reshape({count, dim}).to(device);
    };
    rt::Tensor labels = samples.labels(first, count);
    if (labels.defined()) labels = labels.to(device);
    const auto lengths = path_lengths(network, settings, side(0), side(1), labels, t);
    std::copy(lengths.begin(), lengths.end(), rows.data<double>());
  };
  return job;
}

std::string path_length_name(const PathLengthSettings& settings) {
  using S = PathLengthSettings;
  const std::string where = std::string(settings.space == S::Space::w ? "w" : "z") +
                            (settings.sampling == S::Sampling::end ? "end" : "full");
  if (settings.crop) return "ppl_" + where + "_crop";
  return where == "wend" && settings.variant == S::Variant::sg3 ? "ppl2_wend" : "ppl_" + where;
}

}  // namespace sgan::metrics
