#include "cmd/classifier_options.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cmd/train_options.hpp"
#include "lib/dist/launcher.hpp"
#include "lib/train/classifier_trainer.hpp"

namespace sgan::cli {
namespace {

using nlohmann::json;

// Options of generators' runs that mean the same here; all others would be taken in silence.
constexpr std::string_view known[] = {
    "classifier", "attributes", "holdout", "data",    "outdir", "dry-run", "gpus",
    "batch",      "mirror",     "aug",     "cbase",   "cmax",   "dlr",     "ema-kimg",
    "set",        "kimg",       "tick",    "snap",    "desc",   "workers", "max-images",
    "licence",    "origin",     "device",  "threads", "seed",   "quiet",   "verbose"};

std::vector<std::string> names_of(const std::string& list) {
  std::vector<std::string> names;
  for (size_t begin = 0; begin <= list.size();) {
    const size_t end = std::min(list.find(',', begin), list.size());
    names.push_back(list.substr(begin, end - begin));
    begin = end + 1;
    if (names.back().empty()) misuse("--classifier: '", list, "' has an empty name");
    if (std::count(names.begin(), names.end(), names.back()) > 1) {
      misuse("--classifier: '", names.back(), "' is there twice");
    }
  }
  return names;
}

json recipe_of(const Args& args) {
  json recipe = train::classifier_recipe();
  const auto number = [&](const char* option, const char* key, double low, double high) {
    if (args.has(option)) recipe[key] = args.number(option, 0, low, high);
  };
  if (args.has("batch")) recipe["batch"] = args.integer("batch", 8, 1, 1 << 20);
  number("dlr", "lr", 0, 1);
  number("kimg", "total_kimg", 0, 1e9);
  number("ema-kimg", "ema_kimg", 0, 1e6);
  number("holdout", "holdout", 0, 0.9);
  // StyleGAN1 counts feature maps from twice the resolution.
  if (args.has("cbase")) {
    recipe["fmap_base"] = std::max<int64_t>(1, args.integer("cbase", 16384, 2, 1 << 24) / 2);
  }
  if (args.has("cmax")) recipe["fmap_max"] = args.integer("cmax", 512, 1, 1 << 16);
  if (args.has("mirror")) recipe["mirror"] = true;
  if (args.has("aug") && args.choice("aug", "fixed", "noaug|fixed") == 0) {
    recipe["augment"] = nullptr;
    recipe["mirror"] = false;
    if (args.has("mirror")) misuse("--mirror is an augmentation, and goes without --aug noaug");
  }
  for (const std::string& text : args.all("set")) {
    const size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos) {
      misuse("--set: '", text, "' is not NAME=VALUE");
    }
    const json value = json::parse(text.substr(equals + 1), nullptr, false);
    if (value.is_discarded()) misuse("--set: '", text.substr(equals + 1), "' is not a number");
    try {
      train::change_classifier(recipe, text.substr(0, equals), value);
    } catch (const Error& error) {
      misuse("--set: ", error.what());
    }
  }
  return recipe;
}

}  // namespace

train::ClassifierOptions classifier_options(const Args& args) {
  for (const std::string& name : args.names()) {
    if (std::find(std::begin(known), std::end(known), name) != std::end(known)) continue;
    misuse("--", name, " does not go with --classifier");
  }
  if (dist::launched().size > 1) misuse("--classifier: one process trains a classifier");
  train::ClassifierOptions o;
  common_options(args, o);
  o.attributes = names_of(args.text("classifier", ""));
  o.table = args.text("attributes", "");
  o.name = args.text("desc", "");
  o.recipe = recipe_of(args);
  return o;
}

void refuse_classifier_options(const Args& args) {
  for (const char* name : {"attributes", "holdout"}) {
    if (args.has(name)) misuse("--", name, " goes with --classifier");
  }
}

}  // namespace sgan::cli
