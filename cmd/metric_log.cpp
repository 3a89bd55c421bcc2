#include "cmd/metric_log.hpp"

#include <ctime>
#include <nlohmann/json.hpp>

#include "lib/rt/error.hpp"
#include "lib/train/log_file.hpp"

namespace sgan::cli {
namespace {

std::string duration(double seconds) {
  const auto s = int64_t(seconds + 0.5);
  if (s < 60) return cat(s, "s");
  if (s < 3600) return cat(s / 60, "m ", s % 60, "s");
  return cat(s / 3600, "h ", s % 3600 / 60, "m ", s % 60, "s");
}

}  // namespace

std::string log_metric(const std::string& directory, const MetricLine& line) {
  const nlohmann::ordered_json json = {
      {"results", {{line.name, line.value}}},
      {"metric", line.name},
      {"total_time", line.seconds},
      {"total_time_str", duration(line.seconds)},
      {"num_gpus", line.processes},
      {"snapshot_pkl", line.snapshot.substr(line.snapshot.rfind('/') + 1)},
      {"timestamp", double(std::time(nullptr))}};
  train::LogFile file(cat(directory, "/metric-", line.name, ".jsonl"),
                      train::LogFile::Open::append_lines);
  return file.append(json.dump() + "\n");
}

}  // namespace sgan::cli
