// Says what a file is.
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "cmd/cli.hpp"
#include "lib/io/magic.hpp"
#include "lib/io/model.hpp"
#include "lib/io/stream.hpp"
#include "lib/nets/generator.hpp"

namespace {

using namespace sgan;
using Json = nlohmann::ordered_json;

const cli::Program kProgram = {
    .name = "sgan-info",
    .synopsis = "[FILE]...",
    .description = "Says what the FILEs, or stdin, are: models, latents or pictures in streams.",
    .options = {{"json", "", "one JSON object a file, one line each"},
                {"tensors", "", "list the tensors of a model"},
                {"hash", "", "compute a model's hash instead of believing its header"}},
    .examples =
        "  sgan-info model.sgan\n"
        "  sgan-info --json *.sgan | jq .resolution\n"
        "  sgan-z -n 4 | sgan-map | sgan-info",
    .see_also = "sgan-import(1), sgan-model(5), sgan-stream(5), sgan(7)",
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

Json describe_model(const cli::Args& args, const io::ModelFile& model) {
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

Json describe(const cli::Args& args, const std::string& path) {
  auto source = io::open_input(path, "sgan-z | sgan-info");
  const std::string start = inner_start(*source);
  if (!io::is_safetensors(start)) return describe_stream(std::move(source));
  // A pipe cannot be opened again.
  if (std::filesystem::is_regular_file(path)) return describe_model(args, io::ModelFile(path));
  return describe_model(args, io::ModelFile(io::SafetensorsFile(std::move(source))));
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
      out << indent << name << pad << (value.is_string() ? value.get<std::string>() : value.dump())
          << '\n';
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
        text << object.dump() << '\n';
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
