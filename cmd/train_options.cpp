#include "cmd/train_options.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "lib/dist/launcher.hpp"
#include "lib/nets/discriminator.hpp"
#include "lib/nets/known_settings.hpp"
#include "lib/train/recipes.hpp"
#include "lib/train/trainer_setup.hpp"

namespace sgan::cli {
namespace {

using nlohmann::json;

// Options that change one setting of the recipe.
struct Numeric {
  const char *option, *key;
  double low, high;
};
constexpr Numeric numerics[] = {
    {"gamma", "r1_gamma", 0, 1e9},
    {"p", "augment_p", 0, 1},
    {"target", "ada_target", -1, 1},
    {"glr", "g_lr", 0, 1},
    {"dlr", "d_lr", 0, 1},
    {"kimg", "total_kimg", 0, 1e9},
    {"ema-kimg", "ema_kimg", 0, 1e6},
    {"mix", "style_mixing_prob", 0, 1},
    {"pl-weight", "pl_weight", 0, 1e6},
};

// Short names that the official programs use for the row that they stand for.
std::string config_name(const std::string& given) {
  if (given == "stylegan2") return "stylegan2-f";
  if (given == "stylegan1") return "stylegan1-f";
  return given;
}

json parse_value(const std::string& text) {
  const json value = json::parse(text, nullptr, false);
  return value.is_discarded() ? json(text) : value;
}

std::pair<std::string, json> key_and_value(const std::string& option, const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos) {
    misuse("--", option, ": '", text, "' is not NAME=VALUE");
  }
  return {text.substr(0, equals), parse_value(text.substr(equals + 1))};
}

bool grows(const train::RunOptions& o) { return o.recipe.at("growth").is_object(); }

// Arguments of networks that follow from something else, and what says it.
constexpr std::pair<std::string_view, const char*> settled[] = {
    {"img_resolution", "the data set says it"},
    {"img_channels", "the data set says it"},
    {"resolution", "the data set says it"},
    {"num_channels", "the data set says it"},
    {"c_dim", "the data set says it, with --cond"},
    {"label_size", "the data set says it, with --cond"},
    {"num_fp16_res", "--set fp16_resolutions says it"},
    {"magnitude_ema_beta", "--set magnitude_ema_kimg says it"},
    {"mapping_kwargs.w_avg_beta", "--set w_avg_beta says it"},
    {"mbstd_group_size", "--mbstd-group says it"},
    {"epilogue_kwargs.mbstd_group_size", "--mbstd-group says it"},
};

void refuse_settled(const std::string& before, const json& changes, const std::string& option) {
  for (const auto& [key, value] : changes.items()) {
    const std::string name = before + key;
    for (const auto& [known, instead] : settled) {
      if (name == known) misuse("--", option, ": '", name, "' cannot be set: ", instead);
    }
    if (value.is_object()) {
      refuse_settled(name == "synthesis_kwargs" ? before : name + ".", value, option);
    }
  }
}

// One --g-arg or --d-arg upon what has been changed before.
void change_network(json& changes, nets::Family family, const json& args, const std::string& option,
                    const std::string& text) {
  const auto [name, value] = key_and_value(option, text);
  const json change = {{name, value}};
  json before = args;  // what there is may depend on it
  if (changes.is_object()) before.update(changes);
  try {
    nets::check_known(family, option == "g-arg", change, before);
  } catch (const Error& error) {
    misuse("--", option, ": ", error.what());
  }
  refuse_settled("", change, option);
  json& old = changes[name];
  if (old.is_object() && value.is_object()) {
    old.update(value);
  } else {
    old = value;
  }
}

void change_networks(const Args& args, train::RunOptions& o) {
  const nets::Preset p = nets::preset(o.config, o.size);
  const auto old_names = [](nets::Family family) {
    return family == nets::Family::progan || family == nets::Family::stylegan1;
  };
  // Each network by its own generation: rows may join a StyleGAN2 generator to an older
  // discriminator. The older ones count from twice the resolution, hence the half. Where a row's
  // generator is wider than its discriminator (StyleGAN3-R: twice) it stays so.
  const auto both = [&](const char* key, const char* old_key, int64_t value, int64_t old_value) {
    int64_t ratio = 1;
    if (p.generator.contains(key) && p.discriminator.contains(key)) {
      ratio = std::max<int64_t>(
          1, p.generator[key].get<int64_t>() / p.discriminator[key].get<int64_t>());
    }
    const auto change = [&](const char* network, nets::Family family, int64_t times) {
      const bool old = old_names(family);
      o.networks[network][old ? old_key : key] = (old ? old_value : value) * times;
    };
    change("generator", p.family, ratio);
    change("discriminator", p.discriminator_family, 1);
  };
  const bool old = old_names(p.family);
  const auto wide = [&](int64_t n) {
    return std::max<int64_t>(1, std::llround(double(n) * o.size.width));
  };
  if (args.has("cbase")) {
    const int64_t base = wide(args.integer("cbase", 32768, 2, 1 << 24));
    both("channel_base", "fmap_base", base, std::max<int64_t>(1, base / 2));
  }
  if (args.has("cmax")) {
    const int64_t most = wide(args.integer("cmax", 512, 1, 1 << 16));
    both("channel_max", "fmap_max", most, most);
  }
  if (args.has("map-depth")) {
    const int64_t depth = args.integer("map-depth", 8, 0, 64);
    if (p.family == nets::Family::progan) misuse("--map-depth: ", o.config, " has no mapping");
    if (old) {
      o.networks["generator"]["mapping_layers"] = depth;
    } else {
      o.networks["generator"]["mapping_kwargs"]["num_layers"] = depth;
    }
  }
  for (const char* which : {"g-arg", "d-arg"}) {
    const bool g = *which == 'g';
    for (const std::string& text : args.all(which)) {
      change_network(o.networks[g ? "generator" : "discriminator"],
                     g ? p.family : p.discriminator_family, g ? p.generator : p.discriminator,
                     which, text);
    }
  }
}

void change_recipe(const Args& args, train::RunOptions& o) {
  for (const Numeric& n : numerics) {
    if (args.has(n.option)) o.recipe[n.key] = args.number(n.option, 0, n.low, n.high);
  }
  if (args.has("mbstd-group")) o.recipe["mbstd_group"] = args.integer("mbstd-group", 4, 1, 1 << 20);
  if (args.has("mirror")) o.recipe["mirror"] = true;
  if (args.has("fp32")) o.recipe["fp16_resolutions"] = 0;
  if (args.has("aug")) {
    o.recipe["augment"] = std::vector<std::string>{
        "noaug", "ada", "fixed"}[size_t(args.choice("aug", "noaug", "noaug|ada|fixed"))];
  }
  if (args.has("augpipe")) o.recipe["augment_pipe"] = args.text("augpipe", "");
  std::vector<std::string> set;
  for (const std::string& text : args.all("set")) {
    const auto [name, value] = key_and_value("set", text);
    if (name == "batch") misuse("--set: 'batch' is set by --batch, for what depends on it");
    set.push_back(name);
    try {
      train::change(o.recipe, name, value);
    } catch (const Error& error) {
      misuse("--set: ", error.what());
    }
  }
  // What would be taken in silence.
  const json& augment = o.recipe["augment"];
  if (args.has("p") && augment != "fixed") misuse("--p goes with --aug fixed");
  if (args.has("target") && augment != "ada") misuse("--target goes with --aug ada");
  if (args.has("augpipe") && augment == "noaug") misuse("--augpipe goes with --aug ada or fixed");
  if (args.has("mix") && nets::preset(o.config).family == nets::Family::progan) {
    misuse("--mix: ", o.config, " has no styles to mix");
  }
  if (!grows(o)) return;
  for (const char* option : {"glr", "dlr"}) {
    const std::string key = cat(option[0], "_lr");
    if (args.has(option) || std::find(set.begin(), set.end(), key) != set.end()) {
      misuse(args.has(option) ? cat("--", option) : cat("--set ", key), ": ", o.config,
             " grows, and its learning rates are --set growth.lr_base and growth.lr");
    }
  }
}

void check_recipe(const json& recipe) try { train::check_recipe(recipe); } catch (const Error& e) {
  misuse(e.what());
}

// Options that a run which goes on obeys; the others made it what it is.
constexpr std::string_view going_on[] = {
    "continue", "kimg",    "tick",  "snap",    "image-snap", "data",      "workers", "gpus",
    "device",   "threads", "quiet", "verbose", "metrics",    "metrics-n", "features"};

}  // namespace

