// The settings of a training run, and what of them may change when it goes on.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "lib/io/dataset/dataset.hpp"
#include "lib/nets/presets.hpp"

namespace sgan::train {

// What a run that goes on may do otherwise than before.
struct RunChanges {
  std::optional<double> total_kimg, kimg_per_tick;
  std::optional<int> snapshot_ticks, image_ticks, workers;
  std::optional<std::string> data;
};

// What runs of all kinds have; kept in their training_options.json and in their saved states, so
// that they can go on with the same.
struct CommonOptions {
  std::string data, outdir;
  nlohmann::json recipe;
  int64_t max_images = 0;
  int workers = 2;
  uint64_t seed = 0;
  double kimg_per_tick = 4;
  int snapshot_ticks = 50;      // 0: only at the end
  std::string licence, origin;  // of the weights that come out

 protected:
  nlohmann::json common_json() const;
  void read_common(const nlohmann::json& settings);
  void apply_common(const RunChanges& changes);
};

// Everything that makes a run of a generator.
struct RunOptions : CommonOptions {
  std::string config;
  nets::PresetSize size;  // resolution, channels and c_dim come from the data
  nlohmann::json networks = nlohmann::json::object();  // "generator", "discriminator": changed
                                                       // arguments of the preset
  bool labels = false;
  int batch_gpu = 0, freeze_d = 0;
  int image_ticks = 50;  // 0: only at the end
  std::string resume, description;

  nlohmann::json to_json() const;
  static RunOptions from_json(const nlohmann::json& settings);  // throws Error
  void apply(const RunChanges& changes);
};

// Throws Error unless networks are trained for pictures of this size.
void require_network_size(const io::DatasetInfo& data);

// The preset of the options with all changes, for pictures like the data set's.
nets::Preset resolved_preset(const RunOptions& options);

}  // namespace sgan::train
