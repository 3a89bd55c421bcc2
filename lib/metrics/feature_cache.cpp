// The kept features of data sets: the checkpoint of the job that computes them.
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "lib/io/sha256.hpp"
#include "lib/metrics/feature_jobs.hpp"
#include "lib/metrics/table_file.hpp"

namespace sgan::metrics {
namespace {

namespace fs = std::filesystem;

// Makes the directory. Empty, or why that cannot be.
std::string problem_with(const std::string& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) return cat(directory, ": ", error.message());
  return access(directory.c_str(), W_OK) == 0 ? "" : cat(directory, ": cannot be written into");
}

// Whether the file holds all rows, which then are in the table. A file that is of no use goes.
bool load_all(const std::string& path, PartialTable& table, const std::string& identity,
              const std::function<void(const std::string&)>& warn) {
  try {
    if (!load_table(path, table, identity)) return false;
  } catch (const Error& error) {
    warn(cat(error.what(), "; the features are computed again"));
    unlink(path.c_str());
    return false;
  }
  return std::find(table.done.begin(), table.done.end(), false) == table.done.end();
}

}  // namespace

std::string cache_directory() {
  if (const char* set = std::getenv("XDG_CACHE_HOME"); set && *set == '/') return cat(set, "/sgan");
  if (const char* home = std::getenv("HOME"); home && *home) return cat(home, "/.cache/sgan");
  return "";
}

Table dataset_features(const io::Dataset& data, const std::string& choice, const Features& features,
                       const Columns& columns, rt::Device device, dist::Communicator& ranks,
                       const JobHooks& hooks, const std::string& directory,
                       const std::function<void(const std::string&)>& warn) {
  Job job = dataset_features_job(data, features, columns, device);
  // Devices differ in the last bits.
  job.identity = cat("data ", data.info().hash, "; pictures ", data.info().count, ", ", choice,
                     "; features ", features.hash(), "; columns ", columns.pool, " and ",
                     columns.classes, "; device ", device.is_cuda() ? "cuda" : "cpu");
  std::string path;
  if (!directory.empty() && ranks.first()) {
    if (const std::string problem = problem_with(directory); !problem.empty()) {
      warn(cat("features of the data set are not kept: ", problem));
    } else {
      path = cat(directory, "/", data.info().name, "-", io::sha256_hex(job.identity).substr(0, 16),
                 ".features");
    }
  }
  PartialTable kept;
  bool complete = false;
  if (!path.empty()) {
    kept.rows = rt::Tensor({job.samples, job.columns}, job.type);
    kept.unit = job.unit;
    kept.done.assign(size_t((job.samples + job.unit - 1) / job.unit), false);
    complete = load_all(path, kept, job.identity, warn);
  }
  std::string agreed = complete ? "complete" : path;  // all processes do the same
  if (ranks.size() > 1) ranks.broadcast(agreed, 0);
  if (agreed != "complete") {
    job.checkpoint = agreed;
    kept = {};
    return measure(job, ranks, hooks);
  }
  if (!ranks.first()) kept.rows = rt::Tensor({job.samples, job.columns}, job.type);
  if (ranks.size() == 1) return {kept.rows, job.samples};
  const rt::Tensor shared = kept.rows.to(device);
  ranks.broadcast(shared, 0);
  return {shared.to(rt::cpu), job.samples};
}

}  // namespace sgan::metrics
