#include "lib/train/stats.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <sstream>

namespace sgan::train {
namespace {

constexpr size_t kPendingAtMost = 4096;

Moments moments_of(const std::array<double, 4>& totals) {
  const auto [num, sum, squares, nonfinite] = totals;
  Moments m{num, sum / num, 0, nonfinite};  // 0 / 0 is the NaN that is meant
  if (num == 0 || nonfinite > 0) {
    m.std = std::numeric_limits<double>::quiet_NaN();
  } else {
    m.std = std::sqrt(std::max(0.0, squares / num - m.mean * m.mean));
  }
  return m;
}

}  // namespace

void Stats::report(const std::string& name, double value) { report(name, {&value, 1}); }

void Stats::report(const std::string& name, std::span<const double> values) {
  auto& [num, sum, squares, nonfinite] = totals_[name];
  for (const double v : values) {
    num += 1;
    sum += v;
    squares += v * v;
    nonfinite += std::isfinite(v) ? 0 : 1;
  }
}

void Stats::report(const std::string& name, const rt::Tensor& values) {
  if (values.device().is_cpu()) return report(name, std::span<const double>(values.to_doubles()));
  totals_[name];
  pending_.emplace_back(name, values);
  if (pending_.size() >= kPendingAtMost) read_pending();
}

void Stats::read_pending() {
  const auto pending = std::exchange(pending_, {});
  for (const auto& [name, values] : pending) {
    report(name, std::span<const double>(values.to_doubles()));
  }
}

void Stats::reduce(dist::Communicator& ranks) {
  if (ranks.size() == 1) return;
  read_pending();
  // Ranks need not report the same names: first everybody hears of all.
  std::string mine;
  for (const auto& [name, totals] : totals_) mine += name + "\n";
  std::set<std::string> all;
  for (int rank = 0; rank < ranks.size(); ++rank) {
    std::string text = rank == ranks.rank() ? mine : "";
    ranks.broadcast(text, rank);
    std::istringstream lines(text);
    for (std::string name; std::getline(lines, name);) all.insert(name);
  }
  for (const std::string& name : all) declare(name);
  std::vector<double> values = totals();
  ranks.sum(values);
  set(names(), values);
}

Summary Stats::take() {
  read_pending();
  Summary summary;
  for (auto& [name, totals] : totals_) {
    summary[name] = moments_of(totals);
    totals = {};
  }
  return summary;
}

std::vector<std::string> Stats::names() {
  std::vector<std::string> names;
  for (const auto& [name, totals] : totals_) names.push_back(name);
  return names;
}

std::vector<double> Stats::totals() {
  read_pending();
  std::vector<double> values;
  for (const auto& [name, totals] : totals_) {
    values.insert(values.end(), totals.begin(), totals.end());
  }
  return values;
}

void Stats::set(const std::vector<std::string>& names, std::span<const double> totals) {
  check(totals.size() == 4 * names.size(), "statistics: ", names.size(), " names but ",
        totals.size(), " totals");
  pending_.clear();
  totals_.clear();
  for (size_t i = 0; i < names.size(); ++i) {
    std::copy_n(totals.begin() + std::ptrdiff_t(4 * i), 4, totals_[names[i]].begin());
  }
}

}  // namespace sgan::train
