#include "lib/train/run_options.hpp"

#include <filesystem>

#include "lib/rt/error.hpp"

namespace sgan::train {

using nlohmann::json;

json RunOptions::to_json() const {
  return {{"config", config},
          {"data", std::filesystem::absolute(data).string()},
          {"recipe", recipe},
          {"width", size.width},
          {"latent_dim", size.latent_dim},
          {"networks", networks},
          {"labels", labels},
          {"max_images", max_images},
          {"batch_gpu", batch_gpu},
          {"freeze_d", freeze_d},
          {"workers", workers},
          {"seed", seed},
          {"kimg_per_tick", kimg_per_tick},
          {"snapshot_ticks", snapshot_ticks},
          {"image_ticks", image_ticks},
          {"resume", resume},
          {"licence", licence},
          {"origin", origin}};
}

RunOptions RunOptions::from_json(const json& s) try {
  RunOptions o;
  o.config = s.at("config");
  o.data = s.at("data");
  o.recipe = s.at("recipe");
  o.size.width = s.at("width");
  o.size.latent_dim = s.at("latent_dim");
  o.networks = s.at("networks");
  o.labels = s.at("labels");
  o.max_images = s.at("max_images");
  o.batch_gpu = s.at("batch_gpu");
  o.freeze_d = s.at("freeze_d");
  o.workers = s.at("workers");
  o.seed = s.at("seed");
  o.kimg_per_tick = s.at("kimg_per_tick");
  o.snapshot_ticks = s.at("snapshot_ticks");
  o.image_ticks = s.at("image_ticks");
  o.resume = s.at("resume");
  o.licence = s.at("licence");
  o.origin = s.at("origin");
  return o;
} catch (const json::exception& e) {
  fail("the run's settings: ", e.what());
}

nets::Preset resolved_preset(const RunOptions& o) {
  nets::Preset p = nets::preset(o.config, o.size);
  const auto change = [&](const char* which, json& args) {
    if (!o.networks.contains(which)) return;
    for (const auto& [name, value] : o.networks.at(which).items()) {
      if (value.is_object() && args.contains(name)) {
        args[name].update(value);
      } else {
        args[name] = value;
      }
    }
  };
  change("generator", p.generator);
  change("discriminator", p.discriminator);
  return p;
}

void apply(RunOptions& o, const RunChanges& c) {
  if (c.total_kimg) o.recipe["total_kimg"] = *c.total_kimg;
  o.kimg_per_tick = c.kimg_per_tick.value_or(o.kimg_per_tick);
  o.snapshot_ticks = c.snapshot_ticks.value_or(o.snapshot_ticks);
  o.image_ticks = c.image_ticks.value_or(o.image_ticks);
  o.workers = c.workers.value_or(o.workers);
  o.data = c.data.value_or(o.data);
}

}  // namespace sgan::train
