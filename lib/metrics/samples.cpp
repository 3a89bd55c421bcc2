#include "lib/metrics/samples.hpp"

#include <algorithm>

#include "lib/io/labels.hpp"
#include "lib/metrics/draws.hpp"
#include "lib/nets/latents.hpp"

namespace sgan::metrics {

rt::Tensor Samples::z(int64_t first, int64_t count) const {
  return nets::philox_latents(seed, uint64_t(first), count, z_dim);
}

rt::Tensor Samples::labels(int64_t first, int64_t count) const {
  if (c_dim == 0) return {};
  if (label >= 0) return io::one_hot_labels(label, c_dim, count);
  rt::Tensor rows = rt::Tensor::zeros({count, c_dim});
  for (int64_t i = 0; i < count; ++i) {
    const double u = uniform_draw(seed, kLabelDraws, uint64_t(first + i));
    float* row = rows.data<float>() + i * c_dim;
    if (data) {
      data->label(int64_t(u * double(data->info().count)), row);
    } else {
      row[int64_t(u * double(c_dim))] = 1;
    }
  }
  return rows;
}

}  // namespace sgan::metrics
