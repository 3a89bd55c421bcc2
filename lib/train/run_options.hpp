// The settings of a training run, and what of them may change when it goes on.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "lib/nets/presets.hpp"

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
void apply(RunOptions& options, const RunChanges& changes);

}  // namespace sgan::train
