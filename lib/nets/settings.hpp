// Reading networks' settings from JSON, with ranges.
#pragma once

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <type_traits>

#include "lib/rt/error.hpp"

namespace sgan::nets {

// The value under `key`; null and absent give the fallback. Throws Error on another type, that of
// the fallback where T is json.
template <class T>
T setting(const nlohmann::json& args, const char* key, const T& fallback) {
  const auto found = args.find(key);
  if (found == args.end() || found->is_null()) return fallback;
  try {
    if constexpr (std::is_same_v<T, nlohmann::json>) {
      if (found->type() == fallback.type()) return *found;
    } else {
      return found->get<T>();
    }
  } catch (const nlohmann::json::exception&) {
  }
  fail("setting '", key, "': ", found->dump(), " is not of the right kind");
}

// An integer between least and most.
inline int setting(const nlohmann::json& args, const char* key, int fallback, int least, int most) {
  const double value = setting(args, key, double(fallback));
  check(value >= least && value <= most && value == int(value), "setting '", key, "' is ", value,
        ", not a whole number from ", least, " to ", most);
  return int(value);
}

// A picture size: a power of two.
inline int resolution_setting(const nlohmann::json& args, const char* key, int fallback) {
  const int r = setting(args, key, fallback, 4, 4096);
  check((r & (r - 1)) == 0, "setting '", key, "' is ", r, ", not a power of two");
  return r;
}

// < 0 for none; null means none, absent the fallback.
inline double clamp_setting(const nlohmann::json& args, const char* key, double fallback) {
  const auto found = args.find(key);
  if (found == args.end()) return fallback;
  return found->is_null() ? -1 : setting(args, key, fallback);
}

// StyleGAN2's feature maps by resolution: min(channel_base / resolution, channel_max), unless the
// table "channels", {"4": 512, ...}, names the resolution.
class Widths {
 public:
  static Widths from(const nlohmann::json& args) {
    Widths widths;
    widths.base_ = setting(args, "channel_base", 32768, 1, 1 << 24);
    widths.most_ = setting(args, "channel_max", 512, 1, 1 << 16);
    const auto table = setting(args, "channels", nlohmann::json(nlohmann::json::object()));
    for (const auto& [resolution, count] : table.items()) {
      widths.table_[resolution] = setting(table, resolution.c_str(), 0, 1, 1 << 16);
    }
    return widths;
  }
  int at(int resolution) const {
    const auto found = table_.find(std::to_string(resolution));
    if (found != table_.end()) return found->second;
    return std::max(1, std::min(base_ / resolution, most_));
  }

 private:
  int base_ = 0, most_ = 0;
  std::map<std::string, int> table_;
};

// Arguments of generators whose synthesis settings may be nested under synthesis_kwargs.
inline nlohmann::json flattened(nlohmann::json args) {
  const auto nested = args.find("synthesis_kwargs");
  if (nested == args.end() || !nested->is_object()) return args;
  const nlohmann::json inner = *nested;
  args.erase("synthesis_kwargs");
  for (const auto& [key, value] : inner.items()) args[key] = value;
  return args;
}

}  // namespace sgan::nets
