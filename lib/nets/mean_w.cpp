#include "lib/nets/mean_w.hpp"

#include <algorithm>

#include "lib/nets/latents.hpp"

namespace sgan::nets {

rt::Tensor estimate_mean_w(const Generator& net, int64_t count, uint64_t seed, rt::Device device) {
  const GeneratorInfo& info = net.info();
  check(count > 0, "a mean of ", count, " latents");
  check(info.c_dim == 0, "the mean w of a model with classes is not one of all latents");
  std::vector<double> sum(size_t(info.w_dim), 0);
  constexpr int64_t kBatch = 1000;
  for (int64_t done = 0; done < count; done += kBatch) {
    const int64_t n = std::min(kBatch, count - done);
    const rt::Tensor z = philox_latents(seed, uint64_t(done), n, info.z_dim).to(device);
    const rt::Tensor w =
        net.map(z, {}, 1, -1).value().to(rt::cpu);  // [n, num_ws, w_dim], equal rows
    const auto values = w.to_doubles();
    const size_t step = size_t(w.size(1) * w.size(2));
    for (size_t i = 0; i < values.size(); i += step)
      for (size_t k = 0; k < sum.size(); ++k) sum[k] += values[i + k];
  }
  rt::Tensor mean({info.w_dim}, rt::DType::f32);
  for (size_t k = 0; k < sum.size(); ++k) mean.data<float>()[k] = float(sum[k] / double(count));
  return mean;
}

}  // namespace sgan::nets
