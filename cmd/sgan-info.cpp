// Says what a file is.
#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "cmd/cli.hpp"
#include "lib/io/dataset/dataset.hpp"
#include "lib/io/json.hpp"
#include "lib/io/magic.hpp"
#include "lib/io/model.hpp"
#include "lib/io/stream.hpp"
#include "lib/io/table_file.hpp"
#include "lib/nets/classifier.hpp"
#include "lib/nets/generator.hpp"
#include "lib/train/state_file.hpp"

namespace {

using namespace sgan;
using Json = nlohmann::ordered_json;

const cli::Program kProgram = {
    .name = "sgan-info",
    .synopsis = "[FILE]...",
    .description =
        "Says what the FILEs, or stdin, are: models, feature networks, latents or pictures in\n"
        "streams, data sets, saved training runs, saved measurements.",
    .options = {{"json", "", "one JSON object a file, one line each"},
                {"tensors", "", "list the tensors of a model or a saved run"},
                {"hash", "", "compute a model's hash instead of believing its header"}},
    .examples =
        "  sgan-info model.sgan\n"
        "  sgan-info --json *.sgan | jq .resolution\n"
        "  sgan-z -n 4 | sgan-map | sgan-info\n"
        "  sgan-info photos-256.zip runs/00000-*/training-state.sgan\n"
        "  sgan-info --json ppl.part | jq '[.done, .samples]'",
    .see_also =
        "sgan-data(1), sgan-import(1), sgan-ppl(1), sgan-train(1), sgan-model(5), sgan-stream(5), "
        "sgan(7)",
    .max_files = 1 << 20,
};

// The first bytes inside the compression, where there is one.
std::string inner_start(io::Source& source) {
  if (!io::is_zstd(source.peek(io::kMagicBytes))) return std::string(source.peek(io::kMagicBytes));
  const std::string head(source.peek(io::Source::kBuffer));
  io::ZstdSource inner(std::make_unique<io::MemorySource>(head, source.name()));
  return std::string(inner.peek(io::kMagicBytes));
}

Json shape_of(const rt::Shape& shape) { return shape.dims(); }

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

Json describe_model(const cli::Args& args, const io::ModelFile& model) {
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
    layer.tensors[name] = {{"type", rt::name_of(entry.type)}, {"shape", shape_of(entry.shape)}};
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

Json describe_stream(std::unique_ptr<io::Source> source) {
  io::Reader reader(std::move(source), {});
  Json out = {{"file", reader.name()}, {"kind", io::name_of(reader.kind())}};
  out["shape"] = shape_of(reader.row_shape());
  if (const auto& front = reader.provenance()) out["provenance"] = Json::parse(io::to_json(*front));
  int64_t rows = 0;
  for (const rt::Tensor& batch : reader) {
    rows += batch.size(0);
    out["type"] = rt::name_of(batch.dtype());
  }
  out["count"] = rows;
  return out;
}

Json describe_dataset(const std::string& path) {
  const io::DatasetInfo info = io::open_dataset(path)->info();
  Json out = {{"file", path},
              {"kind", "data set"},
              {"count", info.count},
              {"resolution", info.resolution},
              {"channels", info.channels},
              {"labels", !info.has_labels         ? "none"
                         : info.label_numbers > 0 ? "numbers"
                                                  : "classes"}};
  if (info.label_numbers > 0) out["numbers"] = info.label_numbers;
  if (!info.class_counts.empty()) {
    out["classes"] = info.class_counts.size();
    out["class_counts"] = info.class_counts;
  }
  if (!info.class_names.empty()) out["class_names"] = info.class_names;
  out["sha256"] = info.hash;
  return out;
}

Json describe_state(const cli::Args& args, const io::SafetensorsFile& file) {
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
    tensors[entry.name] = {{"type", rt::name_of(entry.type)}, {"shape", shape_of(entry.shape)}};
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

// By what can be told of a path without reading all of it: folders, zips, TFRecord files.
bool is_dataset(const std::string& path, std::string_view start) {
  if (std::filesystem::is_directory(path)) return true;
  if (!std::filesystem::is_regular_file(path)) return false;  // a pipe cannot be opened again
  return start.starts_with("PK\x03\x04") || path.ends_with(".tfrecords") ||
         path.ends_with(".tfrecord");
}

Json describe_tensors(const cli::Args& args, io::SafetensorsFile file) {
  if (train::is_state(file)) return describe_state(args, file);
  if (io::is_measurement(file)) return describe_measurement(file);
  return describe_model(args, io::ModelFile(std::move(file)));
}

Json describe(const cli::Args& args, const std::string& path) {
  if (is_dataset(path, {})) return describe_dataset(path);
  auto source = io::open_input(path, "sgan-z | sgan-info");
  const std::string start = inner_start(*source);
  if (is_dataset(path, start)) return describe_dataset(path);
  if (!io::is_safetensors(start)) return describe_stream(std::move(source));
  if (std::filesystem::is_regular_file(path))
    return describe_tensors(args, io::SafetensorsFile(path));
  return describe_tensors(args, io::SafetensorsFile(std::move(source)));
}

// An object as indented lines: name, then value; objects inside go one step further in.
void print_text(std::ostream& out, const Json& object, const std::string& indent) {
  for (const auto& [name, value] : object.items()) {
    const std::string pad(name.size() < 14 ? 14 - name.size() : 1, ' ');
    if (value.is_object() && !value.empty()) {
      const bool leaf = value.size() == 1 && value.contains("parameters");
      out << indent << name;
      if (leaf) out << pad << value["parameters"] << " parameters";
      out << '\n';
      if (!leaf) print_text(out, value, indent + "  ");
    } else {
      const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
      out << indent << name << pad << cli::one_line(text) << '\n';
    }
  }
}

void body(cli::Args& args) {
  io::Output output("-", false);
  int bad = 0;
  const auto files = args.files().empty() ? std::vector<std::string>{"-"} : args.files();
  for (const std::string& path : files) {
    try {
      const Json object = describe(args, path);
      std::ostringstream text;
      if (args.has("json")) {
        // A file's name need not be UTF-8.
        text << object.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
      } else {
        print_text(text, object, "");
      }
      output.write(text.str());
    } catch (const io::PipeClosed&) {
      throw;
    } catch (const Error& error) {  // said, and the other files are still looked at
      args.say(error.what());
      ++bad;
    }
  }
  output.finish();
  if (bad > 0) throw cli::Reported();
}

}  // namespace

int main(int argc, char** argv) { return cli::run(argc, argv, kProgram, body); }
