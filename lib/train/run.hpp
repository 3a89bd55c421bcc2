// A training run: data in, a run directory with snapshots, pictures and statistics out.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "lib/dist/communicator.hpp"
#include "lib/io/dataset/dataset.hpp"
#include "lib/train/run_log.hpp"
#include "lib/train/trainer.hpp"

namespace sgan::train {

// Everything that makes a run; kept in its training_options.json and in its saved states, so that
// it can go on with the same.
struct RunOptions {
  std::string config, data, outdir;
  nlohmann::json recipe;
  nets::PresetSize size;  // resolution, channels and c_dim come from the data
  nlohmann::json networks = nlohmann::json::object();  // "generator", "discriminator": changed
                                                       // arguments of the preset
  bool labels = false;
  int64_t max_images = 0;
  int batch_gpu = 0, freeze_d = 0, workers = 2;
  uint64_t seed = 0;
  double kimg_per_tick = 4;
  int snapshot_ticks = 50, image_ticks = 50;  // 0: only at the end
  std::string resume, description;
  std::string licence, origin;  // of the weights that come out

  nlohmann::json to_json() const;
  static RunOptions from_json(const nlohmann::json& settings);
};

// What a run that goes on may do otherwise than before.
struct RunChanges {
  std::optional<double> total_kimg, kimg_per_tick;
  std::optional<int> snapshot_ticks, image_ticks, workers;
  std::optional<std::string> data;
};

// The preset of the options with all changes, for pictures like the data set's.
nets::Preset resolved_preset(const RunOptions& options);

struct RunHooks {
  std::function<void(const std::string&)> line;  // for the user: one a tick, and warnings
  std::function<void(double, double)> progress;  // pictures done, pictures wanted; each step
  std::function<bool()> stop;                    // asked after each step
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
