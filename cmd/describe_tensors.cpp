#include "cmd/describe.hpp"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "lib/io/json.hpp"
#include "lib/io/model.hpp"
#include "lib/io/table_file.hpp"
#include "lib/nets/classifier.hpp"
#include "lib/nets/generator.hpp"
#include "lib/train/state_file.hpp"

namespace sgan::cli {
namespace {

using Json = nlohmann::ordered_json;

// "synthesis.b8.conv0.weight" belongs to the layer "synthesis.b8.conv0", "8x8/Conv1/bias" to
// "8x8/Conv1".
std::string layer_of(const std::string& tensor) {
  const size_t end = tensor.find_last_of("./");
  return end == std::string::npos ? tensor : tensor.substr(0, end);
}

// A generator, with or without its discriminator.
Json describe_generator(const io::ModelFile& model) {
  const auto& settings = model.settings();
  const auto family = nets::parse_family(settings.architecture);
  nets::GeneratorInfo info;
  try {
    info = nets::generator_info(family, model.generator_args());
  } catch (const Error& error) {
    fail(model.name(), ": ", error.what());
  }
  Json out = {{"file", model.name()},
              {"kind", "model"},
              {"architecture", settings.architecture},
              {"resolution", info.resolution},
              {"channels", info.channels},
              {"z_dim", info.z_dim},
              {"w_dim", info.w_dim},
              {"num_ws", info.num_ws},
              {"classes", info.c_dim},
              {"truncation", info.has_average},
              {"generator", Json::parse(settings.generator)}};
  if (!settings.discriminator.empty()) out["discriminator"] = Json::parse(settings.discriminator);
  return out;
}

// A network that judges pictures.
Json describe_features(const io::ModelFile& model) {
  Json out = {{"file", model.name()}, {"kind", "features"}};
  const auto text = model.settings().more.find("features");
  check(text != model.settings().more.end(), model.name(), ": does not describe its network");
  const auto features = io::parse_json(text->second, model.name() + ": features", 32);
  check(features.is_object(), model.name(), ": features: not a JSON object");
  for (const char* key : {"network", "name", "family", "args"}) {
    if (features.contains(key)) out[key] = features[key];
  }
  if (!features.contains("attributes")) return out;
  try {
    for (const auto& a : nets::attributes_from(features["attributes"])) {
      out["attributes"][a.name] = a.classes;
    }
  } catch (const Error& error) {
    fail(model.name(), ": ", error.what());
  }
  return out;
}

Json describe_model(const Args& args, const io::ModelFile& model) {
  const auto& settings = model.settings();
  Json out =
      settings.architecture == "features" ? describe_features(model) : describe_generator(model);
  if (!settings.training.empty()) out["training"] = Json::parse(settings.training);
  if (!settings.licence.empty()) out["licence"] = settings.licence;
  if (!settings.origin.empty()) out["origin"] = settings.origin;
  if (args.has("hash")) model.verify();
  out["sha256"] = model.hash();
  out["sha256_verified"] = args.has("hash");
  struct Layer {
    int64_t parameters = 0;
    Json tensors;
  };
  std::map<std::string, std::map<std::string, Layer>> networks;
  for (const auto& entry : model.file().entries()) {
    const std::string role = entry.name.substr(0, entry.name.find('.'));
    const std::string name = entry.name.substr(role.size() + 1);
    Layer& layer = networks[role][layer_of(name)];
    layer.parameters += entry.shape.numel();
    layer.tensors[name] = {{"type", rt::name_of(entry.type)}, {"shape", entry.shape.dims()}};
  }
  for (const auto& [role, layers] : networks) {
    Json& network = out["networks"][role];
    network["parameters"] = 0;
    for (const auto& [name, layer] : layers) {
      network["parameters"] = network["parameters"].get<int64_t>() + layer.parameters;
      network["layers"][name]["parameters"] = layer.parameters;
      if (args.has("tensors")) network["layers"][name]["tensors"] = layer.tensors;
    }
  }
  return out;
}

Json describe_state(const Args& args, const io::SafetensorsFile& file) {
  const train::SavedState state = train::read_state_header(file);
  Json out = {{"file", file.name()}, {"kind", "training state"}};
  try {
    const nlohmann::json& options = state.options;
    const nlohmann::json& counters = state.counters;
    out["config"] = options.at("config");
    out["kimg"] = counters.at("images").get<double>() / 1000;
    out["total_kimg"] = options.at("recipe").at("total_kimg");
    out["steps"] = counters.at("steps");
    out["tick"] = counters.at("tick");
    out["seconds"] = counters.at("seconds");
    for (const char* key : {"architecture", "dataset", "data", "generator", "discriminator"})
      out[key] = options.at(key);
    if (!options.value("resume", "").empty()) out["resumed_from"] = options.at("resume");
    out["seed"] = options.at("seed");
    out["recipe"] = options.at("recipe");
  } catch (const nlohmann::json::exception&) {
    fail(file.name(), ": the state of a training run that does not tell all about it");
  }
  Json tensors;
  int64_t bytes = 0;
  for (const auto& entry : file.entries()) {
    bytes += int64_t(entry.end - entry.begin);
    tensors[entry.name] = {{"type", rt::name_of(entry.type)}, {"shape", entry.shape.dims()}};
  }
  out["tensors"] = file.entries().size();
  out["bytes"] = bytes;
  if (args.has("tensors")) out["tensors"] = tensors;
  return out;
}

// The checkpoint of a measuring program, or the features of a data set that sgan-fid keeps.
Json describe_measurement(const io::SafetensorsFile& file) {
  Json out = {{"file", file.name()}, {"kind", "data set features"}};
  Json options = Json::array();
  for (const std::string& statement : io::statements_of(io::identity_of(file))) {
    const size_t space = std::min(statement.find(' '), statement.size());
    const std::string key = statement.substr(0, space);
    const std::string value = statement.substr(std::min(space + 1, statement.size()));
    if (key == "program") {  // features of data sets serve any
      out["kind"] = "measurement";
      out[key] = value;
    } else if (key == "model" || key == "features" || key == "data" || key == "device") {
      if (!value.empty() && value != "none") out[key] = value;
    } else if (key == "seed") {
      out[key] = io::parse_json(value, file.name() + ": seed");  // a number, as results have it
    } else {
      options.push_back(statement);
    }
  }
  out["options"] = options;
  if (io::holds_sums(file)) {
    const io::SumsHeader sums = io::read_sums_header(file);
    out["done"] = sums.samples_done;
    out["sums"] = sums.sums;
    return out;
  }
  const io::TableHeader table = io::read_table_header(file);
  out["done"] = table.samples_done();
  out["samples"] = table.samples;
  out["batch"] = table.unit;
  out["columns"] = table.columns;
  out["type"] = rt::name_of(table.type);
  return out;
}

}  // namespace

nlohmann::ordered_json describe_tensors(const Args& args, io::SafetensorsFile file) {
  if (train::is_state(file)) return describe_state(args, file);
  if (io::is_measurement(file)) return describe_measurement(file);
  return describe_model(args, io::ModelFile(std::move(file)));
}

}  // namespace sgan::cli
