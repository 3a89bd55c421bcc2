// The settings of a classifier's run as JSON, and back.
#include <filesystem>

#include "lib/train/classifier_run.hpp"

namespace sgan::train {

using nlohmann::json;

json ClassifierOptions::to_json() const {
  const auto whole = [](const std::string& path) {
    return path.empty() ? path : std::filesystem::absolute(path).string();
  };
  return {{"config", kClassifierConfig},
          {"attributes", attributes},
          {"table", whole(table)},
          {"data", whole(data)},
          {"name", name},
          {"recipe", recipe},
          {"max_images", max_images},
          {"workers", workers},
          {"seed", seed},
          {"kimg_per_tick", kimg_per_tick},
          {"snapshot_ticks", snapshot_ticks},
          {"licence", licence},
          {"origin", origin}};
}

ClassifierOptions ClassifierOptions::from_json(const json& s) try {
  ClassifierOptions o;
  o.attributes = s.at("attributes").get<std::vector<std::string>>();
  o.table = s.at("table");
  o.data = s.at("data");
  o.name = s.at("name");
  o.recipe = s.at("recipe");
  o.max_images = s.at("max_images");
  o.workers = s.at("workers");
  o.seed = s.at("seed");
  o.kimg_per_tick = s.at("kimg_per_tick");
  o.snapshot_ticks = s.at("snapshot_ticks");
  o.licence = s.at("licence");
  o.origin = s.at("origin");
  return o;
} catch (const json::exception& e) {
  fail("the run's settings: ", e.what());
}

}  // namespace sgan::train
