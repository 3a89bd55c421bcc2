#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "lib/nets/weights.hpp"
#include "lib/ops/layout.hpp"
#include "tests/parity/parity.hpp"

namespace sgan::parity {

const rt::Tensor& Golden::tensor(const std::string& name) const {
  const auto found = tensors.find(name);
  sgan::check(found != tensors.end(), path, ": no tensor '", name, "'");
  return found->second;
}

const std::string& Golden::text(const std::string& key) const {
  const auto found = metadata.find(key);
  sgan::check(found != metadata.end(), path, ": no metadata '", key, "'");
  return found->second;
}

json Golden::data(const std::string& key) const { return json::parse(text(key)); }

std::map<std::string, rt::Tensor> Golden::below(const std::string& prefix) const {
  std::map<std::string, rt::Tensor> found;
  for (const auto& [name, t] : tensors) {
    if (name.starts_with(prefix)) found[name.substr(prefix.size())] = t;
  }
  return found;
}

void Report::result(const std::string& name, bool ok, double error, double tolerance,
                    const std::string& what) {
  (ok ? passed_ : failed_)++;
  if (std::isfinite(error)) worst_ = std::max(worst_, error);
  if (ok && !verbose_) return;
  std::printf("  %-4s %-52s %s", ok ? "ok" : "FAIL", name.c_str(), what.c_str());
  if (what.empty()) std::printf("error %.2e, tolerance %.0e", error, tolerance);
  std::printf("\n");
}

void Report::compare(const std::string& name, const std::vector<double>& got,
                     const std::vector<double>& expected, double tolerance) {
  if (got.size() != expected.size()) {
    return result(name, false, 0, tolerance,
                  cat(got.size(), " values instead of ", expected.size()));
  }
  double difference = 0, norm = 0, largest_difference = 0, largest = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    if (!std::isfinite(got[i])) {
      return result(name, false, 0, tolerance, cat("value ", i, " is ", got[i]));
    }
    const double d = got[i] - expected[i];
    difference += d * d;
    norm += expected[i] * expected[i];
    largest_difference = std::max(largest_difference, std::fabs(d));
    largest = std::max(largest, std::fabs(expected[i]));
  }
  const double floor = largest == 0 ? 1 : 0;  // against zeros the error is absolute
  const double error = std::max(std::sqrt(difference) / (std::sqrt(norm) + floor),
                                largest_difference / (largest + floor));
  result(name, error <= tolerance, error, tolerance, "");
}

void Report::compare(const std::string& name, const rt::Tensor& got, const rt::Tensor& expected,
                     double tolerance) {
  if (got.shape() != expected.shape()) {
    return result(name, false, 0, tolerance,
                  cat("shape ", got.shape(), " instead of ", expected.shape()));
  }
  compare(name, got.to_doubles(), expected.to_doubles(), tolerance);
}

void Report::exact(const std::string& name, const rt::Tensor& got, const rt::Tensor& expected) {
  const bool same =
      got.shape() == expected.shape() && got.dtype() == expected.dtype() &&
      std::equal(got.bytes_data(), got.bytes_data() + got.bytes(), expected.bytes_data());
  result(name, same, 0, 0, same ? "equal bit for bit" : "bits differ");
}

void Report::check(const std::string& name, bool ok, const std::string& what) {
  result(name, ok, 0, 0, what);
}

ag::Var input(const Golden& golden, const std::string& name, const Report& report, bool leaf) {
  const Setting setting = report.setting();
  const rt::Tensor t = golden.tensor(name).to(setting.type).to(setting.device);
  return leaf ? ag::Var::leaf(t) : ag::Var(t);
}

rt::Tensor official(const ag::Var& v) {
  const rt::Tensor t = v.value().to(rt::cpu);
  return t.rank() == 4 ? nets::to_channels_first(t) : t;  // w is [N, num_ws, w_dim] in both
}

ag::Var channels_last(const ag::Var& v) {
  return v.rank() == 4 ? ops::permute(v, {0, 2, 3, 1}) : v;
}

ag::Var channels_first(const ag::Var& v) {
  return v.rank() == 4 ? ops::permute(v, {0, 3, 1, 2}) : v;
}

}  // namespace sgan::parity
