// Distances between distributions from feature matrices: FID, KID, precision and recall, IS.
#include <cmath>

#include "lib/metrics/frechet.hpp"
#include "lib/metrics/inception_score.hpp"
#include "lib/metrics/kernel_distance.hpp"
#include "lib/metrics/manifold.hpp"
#include "tests/parity/parity.hpp"

namespace sgan::parity {
namespace {

std::vector<int64_t> indices(const rt::Tensor& rows, int64_t row) {
  const int64_t m = rows.size(1);
  const auto* values = rows.data<int64_t>() + row * m;
  return {values, values + m};
}

// A set as features of the setting's type.
rt::Tensor set(const Golden& golden, const std::string& name, const Report& report) {
  return golden.tensor("in." + name).to(report.setting().type);
}

double tolerance(const Report& report, double in_double = 1e-9) {
  return report.setting().is_double() ? in_double : 1e-4;
}

void frechet(const Golden& golden, Report& report) {
  const auto generated = set(golden, "gen", report), real = set(golden, "real", report);
  const metrics::Moments g(generated), r(real);
  const double near = tolerance(report);
  const auto expect = [&](const std::string& name, std::vector<double> got, double within) {
    report.compare("out." + name, got, golden.tensor("out." + name).to_doubles(), within);
  };
  expect("fid.mu_gen", g.mean(), near);
  expect("fid.mu_real", r.mean(), near);
  expect("fid.cov_gen", g.covariance(metrics::Covariance::population), near);
  expect("fid.cov_real", r.covariance(metrics::Covariance::population), near);
  expect("fid", {metrics::frechet_distance(g, r)}, near);
  expect("fid_unbiased_cov", {metrics::frechet_distance(g, r, metrics::Covariance::unbiased)},
         near);
  const int64_t few = golden.data("few").get<int64_t>();
  expect("fid_rank_deficient",
         {metrics::frechet_distance(metrics::Moments(generated.rows(0, few)),
                                    metrics::Moments(real.rows(0, few)))},
         tolerance(report, 1e-6));
}

void kernel_distance(const Golden& golden, Report& report) {
  const auto generated = set(golden, "gen", report), real = set(golden, "real", report);
  const auto& generated_rows = golden.tensor("in.kid.gen_idx");
  const auto& real_rows = golden.tensor("in.kid.real_idx");
  std::vector<metrics::Subset> subsets;
  for (int64_t s = 0; s < generated_rows.size(0); ++s)
    subsets.push_back({indices(generated_rows, s), indices(real_rows, s)});
  const auto values = metrics::kernel_distances(generated, real, subsets);
  double mean = 0;
  for (double v : values) mean += v / double(values.size());
  report.compare("out.kid.per_subset", values, golden.tensor("out.kid.per_subset").to_doubles(),
                 tolerance(report));
  report.compare("out.kid", {mean}, golden.tensor("out.kid").to_doubles(), tolerance(report));
  // The indices are the official drawing from the seed that the file names.
  const auto drawn = metrics::draw_subsets(
      generated.size(0), real.size(0), golden.data("kid_seed").get<uint32_t>(), int(subsets.size()),
      golden.data("kid_max_subset").get<int64_t>());
  bool same = true;
  for (size_t s = 0; s < subsets.size(); ++s)
    same &= drawn[s].generated == subsets[s].generated && drawn[s].real == subsets[s].real;
  report.check("kid drawing", same, "RandomState(seed).choice gives other subsets");
}

void manifolds(const Golden& golden, Report& report) {
  const auto generated = set(golden, "pr.gen", report), real = set(golden, "pr.real", report);
  std::vector<double> rows;
  for (int k : golden.data("pr_nhood").get<std::vector<int>>()) {
    const std::string prefix = cat("out.pr.k", k, ".");
    const auto check_radii = [&](const std::string& name, std::vector<double> radii) {
      for (double& r : radii) r = std::sqrt(r);
      report.compare(prefix + name, radii, golden.tensor(prefix + name).to_doubles(),
                     tolerance(report));
    };
    const auto check_inside = [&](const std::string& name, const std::vector<bool>& inside) {
      const std::vector<int64_t> flags(inside.begin(), inside.end());
      report.exact(prefix + name, rt::Tensor::from(flags, {int64_t(flags.size())}),
                   golden.tensor(prefix + name));
    };
    const auto real_radii = metrics::squared_radii(real, k);
    const auto generated_radii = metrics::squared_radii(generated, k);
    check_radii("radius_real", real_radii);
    check_radii("radius_gen", generated_radii);
    check_inside("inside_real_manifold", metrics::inside(generated, real, real_radii));
    check_inside("inside_gen_manifold", metrics::inside(real, generated, generated_radii));
    const auto both = metrics::precision_recall(generated, real, k);
    rows.insert(rows.end(), {both.precision, both.recall});
  }
  report.compare("out.pr.precision_recall", rows,
                 golden.tensor("out.pr.precision_recall").to_doubles(), 1e-12);
}

void scores(const Golden& golden, Report& report) {
  const auto probabilities = set(golden, "is.probs", report);
  std::vector<double> rows;
  for (int splits : golden.data("is_splits").get<std::vector<int>>()) {
    const auto score = metrics::inception_score(probabilities, splits);
    rows.insert(rows.end(), {score.mean, score.deviation});
  }
  report.compare("out.is", rows, golden.tensor("out.is").to_doubles(), tolerance(report));
}

}  // namespace

void run_feature_sets(const Golden& golden, Report& report) {
  frechet(golden, report);
  kernel_distance(golden, report);
  manifolds(golden, report);
  scores(golden, report);
}

}  // namespace sgan::parity
