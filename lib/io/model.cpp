#include "lib/io/model.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "lib/io/json.hpp"

namespace sgan::io {
namespace {

using nlohmann::json;

constexpr std::string_view kArchitectures[] = {"progan", "stylegan1", "stylegan2", "stylegan3",
                                               "features"};
constexpr std::string_view kRoles[] = {"G_ema", "G", "D", "net"};
constexpr const char* kFormat = "sgan.format";
constexpr const char* kHash = "sgan.sha256";
constexpr const char* kVersion = "1";

// What is read most comes first: mapping alone for sgan-map, then the generator for everything
// else.
int group_of(const std::string& name) {
  if (name.starts_with("G_ema.mapping")) return 0;
  if (name.starts_with("G_ema.")) return 1;
  return name.starts_with("G.") ? 2 : 3;
}

bool is_role_of(std::string_view role, std::string_view tensor) {
  return tensor.size() > role.size() && tensor.starts_with(role) && tensor[role.size()] == '.';
}

void check_object(const std::string& text, const std::string& where) {
  check(parse_json(text, where, 32).is_object(), where, ": not a JSON object");
}

}  // namespace

Metadata to_metadata(const ModelSettings& settings) {
  Metadata metadata = settings.more;
  metadata[kFormat] = kVersion;
  metadata["architecture"] = settings.architecture;
  metadata["generator"] = settings.generator;
  const std::pair<const char*, const std::string*> optional[] = {
      {"discriminator", &settings.discriminator},
      {"training", &settings.training},
      {"licence", &settings.licence},
      {"origin", &settings.origin},
  };
  for (const auto& [key, value] : optional) {
    if (!value->empty()) metadata[key] = *value;
  }
  read_settings(metadata, "model");
  return metadata;
}

ModelSettings read_settings(const Metadata& metadata, const std::string& name) {
  ModelSettings settings;
  settings.more = metadata;
  const auto take = [&](const char* key) {
    const auto found = settings.more.find(key);
    if (found == settings.more.end()) return std::string();
    std::string value = std::move(found->second);
    settings.more.erase(found);
    return value;
  };
  const std::string version = take(kFormat);
  check(metadata.find("sgan.kind") == metadata.end(), name, ": the saved state of a training run, ",
        "which sgan-train --continue goes on from; its snapshots are models");
  check(!version.empty(), name, ": not a model of ours, its metadata have no ", kFormat,
        "; import it with sgan-import");
  check(version == kVersion, name, ": model format ", shown(version),
        " is not known; this program reads format ", kVersion);
  take(kHash);
  settings.architecture = take("architecture");
  settings.generator = take("generator");
  settings.discriminator = take("discriminator");
  settings.training = take("training");
  settings.licence = take("licence");
  settings.origin = take("origin");
  check(std::count(std::begin(kArchitectures), std::end(kArchitectures), settings.architecture) > 0,
        name, ": architecture ", shown(settings.architecture), " is not known");
  check_object(settings.generator, name + ": generator settings");
  if (!settings.discriminator.empty()) {
    check_object(settings.discriminator, name + ": discriminator settings");
  }
  if (!settings.training.empty()) parse_json(settings.training, name + ": training history", 32);
  return settings;
}

ModelFile::ModelFile(SafetensorsFile file)
    : file_(std::move(file)), settings_(read_settings(file_.metadata(), file_.name())) {
  const auto hash = file_.metadata().find(kHash);
  if (hash != file_.metadata().end()) hash_ = hash->second;
  check(hash_.size() == 64 && hash_.find_first_not_of("0123456789abcdef") == std::string::npos,
        name(), ": its metadata have no valid ", kHash);
  for (const TensorEntry& entry : file_.entries()) {
    const auto fits = [&](std::string_view role) { return is_role_of(role, entry.name); };
    check(std::any_of(std::begin(kRoles), std::end(kRoles), fits), name(), ": tensor ",
          shown(entry.name), " belongs to no network (G_ema, G, D, net)");
  }
  check(has("G_ema") || has("G") || has("D") || has("net"), name(), ": holds no network");
  check(!has("D") || !settings_.discriminator.empty(), name(),
        ": has a discriminator, but no settings of it");
}

void ModelFile::verify() const {
  const std::string own = file_.sha256(kHash);
  check(own == hash_, name(), ": damaged or changed: its hash is ", own, ", not ", hash_);
}

json ModelFile::generator_args() const {
  return parse_json(settings_.generator, name() + ": generator settings", 32);
}

json ModelFile::discriminator_args() const {
  check(!settings_.discriminator.empty(), name(), ": has no discriminator");
  return parse_json(settings_.discriminator, name() + ": discriminator settings", 32);
}

void ModelFile::require_generator() const {
  if (settings_.architecture != "features") return;
  const auto text = settings_.more.find("features");
  const json features =
      text == settings_.more.end() ? json() : parse_json(text->second, name() + ": features", 32);
  const auto label = features.is_object() ? features.find("name") : features.end();
  const bool named = label != features.end() && label->is_string();
  fail(name(), ": is a feature network", named ? cat(" (", label->get<std::string>(), ")") : "",
       ", no generator");
}

bool ModelFile::has(std::string_view role) const {
  const auto fits = [&](const TensorEntry& entry) { return is_role_of(role, entry.name); };
  return std::any_of(file_.entries().begin(), file_.entries().end(), fits);
}

TensorMap ModelFile::network(std::string_view role, std::string_view prefix) const {
  check(has(role), name(), ": has no network ", role);
  const std::string start = cat(role, '.', prefix);
  TensorMap read = file_.read([&](const TensorEntry& e) { return e.name.starts_with(start); });
  TensorMap tensors;
  for (auto& [tensor, value] : read) {
    tensors.emplace(tensor.substr(role.size() + 1), std::move(value));
  }
  return tensors;
}

void add_network(TensorMap& tensors, std::string_view role, const TensorMap& network) {
  check(std::count(std::begin(kRoles), std::end(kRoles), role) > 0,
        "a network cannot have the role ", role);
  for (const auto& [name, tensor] : network) tensors[cat(role, '.', name)] = tensor;
}

std::string write_model(Sink& sink, const ModelSettings& settings, const TensorMap& tensors) {
  return write_safetensors(sink, tensors, to_metadata(settings),
                           {.compress = true, .group = group_of, .hash_key = kHash});
}

}  // namespace sgan::io
