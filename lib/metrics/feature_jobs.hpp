// Features of many pictures as jobs for measure(): a picture a row, float32.
#pragma once

#include "lib/io/dataset/dataset.hpp"
#include "lib/metrics/features.hpp"
#include "lib/metrics/measure.hpp"
#include "lib/metrics/samples.hpp"
#include "lib/nets/generator.hpp"

namespace sgan::metrics {

// Pictures first, first + 1, ... of a data set, bytes [count, H, W, C], decoded by all threads.
rt::Tensor read_pictures(const io::Dataset& data, int64_t first, int64_t count);

// What a row holds: Features::pool(), and behind it Features::probabilities() where wanted.
struct Columns {
  int64_t pool = 0, classes = 0;
  int64_t all() const { return pool + classes; }
};
// Throws Error when the features give no such thing.
Columns columns_of(const Features& features, bool probabilities);

// Fills rows [N, columns.all()] from pictures [N, H, W, C], 0..255 on any device. Throws Error that
// numbers the picture, counted from `first`, whose features are not finite.
void fill_features(const Features& features, const Columns& columns, const rt::Tensor& pictures,
                   int64_t first, const rt::Tensor& rows);

// What is referred to outlives the jobs.
Job generated_features_job(const nets::Generator& net, const Samples& samples,
                           const Features& features, const Columns& columns, double psi,
                           rt::Device device);
Job dataset_features_job(const io::Dataset& data, const Features& features, const Columns& columns,
                         rt::Device device);

// Where features of data sets are kept: $XDG_CACHE_HOME/sgan, else ~/.cache/sgan; empty when there
// is neither.
std::string cache_directory();

// The rows of a whole data set, from the directory's cache (empty: none) where they are there, else
// computed and kept; rows are missing when hooks.stop() said so, and the next call goes on from
// them. `choice`: which pictures of the data set, in words. What is wrong with the cache goes to
// hooks.warn(), and costs only time.
Table dataset_features(const io::Dataset& data, const std::string& choice, const Features& features,
                       const Columns& columns, rt::Device device, dist::Communicator& ranks,
                       const JobHooks& hooks, const std::string& directory);

}  // namespace sgan::metrics
