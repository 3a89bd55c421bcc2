#include "lib/train/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "lib/rt/error.hpp"

namespace sgan::train {
namespace {

using nlohmann::json;

int log2_floor(int n) {
  int log2 = 0;
  while (n >>= 1) ++log2;
  return log2;
}

template <class T>
std::map<int, T> by_resolution(const json& table) {
  std::map<int, T> result;
  for (const auto& [resolution, value] : table.items()) {
    int side = 0;
    for (int r = 4; r <= 1 << 14; r *= 2) side = resolution == std::to_string(r) ? r : side;
    check(side > 0, "'", resolution, "' is not a resolution");
    result[side] = value.template get<T>();
  }
  return result;
}

// Misspelt settings are not taken in silence.
void check_names(const json& given, std::initializer_list<const char*> names) {
  for (const auto& [key, value] : given.items()) {
    const bool known =
        std::any_of(names.begin(), names.end(), [&](const char* name) { return key == name; });
    check(known, "there is no '", key, "'");
  }
}

template <class T>
T look_up(const std::map<int, T>& table, int resolution, T fallback) {
  const auto found = table.find(resolution);
  return found == table.end() ? fallback : found->second;
}

void check_sense(const GrowthSettings& s) {
  for (const int r : {s.max_resolution, s.initial_resolution}) {
    check(r >= 4 && (r & (r - 1)) == 0, "progressive growing: resolution ", r,
          " is not a power of two from 4 on");
  }
  check(s.train_kimg >= 0 && s.fade_kimg >= 0 && s.lr_rampup_kimg >= 0,
        "progressive growing: a negative time");
  check(s.devices >= 1 && s.minibatch_repeats >= 1 && s.lr_base > 0,
        "progressive growing: devices, minibatch_repeats and lr_base must be positive");
  for (int r = 4; r <= s.max_resolution; r *= 2) {
    const int batch = look_up(s.minibatch, r, s.minibatch_base);
    check(batch >= s.devices, "progressive growing: ", batch, " pictures a step at ", r, "x", r,
          " are too few for ", s.devices, " devices");
  }
}

}  // namespace

GrowthSettings GrowthSettings::from(const json& growth, int max_resolution, int devices) {
  GrowthSettings s;
  s.max_resolution = max_resolution;
  s.devices = devices;
  try {
    check_names(growth, {"initial_resolution", "train_kimg", "fade_kimg", "lr_rampup_kimg",
                         "minibatch_repeats", "one_device", "several_devices"});
    s.initial_resolution = growth.at("initial_resolution");
    s.train_kimg = growth.at("train_kimg");
    s.fade_kimg = growth.at("fade_kimg");
    s.lr_rampup_kimg = growth.at("lr_rampup_kimg");
    s.minibatch_repeats = growth.at("minibatch_repeats");
    const json& tables = growth.at(devices == 1 ? "one_device" : "several_devices");
    check_names(tables, {"minibatch_base", "minibatch", "max_per_device", "lr_base", "lr"});
    s.minibatch_base = tables.at("minibatch_base");
    s.minibatch = by_resolution<int>(tables.at("minibatch"));
    s.max_per_device = by_resolution<int>(tables.at("max_per_device"));
    s.lr_base = tables.at("lr_base");
    s.lr = by_resolution<double>(tables.at("lr"));
  } catch (const std::exception& e) {
    fail("the settings of progressive growing: ", e.what());
  }
  check_sense(s);
  return s;
}

GrowthStage growth_stage(const GrowthSettings& s, double kimg) {
  const double period = s.train_kimg + s.fade_kimg;
  const double phase = period > 0 ? std::floor(kimg / period) : 0;
  const double in_phase = kimg - phase * period;
  double lod = log2_floor(s.max_resolution) - log2_floor(s.initial_resolution) - phase;
  if (s.fade_kimg > 0) lod -= std::max(in_phase - s.train_kimg, 0.0) / s.fade_kimg;
  GrowthStage stage;
  stage.lod = std::max(lod, 0.0);
  stage.resolution = s.max_resolution >> int(stage.lod);
  stage.minibatch = look_up(s.minibatch, stage.resolution, s.minibatch_base);
  stage.minibatch -= stage.minibatch % s.devices;
  const auto most = s.max_per_device.find(stage.resolution);
  if (most != s.max_per_device.end()) {
    stage.minibatch = std::min(stage.minibatch, most->second * s.devices);
  }
  stage.lr = look_up(s.lr, stage.resolution, s.lr_base);
  if (s.lr_rampup_kimg > 0) stage.lr *= std::min(kimg / s.lr_rampup_kimg, 1.0);
  return stage;
}

bool resets_adam(double before, double now) {
  return std::floor(before) != std::floor(now) || std::ceil(before) != std::ceil(now);
}

const GrowthStage& Growth::step(int64_t nimg) {
  reset_ = false;
  if (steps_left_ == 0) {
    const double before = stage_.lod;
    stage_ = growth_stage(settings_, double(nimg) / 1000);
    reset_ = started_ && resets_adam(before, stage_.lod);
    started_ = true;
    steps_left_ = settings_.minibatch_repeats;
  }
  --steps_left_;
  return stage_;
}

json Growth::state() const {
  return {{"lod", stage_.lod}, {"resolution", stage_.resolution}, {"minibatch", stage_.minibatch},
          {"lr", stage_.lr},   {"steps_left", steps_left_},       {"started", started_}};
}

void Growth::restore(const json& state) {
  try {
    GrowthStage stage;
    stage.lod = state.at("lod");
    stage.resolution = state.at("resolution");
    stage.minibatch = state.at("minibatch");
    stage.lr = state.at("lr");
    const int steps_left = state.at("steps_left");
    started_ = state.at("started").get<bool>();
    stage_ = stage;
    steps_left_ = std::clamp(steps_left, 0, settings_.minibatch_repeats);
    reset_ = false;
  } catch (const json::exception& e) {
    fail("the checkpoint's state of progressive growing: ", e.what());
  }
}

}  // namespace sgan::train
