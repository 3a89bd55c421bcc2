#include "lib/io/provenance.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "lib/io/json.hpp"
#include "lib/io/sha256.hpp"
#include "lib/rt/error.hpp"

namespace sgan::io {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::string_view kStart = "{\"sgan\":";
constexpr std::string_view kCheck = ",\"check\":\"";
constexpr size_t kCheckDigits = 8;

// Skippable frames have no checksum of their own, so the last member is one: the first digits of
// the SHA-256 of the text before it.
std::string seal(const ordered_json& object) {
  std::string text = object.dump(-1, ' ', true, json::error_handler_t::replace);
  text.pop_back();
  return text + std::string(kCheck) + sha256_hex(text).substr(0, kCheckDigits) + "\"}";
}

// The eight digits of a text's seal; nothing when it has none.
std::optional<std::string_view> seal_of(std::string_view text) {
  const size_t tail = kCheck.size() + kCheckDigits + 2;
  if (text.size() < tail) return std::nullopt;
  const std::string_view end = text.substr(text.size() - tail);
  if (!end.starts_with(kCheck)) return std::nullopt;
  return end.substr(kCheck.size(), kCheckDigits);
}

bool seal_holds(std::string_view text, std::string_view digits) {
  const std::string_view body = text.substr(0, text.size() - kCheck.size() - kCheckDigits - 2);
  return digits == sha256_hex(body).substr(0, kCheckDigits);
}

Kind parse_kind(const json& object, const std::string& name) {
  const auto found = object.find("kind");
  check(found != object.end() && found->is_string(), name, ": its front frame names no kind");
  for (const Kind kind : {Kind::z, Kind::w, Kind::image}) {
    if (name_of(kind) == found->get_ref<const std::string&>()) return kind;
  }
  fail(name, ": holds ", shown(found->get_ref<const std::string&>()), ", which is not known here");
}

Provenance parse_front(const json& object, const std::string& name) {
  Provenance p;
  p.kind = parse_kind(object, name);
  for (const auto& [key, value] : object.items()) {
    if (key == "psi" || key == "cutoff") {
      check(value.is_number() && std::abs(value.get<double>()) < 1e9, name,
            ": damaged front frame (", key, ")");
      if (key == "psi") p.psi = value.get<double>();
      if (key == "cutoff") p.cutoff = int(value.get<double>());
      continue;
    }
    if (key == "sgan" || key == "kind" || key == "check" || !value.is_string()) continue;
    const auto& text = value.get_ref<const std::string&>();
    if (key == "model") {
      check(text.size() == 64 && text.find_first_not_of("0123456789abcdef") == text.npos, name,
            ": damaged front frame (model)");
      p.model = text;
    } else if (key == "seeds") {
      p.seeds = text;
    } else if (key == "labels") {
      p.labels = text;
    } else {
      p.notes[key] = text;
    }
  }
  return p;
}

StreamEnd parse_end(const json& object, const std::string& name) {
  const auto count = [&](const char* key) {
    const auto found = object.find(key);
    check(found != object.end() && found->is_number_unsigned() &&
              found->get<uint64_t>() <= uint64_t(INT64_MAX),
          name, ": damaged end frame");
    return found->get<int64_t>();
  };
  return {count("arrays"), count("rows")};
}

}  // namespace

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::z:
      return "z";
    case Kind::w:
      return "w";
    case Kind::image:
      return "image";
  }
  fail("unknown kind");
}

std::string join_seeds(const std::vector<uint32_t>& seeds) {
  std::string out;
  for (size_t i = 0; i < seeds.size();) {
    size_t j = i;
    while (j + 1 < seeds.size() && seeds[j] != UINT32_MAX && seeds[j + 1] == seeds[j] + 1) ++j;
    if (!out.empty()) out += ',';
    out += std::to_string(seeds[i]);
    if (j > i) {
      out += j == i + 1 ? ',' : '-';
      out += std::to_string(seeds[j]);
    }
    i = j + 1;
  }
  return out;
}

std::string to_json(const Provenance& p) {
  const auto build = [&](bool lists) {
    ordered_json object{{"sgan", kStreamVersion}, {"kind", name_of(p.kind)}};
    if (!p.model.empty()) object["model"] = p.model;
    if (p.psi) object["psi"] = *p.psi;
    if (p.cutoff) object["cutoff"] = *p.cutoff;
    if (!p.seeds.empty() && lists) object["seeds"] = p.seeds;
    if (!p.labels.empty() && lists) object["labels"] = p.labels;
    for (const auto& [key, value] : p.notes) {
      if (!object.contains(key)) object[key] = value;
    }
    return seal(object);
  };
  std::string text = build(true);
  if (text.size() > kMaxProvenance) text = build(false);
  check(text.size() <= kMaxProvenance, "remarks of ", text.size(), " bytes are too long");
  return text;
}

std::string to_json(const StreamEnd& end) {
  return seal(
      {{"sgan", kStreamVersion}, {"end", true}, {"arrays", end.arrays}, {"rows", end.rows}});
}

StreamNote parse_note(std::string_view text, const std::string& name) {
  StreamNote note;
  if (!text.starts_with(kStart)) return note;
  check(text.size() <= kMaxProvenance, name, ": front frame of ", text.size(),
        " bytes is too long");
  const auto digits = seal_of(text);
  check(!digits || seal_holds(text, *digits), name, ": damaged front or end frame");
  const json object = parse_json(text, name + ": front or end frame", 8);
  check(object.is_object() && object.contains("sgan") && object["sgan"].is_number_unsigned(), name,
        ": damaged front or end frame");
  check(object["sgan"].get<uint64_t>() == uint64_t(kStreamVersion), name, ": stream version ",
        object["sgan"].get<uint64_t>(), " is not known; this program reads version ",
        kStreamVersion);
  if (object.contains("end")) {
    note.end = parse_end(object, name);
  } else {
    note.front = parse_front(object, name);
  }
  // Last, so that what is wrong with a frame made by hand is said first.
  check(digits.has_value(), name, ": front or end frame without its check: damaged");
  return note;
}

}  // namespace sgan::io
