// Metrics of a run's snapshots, for sgan-train --metrics.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cmd/cli.hpp"
#include "lib/dist/communicator.hpp"
#include "lib/io/dataset/dataset.hpp"

namespace sgan::cli {

class TrainMetrics {
 public:
  // From --metrics, --metrics-n and --features. Throws Misuse for metrics that there are not, Error
  // where a feature network is missing: before the run begins.
  TrainMetrics(const Args& args, dist::Communicator& ranks, rt::Device device);
  ~TrainMetrics();
  bool any() const;
  // Measures the averaged generator; adds a line to metric-NAME.jsonl beside the snapshot. Only
  // says what went wrong: the run goes on.
  void operator()(const io::Dataset& data, const std::string& snapshot);

 private:
  struct Inner;
  std::unique_ptr<Inner> in_;
};

}  // namespace sgan::cli
