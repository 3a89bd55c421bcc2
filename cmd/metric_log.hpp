// metric-NAME.jsonl of a training run, with the members that the official programs write.
#pragma once

#include <string>

namespace sgan::cli {

struct MetricLine {
  std::string name;  // of the metric
  double value = 0, seconds = 0;
  int processes = 1;
  std::string snapshot;  // path of the model file; its name is kept
};

// Adds a line to the metric's file in a directory. Empty, or a line for the user.
std::string log_metric(const std::string& directory, const MetricLine& line);

}  // namespace sgan::cli
