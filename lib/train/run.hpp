// A training run: data in, a run directory with snapshots, pictures and statistics out.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "lib/dist/communicator.hpp"
#include "lib/io/dataset/dataset.hpp"
#include "lib/train/run_log.hpp"
#include "lib/train/run_options.hpp"
#include "lib/train/trainer.hpp"

namespace sgan::train {

struct RunHooks {
  std::function<void(const std::string&)> line;  // for the user: one a tick, and warnings
  std::function<void(double, double)> progress;  // pictures done, pictures wanted; each step
  std::function<bool()> stop;                    // asked after each step
  // On every process when a snapshot has been written: the data, and the file.
  std::function<void(const io::Dataset&, const std::string& file)> snapshot;
  rt::Device device;
};

class Run {
 public:
  // A new run; makes its directory on the first rank.
  Run(const RunOptions& options, dist::Communicator& ranks, const RunHooks& hooks);
  // Goes on with the last state saved in `directory`.
  static std::unique_ptr<Run> resume(const std::string& directory, const RunChanges& changes,
                                     dist::Communicator& ranks, const RunHooks& hooks);
  ~Run();
  // To the end, or until hooks.stop(); saves either way. Returns whether the end was reached.
  // Throws Diverged, Error.
  bool go();
  const std::string& directory() const;
  bool has_state() const;  // to go on from

 private:
  struct Inner;
  explicit Run(std::unique_ptr<Inner> inner);
  std::unique_ptr<Inner> in_;
};

// The file in a run's directory that a run goes on from.
inline constexpr const char* kStateFile = "training-state.sgan";

}  // namespace sgan::train