void common_options(const Args& args, train::CommonOptions& o) {
  if (!args.has("data")) misuse("--data is needed; see 'sgan-train --help'");
  if (!args.has("outdir") && !args.has("dry-run")) misuse("--outdir is needed");
  o.data = args.text("data", "");
  o.outdir = args.text("outdir", "");
  o.max_images = args.integer("max-images", 0, 0, INT64_MAX);
  o.seed = args.seed();
  o.workers = int(args.integer("workers", 2, 1, 256));
  o.kimg_per_tick = args.number("tick", 4, 0.001, 1e6);
  o.snapshot_ticks = int(args.integer("snap", 50, 0, 1 << 30));
  o.licence = args.text("licence", "");
  o.origin = args.text("origin", "");
}

train::RunOptions train_options(const Args& args) try {
  train::RunOptions o;
  common_options(args, o);
  if (!args.has("config")) misuse("--config is needed; see 'sgan-train --help'");
  o.config = config_name(args.text("config", ""));
  o.labels = args.has("cond");
  o.batch_gpu = int(args.integer("batch-gpu", 0, 0, 1 << 20));
  o.freeze_d = int(args.integer("freezed", 0, 0, 64));
  o.image_ticks = int(args.integer("image-snap", o.snapshot_ticks, 0, 1 << 30));
  o.resume = args.text("resume", "");
  o.description = args.text("desc", "");
  o.size.width = args.number("width", 1, 1e-3, 1e3);
  o.size.latent_dim = int(args.integer("latent-dim", 512, 1, 1 << 16));
  const auto names = nets::preset_names();
  if (std::find(names.begin(), names.end(), o.config) == names.end()) {
    std::string all;
    for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
    misuse("--config: '", o.config, "' is not one of ", all);
  }
  const io::DatasetInfo data = io::open_dataset(o.data, {.labels = o.labels})->info();
  train::require_network_size(data);
  o.size.resolution = data.resolution;
  o.size.channels = data.channels;
  o.size.c_dim = o.labels ? data.label_dim : 0;
  o.recipe = train::recipe(o.config, data.resolution, int(args.integer("batch", 0, 1, 1 << 20)));
  if (args.has("resume")) {  // weights that are there already need no slow start
    o.recipe["ada_kimg"] = 100;
    o.recipe["ema_rampup"] = 0;
    o.recipe["blur_init_sigma"] = 0;
  }
  change_recipe(args, o);
  check_recipe(o.recipe);
  change_networks(args, o);
  if (!grows(o)) {
    const int64_t batch = o.recipe.at("batch"), processes = dist::launched().size;
    if (batch % processes != 0) {
      misuse("a batch of ", batch, " cannot be divided among ", processes, " processes");
    }
    try {
      train::round_size(o.recipe, batch / processes, o.batch_gpu);
    } catch (const Error& error) {
      misuse(error.what());
    }
  }
  const bool can_freeze =
      nets::preset(o.config).discriminator_family == nets::Family::stylegan2 && !grows(o);
  if (o.freeze_d && !can_freeze) misuse("--freezed: ", o.config, " grows, and cannot be frozen");
  return o;
} catch (const json::exception& error) {
  misuse(error.what());
}

