// The kept features of data sets: the checkpoint of the job that computes them.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "lib/io/sha256.hpp"
#include "lib/metrics/feature_jobs.hpp"

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

}  // namespace

std::string cache_directory() {
  if (const char* set = std::getenv("XDG_CACHE_HOME"); set && *set == '/') return cat(set, "/sgan");
  if (const char* home = std::getenv("HOME"); home && *home) return cat(home, "/.cache/sgan");
  return "";
}

Table dataset_features(const io::Dataset& data, const std::string& choice, const Features& features,
                       const Columns& columns, rt::Device device, dist::Communicator& ranks,
                       const JobHooks& hooks, const std::string& directory) {
  Job job = dataset_features_job(data, features, columns, device);
  job.cache = true;
  // Devices differ in the last bits.
  job.identity = cat("data ", data.info().hash, "; pictures ", data.info().count, ", ", choice,
                     "; features ", features.hash(), "; columns ", columns.pool, " and ",
                     columns.classes, "; device ", device.is_cuda() ? "cuda" : "cpu");
  if (!directory.empty() && ranks.first()) {
    if (const std::string problem = problem_with(directory); problem.empty()) {
      const std::string hash = io::sha256_hex(job.identity).substr(0, 16);
      job.checkpoint = cat(directory, "/", data.info().name.substr(0, 100), "-", hash, ".features");
    } else if (hooks.warn) {
      hooks.warn(cat("features of the data set are not kept: ", problem));
    }
  }
  // All processes do the same.
  if (ranks.size() > 1) ranks.broadcast(job.checkpoint, 0);
  return measure(job, ranks, hooks);
}

}  // namespace sgan::metrics
