// FID, KID, precision, recall and inception score of one pass over features, under their official
// names.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/metrics/feature_jobs.hpp"
#include "lib/metrics/moments.hpp"

namespace sgan::metrics {

struct ScoreSettings {
  bool fid = true, kid = false, pr = false, is = false;
  Covariance covariance = Covariance::population;
  int neighbours = 3, splits = 10;
  uint32_t seed = 0;  // of KID's subsets
  // For the names: samples asked for, and whether all pictures of the data set count.
  int64_t samples = 50000;
  bool full = true;
  bool needs_real() const { return fid || kid || pr; }
};

// "fid,kid,pr,is" in any order; throws Error for anything else.
void choose_scores(const std::string& list, ScoreSettings& settings);

struct Score {
  std::string name;  // "fid50k_full", "pr50k3_full_recall", "is50k_mean", ...
  double value = 0;
  std::map<std::string, double> more;
  // Published figures of this metric are of the same public features as FID. Those of precision and
  // recall are of VGG16's last layers.
  bool published = true;
};

// `generated` [n, columns.all()]; `real` [m, columns.pool], not looked at when nothing needs it.
std::vector<Score> scores(const rt::Tensor& generated, const rt::Tensor& real,
                          const Columns& columns, const ScoreSettings& settings);

}  // namespace sgan::metrics
