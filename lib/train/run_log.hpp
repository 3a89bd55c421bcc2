// What a run leaves beside its snapshots, in a directory of its own:
//   training_options.json   its settings
//   log.txt                 what it said
//   stats.jsonl             one JSON object a tick: {"NAME": {"num", "mean", "std"}, ...,
//   "timestamp"} events.out.tfevents.*   the means, for TensorBoard
// A disk that is full costs records, never the run: nothing here throws once the directory is
// there.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "lib/train/log_file.hpp"
#include "lib/train/stats.hpp"

namespace sgan::train {

class RunLog {
 public:
  RunLog() = default;  // no directory, nothing is written: for the ranks that do not log

  // Makes OUTDIR/NNNNN-NAME, OUTDIR as well where it is missing; NNNNN is the next free number, and
  // no two processes ever get the same. Characters that file names should not have become '_'.
  // Throws Error when it cannot be made.
  static RunLog create(const std::string& outdir, const std::string& name);
  // Goes on in a run's directory; half a last line that a killed run left is cut off. Throws Error
  // when there is no such directory, it cannot be written, or another process trains in it.
  static RunLog resume(const std::string& directory);

  bool active() const { return !directory_.empty(); }
  const std::string& directory() const { return directory_; }
  std::string path(std::string_view file) const { return directory_ + "/" + std::string(file); }

  void options(const nlohmann::json& settings) noexcept;
  void line(std::string_view text) noexcept;  // without its newline
  // `kimg` is the position of the run in thousands of images. What is not a finite number is null
  // in stats.jsonl, and "nonfinite" there counts the values that were not; TensorBoard shows it.
  void tick(const Summary& summary, double kimg) noexcept;
  // As line() says it, so for a snapshot that could not be written.
  void warn(std::string_view text) noexcept;

  // One line each, for the user to see; empties the list. Each file complains once, and says when
  // it can be written again.
  std::vector<std::string> warnings() noexcept;

 private:
  explicit RunLog(std::string directory);
  void note(std::string problem) noexcept;

  std::string directory_;
  std::shared_ptr<const void> lock_;  // held as long as the process trains here
  LogFile log_, stats_, events_;
  std::vector<std::string> warnings_;
};

}  // namespace sgan::train
