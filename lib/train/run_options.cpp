#include "lib/train/run_options.hpp"

#include <filesystem>

#include "lib/io/dataset/transform.hpp"
#include "lib/rt/error.hpp"

namespace sgan::train {

using nlohmann::json;

json CommonOptions::common_json() const {
  return {{"data", std::filesystem::absolute(data).string()},
          {"recipe", recipe},
          {"max_images", max_images},
          {"workers", workers},
          {"seed", seed},
          {"kimg_per_tick", kimg_per_tick},
          {"snapshot_ticks", snapshot_ticks},
          {"licence", licence},
          {"origin", origin}};
}

void CommonOptions::read_common(const json& s) {
  data = s.at("data");
  recipe = s.at("recipe");
  max_images = s.at("max_images");
  workers = s.at("workers");
  seed = s.at("seed");
  kimg_per_tick = s.at("kimg_per_tick");
  snapshot_ticks = s.at("snapshot_ticks");
  licence = s.at("licence");
  origin = s.at("origin");
}

void CommonOptions::apply_common(const RunChanges& c) {
  if (c.total_kimg) recipe["total_kimg"] = *c.total_kimg;
  kimg_per_tick = c.kimg_per_tick.value_or(kimg_per_tick);
  snapshot_ticks = c.snapshot_ticks.value_or(snapshot_ticks);
  workers = c.workers.value_or(workers);
  data = c.data.value_or(data);
}

json RunOptions::to_json() const {
  json all = common_json();
  all.update({{"config", config},
              {"width", size.width},
              {"latent_dim", size.latent_dim},
              {"networks", networks},
              {"labels", labels},
              {"batch_gpu", batch_gpu},
              {"freeze_d", freeze_d},
              {"image_ticks", image_ticks},
              {"resume", resume}});
  return all;
}

RunOptions RunOptions::from_json(const json& s) try {
  RunOptions o;
  o.read_common(s);
  o.config = s.at("config");
  o.size.width = s.at("width");
  o.size.latent_dim = s.at("latent_dim");
  o.networks = s.at("networks");
  o.labels = s.at("labels");
  o.batch_gpu = s.at("batch_gpu");
  o.freeze_d = s.at("freeze_d");
  o.image_ticks = s.at("image_ticks");
  o.resume = s.at("resume");
  return o;
} catch (const json::exception& e) {
  fail("the run's settings: ", e.what());
}

void RunOptions::apply(const RunChanges& c) {
  apply_common(c);
  image_ticks = c.image_ticks.value_or(image_ticks);
}

void require_network_size(const io::DatasetInfo& data) {
  check(io::is_network_resolution(data.resolution) && data.resolution >= 8, data.path,
        ": pictures of ", data.resolution, "x", data.resolution,
        "; networks have 8x8, 16x16, 32x32, ... pixels (sgan-data --resolution)");
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

}  // namespace sgan::train
