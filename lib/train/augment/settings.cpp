// Augmentation's settings under their official names.
#include <functional>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "lib/rt/error.hpp"
#include "lib/train/augment/augment.hpp"

namespace sgan::train {
namespace {

using Settings = AugmentSettings;
using Field = std::pair<const char*, double Settings::*>;

constexpr Field fields[] = {
    {"xflip", &Settings::xflip},
    {"rotate90", &Settings::rotate90},
    {"xint", &Settings::xint},
    {"xint_max", &Settings::xint_max},
    {"scale", &Settings::scale},
    {"rotate", &Settings::rotate},
    {"aniso", &Settings::aniso},
    {"xfrac", &Settings::xfrac},
    {"scale_std", &Settings::scale_std},
    {"rotate_max", &Settings::rotate_max},
    {"aniso_std", &Settings::aniso_std},
    {"xfrac_std", &Settings::xfrac_std},
    {"brightness", &Settings::brightness},
    {"contrast", &Settings::contrast},
    {"lumaflip", &Settings::lumaflip},
    {"hue", &Settings::hue},
    {"saturation", &Settings::saturation},
    {"brightness_std", &Settings::brightness_std},
    {"contrast_std", &Settings::contrast_std},
    {"hue_max", &Settings::hue_max},
    {"saturation_std", &Settings::saturation_std},
    {"imgfilter", &Settings::imgfilter},
    {"imgfilter_std", &Settings::imgfilter_std},
    {"noise", &Settings::noise},
    {"cutout", &Settings::cutout},
    {"noise_std", &Settings::noise_std},
    {"cutout_size", &Settings::cutout_size},
};

}  // namespace

AugmentSettings AugmentSettings::named(const std::string& name) {
  static const std::vector<std::pair<std::string, std::string>> parts = {
      {"blit", "b"},    {"geom", "g"},      {"color", "c"},      {"filter", "f"},
      {"noise", "n"},   {"cutout", "o"},    {"bg", "bg"},        {"bgc", "bgc"},
      {"bgcf", "bgcf"}, {"bgcfn", "bgcfn"}, {"bgcfnc", "bgcfno"}};
  for (const auto& [known, groups] : parts) {
    if (known != name) continue;
    AugmentSettings s;
    const auto has = [&](char group) { return groups.find(group) != std::string::npos; };
    if (has('b')) s.xflip = s.rotate90 = s.xint = 1;
    if (has('g')) s.scale = s.rotate = s.aniso = s.xfrac = 1;
    if (has('c')) s.brightness = s.contrast = s.lumaflip = s.hue = s.saturation = 1;
    if (has('f')) s.imgfilter = 1;
    if (has('n')) s.noise = 1;
    if (has('o')) s.cutout = 1;
    return s;
  }
  std::string list;
  for (const auto& part : parts) list += (list.empty() ? "" : ", ") + part.first;
  fail("no augmentation pipe '", name, "': one of ", list);
}

AugmentSettings AugmentSettings::from(const nlohmann::json& args) {
  check(args.is_object(), "augmentation settings are an object of names and numbers");
  AugmentSettings s;
  for (const auto& [name, value] : args.items()) {
    if (name == "class_name") continue;
    if (name == "imgfilter_bands") {
      check(value.is_array() && value.size() == 4, "imgfilter_bands: four numbers");
      for (size_t i = 0; i < 4; ++i) {
        check(value[i].is_number(), "imgfilter_bands: four numbers");
        s.imgfilter_bands[i] = value[i].get<double>();
      }
      continue;
    }
    bool known = false;
    for (const auto& [field, member] : fields) {
      if (name != field) continue;
      check(value.is_number(), "augmentation setting '", name, "' is a number");
      s.*member = value.get<double>();
      check(s.*member >= 0 && s.*member < 1e6, "augmentation setting '", name,
            "' is a number from 0, not ", s.*member);
      known = true;
    }
    check(known, "no augmentation setting '", name, "'");
  }
  return s;
}

nlohmann::json AugmentSettings::to_json() const {
  nlohmann::json j;
  for (const auto& [field, member] : fields) j[field] = this->*member;
  j["imgfilter_bands"] = imgfilter_bands;
  return j;
}

}  // namespace sgan::train
