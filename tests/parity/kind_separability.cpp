// Linear separability: the confident half, the support vector machines, tables, entropies, score.
#include <cmath>

#include "lib/metrics/separability.hpp"
#include "tests/parity/parity.hpp"

namespace sgan::parity {
namespace {

metrics::Confident attribute(const Golden& golden, Report& report, size_t i) {
  const auto& predictions = golden.tensor(cat("in.predictions", i));
  const auto& logits = golden.tensor(cat("in.logits", i));
  const auto own = metrics::class_probabilities(logits.reshape({logits.numel(), 1}));
  report.compare(cat("in.predictions", i), own, predictions, 1e-6);
  const auto confident =
      metrics::keep_confident(predictions, golden.data("num_keep").get<int64_t>());
  const int64_t kept = int64_t(confident.kept.size());
  report.exact(cat("out.kept", i), rt::Tensor::from(confident.kept, {kept}),
               golden.tensor(cat("out.kept", i)));
  report.exact(cat("out.targets", i), rt::Tensor::from(confident.targets, {kept}),
               golden.tensor(cat("out.targets", i)));
  return confident;
}

double separate(const Golden& golden, Report& report, const std::string& space,
                const std::vector<metrics::Confident>& attributes) {
  const auto latents =
      golden.tensor(space == "z" ? "in.latents" : "in.dlatents").to(report.setting().type);
  const double near = report.setting().is_double() ? 1e-9 : 1e-4;
  const std::string prefix = "out." + space + ".";
  std::vector<double> entropies;
  std::vector<metrics::Separation> separations;
  for (size_t i = 0; i < attributes.size(); ++i) {
    const auto expect = [&](const std::string& name, const std::vector<double>& got,
                            double within) {
      report.compare(cat(prefix, name, i), got, golden.tensor(cat(prefix, name, i)).to_doubles(),
                     within);
    };
    separations.push_back(metrics::separate(latents, attributes[i]));
    const auto& s = separations.back();
    report.check(cat(prefix, "svm", i), s.planes.empty() != golden.has(cat(prefix, "svm_w", i)),
                 "a plane where there is but one class, or none where there are two");
    if (!s.planes.empty() && golden.has(cat(prefix, "svm_w", i))) {
      expect("svm_w", s.planes[0].normal, near);
      expect("svm_b", {s.planes[0].offset}, near);
      expect("decision", s.decisions, near);
    }
    expect("table", s.table, 1e-12);
    entropies.push_back(s.entropy_bits);
  }
  report.compare(prefix + "entropies_bits", entropies,
                 golden.tensor(prefix + "entropies_bits").to_doubles(), 1e-9);
  const double score = metrics::separability_score(separations);
  report.compare(prefix + "score", {score}, golden.tensor(prefix + "score").to_doubles(), 1e-9);
  return score;
}

}  // namespace

void run_separability(const Golden& golden, Report& report) {
  std::vector<metrics::Confident> attributes;
  for (size_t i = 0; i < golden.data("attributes").size(); ++i)
    attributes.push_back(attribute(golden, report, i));
  const double z = separate(golden, report, "z", attributes);
  const double w = separate(golden, report, "w", attributes);
  // The reference takes its entropies in float32.
  report.compare("out.official_scores_z_w", {z, w},
                 golden.tensor("out.official_scores_z_w").to_doubles(), 1e-5);
}

}  // namespace sgan::parity