train::RunChanges changes_of_run(const Args& args) {
  for (const std::string& name : args.names()) {
    if (std::find(std::begin(going_on), std::end(going_on), name) != std::end(going_on)) continue;
    misuse("--", name, " cannot go with --continue: a run keeps its settings, but for --kimg, ",
           "--tick, --snap, --image-snap, --data, --workers and --metrics");
  }
  train::RunChanges c;
  const auto whole = [&](const char* name, std::optional<int>& value, int low, int high) {
    if (args.has(name)) value = int(args.integer(name, 0, low, high));
  };
  if (args.has("kimg")) c.total_kimg = args.number("kimg", 0, 0, 1e9);
  if (args.has("tick")) c.kimg_per_tick = args.number("tick", 0, 0.001, 1e6);
  whole("snap", c.snapshot_ticks, 0, 1 << 30);
  whole("image-snap", c.image_ticks, 0, 1 << 30);
  whole("workers", c.workers, 1, 256);
  if (args.has("data")) c.data = args.text("data", "");
  return c;
}

std::string describe_run(const train::RunOptions& options) {
  json all = options.to_json();
  const nets::Preset p = train::with_recipe(train::resolved_preset(options), options.recipe);
  // What the networks would refuse.
  nets::generator_shapes(p.family, p.generator);
  nets::discriminator_shapes(p.discriminator_family, p.discriminator);
  all["architecture"] = nets::name_of(p.family);
  all["generator"] = p.generator;
  all["discriminator_architecture"] = nets::name_of(p.discriminator_family);
  all["discriminator"] = p.discriminator;
  all["resolution"] = options.size.resolution;
  all["channels"] = options.size.channels;
  all["classes"] = options.size.c_dim;
  return all.dump(2) + "\n";
}

}  // namespace sgan::cli
