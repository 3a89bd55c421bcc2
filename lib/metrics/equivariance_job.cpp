#include "lib/metrics/equivariance_job.hpp"

namespace sgan::metrics {

Job equivariance_job(const nets::Generator& net, const Samples& samples,
                     const EquivarianceSettings& settings, int64_t group, double psi,
                     rt::Device device) {
  check(net.info().has_transform, nets::name_of(net.info().family),
        " has no input transform that would move its pictures; StyleGAN3 has");
  Job job;
  job.columns = kEquivarianceColumns;
  job.unit = group;
  job.compute = [&net, &samples, settings, group, psi, device](int64_t first,
                                                               const rt::Tensor& rows) {
    const ag::NoGrad off;
    rt::Tensor labels = samples.labels(first, rows.size(0));
    if (labels.defined()) labels = labels.to(device);
    const ag::Var ws = net.map(samples.z(first, rows.size(0)).to(device), labels, psi, -1);
    nets::SynthesisOptions synthesis;
    synthesis.noise = nets::NoiseMode::random;
    synthesis.noise_seed = samples.seed;
    synthesis.first_index = first;
    const auto generate = [&](const Matrix& transform) {
      synthesis.transform = transform;
      return net.synthesize(ws, synthesis).value().to(rt::cpu);
    };
    const auto draw = draw_equivariance(samples.seed, uint64_t(first / group));
    rt::Tensor(rows).copy_from(equivariance_sums(generate, draw, settings));
  };
  return job;
}

}  // namespace sgan::metrics
