#include "lib/metrics/scores.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <sstream>

#include "lib/metrics/frechet.hpp"
#include "lib/metrics/inception_score.hpp"
#include "lib/metrics/kernel_distance.hpp"
#include "lib/metrics/manifold.hpp"
#include "lib/metrics/rows.hpp"

namespace sgan::metrics {
namespace {

std::string thousands(int64_t n) { return n % 1000 == 0 ? cat(n / 1000, "k") : cat(n); }

Score kernel_score(const rt::Tensor& generated, const rt::Tensor& real, const std::string& name,
                   uint32_t seed) {
  const auto values =
      kernel_distances(generated, real, draw_subsets(generated.size(0), real.size(0), seed));
  const double count = double(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double variance = 0;
  for (double v : values) variance += (v - mean) * (v - mean) / count;
  return {name, mean, {{"deviation_of_subsets", std::sqrt(variance)}}};
}

}  // namespace

void choose_scores(const std::string& list, ScoreSettings& s) {
  s.fid = s.kid = s.pr = s.is = false;
  std::istringstream words(list + ",");
  for (std::string word; std::getline(words, word, ',');) {
    bool* which = word == "fid"   ? &s.fid
                  : word == "kid" ? &s.kid
                  : word == "pr"  ? &s.pr
                  : word == "is"  ? &s.is
                                  : nullptr;
    check(which, "'", word, "' is none of fid, kid, pr, is");
    *which = true;
  }
}

std::vector<Score> scores(const rt::Tensor& generated, const rt::Tensor& real,
                          const Columns& columns, const ScoreSettings& s) {
  std::vector<Score> result;
  const rt::Tensor pool = columns_from(generated, 0, columns.pool);
  const std::string count = thousands(s.samples), full = s.full ? "_full" : "";
  if (s.fid) {
    const double distance = frechet_distance(Moments(pool), Moments(real), s.covariance);
    result.push_back({cat("fid", count, full), distance, {}});
  }
  if (s.kid) result.push_back(kernel_score(pool, real, cat("kid", count, full), s.seed));
  if (s.pr) {
    const auto both = precision_recall(pool, real, s.neighbours);
    const std::string name = cat("pr", count, s.neighbours, full);
    result.push_back({name + "_precision", both.precision, {}, false});
    result.push_back({name + "_recall", both.recall, {}, false});
  }
  if (s.is) {
    const auto score =
        inception_score(columns_from(generated, columns.pool, columns.classes), s.splits);
    result.push_back({cat("is", count, "_mean"), score.mean, {}});
    result.push_back({cat("is", count, "_std"), score.deviation, {}});
  }
  return result;
}

}  // namespace sgan::metrics
