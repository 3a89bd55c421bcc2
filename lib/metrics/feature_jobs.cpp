#include "lib/metrics/feature_jobs.hpp"

#include "lib/metrics/drawn_pictures.hpp"
#include "lib/metrics/rows.hpp"
#include "lib/rt/parallel.hpp"

namespace sgan::metrics {
namespace {

constexpr int64_t kUnit = 32;  // pictures of a data set at once

}  // namespace

rt::Tensor read_pictures(const io::Dataset& data, int64_t first, int64_t count) {
  const auto& info = data.info();
  rt::Tensor pictures({count, info.resolution, info.resolution, info.channels}, rt::DType::u8);
  const int64_t size = pictures.numel() / count;
  rt::parallel_try(count,
                   [&](int64_t i) { data.read(first + i, pictures.data<uint8_t>() + i * size); });
  return pictures;
}

Columns columns_of(const Features& features, bool probabilities) {
  return {features.pool_size(), probabilities ? features.classes() : 0};
}

void fill_features(const Features& features, const Columns& columns, const rt::Tensor& pictures,
                   int64_t first, const rt::Tensor& rows) {
  if (columns.classes > 0) {
    const auto [pool, probabilities] = features.both(pictures);
    put_columns(pool, rows, 0);
    put_columns(probabilities, rows, columns.pool);
  } else {
    put_columns(features.pool(pictures), rows, 0);
  }
  check_finite(rows, "features of the pictures", first);
}

Job generated_features_job(const nets::Generator& net, const Samples& samples,
                           const Features& features, const Columns& columns, double psi,
                           rt::Device device) {
  Job job;
  job.columns = columns.all();
  job.type = rt::DType::f32;
  job.compute = [&net, &samples, &features, columns, psi, device](int64_t first,
                                                                  const rt::Tensor& rows) {
    fill_features(features, columns, draw(net, samples, psi, device, first, rows.size(0)).pictures,
                  first, rows);
  };
  return job;
}

Job dataset_features_job(const io::Dataset& data, const Features& features, const Columns& columns,
                         rt::Device device) {
  Job job;
  job.samples = data.info().count;
  job.columns = columns.all();
  job.unit = kUnit;
  job.type = rt::DType::f32;
  job.compute = [&data, &features, columns, device](int64_t first, const rt::Tensor& rows) {
    const auto pictures = read_pictures(data, first, rows.size(0));
    fill_features(features, columns, whole_numbers(pictures, device, first), first, rows);
  };
  return job;
}

}  // namespace sgan::metrics
