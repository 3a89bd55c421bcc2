#include "lib/train/run_log.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "lib/io/output.hpp"
#include "lib/train/event_file.hpp"

namespace sgan::train {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string host() {
  char name[256] = "";
  if (gethostname(name, sizeof name - 1) != 0 || name[0] == 0) return "localhost";
  return name;
}

std::string file_name(std::string name) {
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && !std::strchr("-_.+=@", c)) c = '_';
  }
  return name;
}

// The number that a run's directory begins with; -1 for other names.
int64_t number_of(const std::string& name) {
  size_t digits = 0;
  while (digits < name.size() && name[digits] >= '0' && name[digits] <= '9') ++digits;
  const bool run = digits >= 5 && digits <= 12 && (digits == name.size() || name[digits] == '-');
  return run ? std::stoll(name.substr(0, digits)) : -1;
}

int64_t highest_number(const std::string& outdir) {
  int64_t highest = -1;
  std::error_code error;
  for (fs::directory_iterator i(outdir, error), end; !error && i != end; i.increment(error)) {
    highest = std::max(highest, number_of(i->path().filename().string()));
  }
  check(!error, outdir, ": cannot read: ", error.message());
  return highest;
}

[[noreturn]] void cannot_create(const std::string& path) {
  fail(path, ": cannot create: ", std::strerror(errno));
}

// mkdir() is the lock: it succeeds for one of all who try. The number is claimed before the name,
// because runs with different names may start at once as well.
std::string claim_directory(const std::string& outdir, const std::string& name) {
  for (int64_t number = highest_number(outdir) + 1;; ++number) {
    char digits[24];
    std::snprintf(digits, sizeof digits, "%05lld", static_cast<long long>(number));
    const std::string claim = cat(outdir, "/.", digits, ".claimed");
    const std::string path = cat(outdir, "/", digits, "-", name);
    if (::mkdir(claim.c_str(), 0777) != 0) {
      if (errno == EEXIST) continue;
      cannot_create(path);
    }
    // Somebody may have come and gone since we looked.
    const bool is_free = highest_number(outdir) < number;
    const bool made = is_free && ::mkdir(path.c_str(), 0777) == 0;
    const int error = errno;
    ::rmdir(claim.c_str());
    errno = error;
    if (made) return path;
    if (is_free && errno != EEXIST) cannot_create(path);
  }
}

// Two processes in one directory would overwrite each other's states. Where a file system knows no
// locks, nothing is held.
std::shared_ptr<const void> lock_directory(const std::string& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return nullptr;
  const bool taken = ::flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  if (taken) ::close(fd);
  check(!taken, directory, ": another process is training in this directory");
  return std::shared_ptr<const void>(static_cast<const void*>(nullptr),
                                     [fd](const void*) { ::close(fd); });
}

// What a writer left that was killed: ".NAME.XXXXXX.EXTENSION" of files that runs write.
void remove_leftovers(const std::string& directory) {
  std::error_code error;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    for (const char* stem :
         {".network-snapshot-", ".training-state.", ".training_options.", ".fakes", ".reals."}) {
      std::error_code ignored;
      if (name.starts_with(stem)) fs::remove(at->path(), ignored);
    }
  }
}

}  // namespace

RunLog::RunLog(std::string directory)
    : directory_(std::move(directory)),
      lock_(lock_directory(directory_)),
      log_(path("log.txt"), LogFile::Open::append_lines),
      stats_(path("stats.jsonl"), LogFile::Open::append_lines),
      events_(path(cat("events.out.tfevents.", int64_t(now()), ".", host())),
              LogFile::Open::fresh) {}

RunLog RunLog::create(const std::string& outdir, const std::string& name) {
  check(!outdir.empty(), "a run needs a directory to write into");
  std::error_code error;
  fs::create_directories(outdir, error);
  check(!error, outdir, ": cannot create: ", error.message());
  return RunLog(claim_directory(outdir, file_name(name)));
}

RunLog RunLog::resume(const std::string& directory) {
  struct stat info {};
  const bool there = ::stat(directory.c_str(), &info) == 0;
  check(there, directory, ": ", std::strerror(errno));
  check(S_ISDIR(info.st_mode), directory, ": not the directory of a run");
  const bool writable = ::access(directory.c_str(), W_OK | X_OK) == 0;
  check(writable, directory, ": cannot write: ", std::strerror(errno));
  RunLog log(directory);  // which holds the lock
  remove_leftovers(directory);
  return log;
}

void RunLog::note(std::string problem) noexcept try {
  if (problem.empty()) return;
  std::string too = log_.append("warning: " + problem + "\n");
  warnings_.push_back(std::move(problem));
  if (!too.empty()) warnings_.push_back(std::move(too));
} catch (...) {
}

void RunLog::options(const nlohmann::json& settings) noexcept try {
  if (!active()) return;
  io::Output out(path("training_options.json"), false);
  out.write(settings.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  out.finish();
} catch (const std::exception& e) {
  note(cat(e.what(), "; the run goes on without"));
}

void RunLog::line(std::string_view text) noexcept try {
  if (active()) note(log_.append(std::string(text) + "\n"));
} catch (...) {
}

void RunLog::warn(std::string_view text) noexcept try { note(std::string(text)); } catch (...) {
}

void RunLog::tick(const Summary& summary, double kimg) noexcept try {
  if (!active()) return;
  const double time = now();
  ordered_json object = ordered_json::object();
  std::vector<std::pair<std::string, float>> scalars;
  for (const auto& [name, m] : summary) {
    ordered_json& entry = object[name];  // NaN and infinity are written as null
    entry = {{"num", int64_t(m.num)}, {"mean", m.mean}, {"std", m.std}};
    if (m.nonfinite > 0) entry["nonfinite"] = int64_t(m.nonfinite);
    if (m.num > 0) scalars.emplace_back(name, float(m.mean));
  }
  object["timestamp"] = time;
  note(stats_.append(object.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n"));
  std::string events = events_.size() > 0 ? "" : event_header(time);
  events += event_scalars(time, int64_t(kimg), scalars);
  note(events_.append(events));
} catch (const std::exception& e) {
  note(e.what());
}

std::vector<std::string> RunLog::warnings() noexcept { return std::exchange(warnings_, {}); }

}  // namespace sgan::train
