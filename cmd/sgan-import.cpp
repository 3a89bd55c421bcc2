// Foreign network files to model files.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "cmd/cli.hpp"
#include "cmd/import_features.hpp"
#include "lib/io/import/import.hpp"
#include "lib/io/magic.hpp"
#include "lib/io/model.hpp"
#include "lib/io/source.hpp"
#include "lib/io/zstd_stream.hpp"
#include "lib/nets/discriminator.hpp"
#include "lib/nets/mean_w.hpp"
#include "lib/rt/memory.hpp"

namespace {

using namespace sgan;

const cli::Program kProgram = {
    .name = "sgan-import",
    .synopsis = "[FILE]",
    .description =
        "Turns a network file, FILE or stdin, into a model file: official pickles of ProGAN and\n"
        "StyleGAN 1, 2, 3 (TensorFlow and PyTorch), PyTorch checkpoints in rosinality's layout,\n"
        "state dictionaries; and networks that pictures are measured with: VGG16 for LPIPS,\n"
        "Inception-v3 for FID, StyleGAN's classifiers of attributes. Nothing in the file is run;\n"
        "files that mention code are refused.",
    .options = {{"o,output", "FILE", "write to FILE, not to stdout"},
                {"networks", "LIST", "which to keep (default G_ema,G,D)"},
                {"licence", "TEXT", "licence of the weights, to be kept with them"},
                {"origin", "TEXT", "where the weights come from, to be kept with them"},
                {"heads", "FILE",
                 "of VGG16: LPIPS's weights (default: its own or the public ones)"},
                {"attribute", "NAME", "of a classifier: what it tells (default \"attribute\")"},
                {"mean", "N", "latents that a missing mean w is estimated from (default 10000)"}},
    .examples =
        "  sgan-import network-snapshot.pkl > model.sgan\n"
        "  curl -L $URL | sgan-import --licence CC-BY-NC-4.0 -o model.sgan\n"
        "  sgan-import --networks G_ema checkpoint.pt | sgan-info\n"
        "  sgan-import -o vgg16-lpips.sgan vgg16-397923af.pth",
    .see_also = "sgan-info(1), sgan-map(1), sgan-model(5), sgan(7)",
};

// The networks to keep, from --networks.
std::vector<std::string> wanted(const cli::Args& args) {
  std::vector<std::string> roles;
  std::istringstream list(args.text("networks", "G_ema,G,D"));
  for (std::string role; std::getline(list, role, ',');) {
    if (role != "G_ema" && role != "G" && role != "D")
      cli::misuse("--networks: '", role, "' is not one of G_ema, G, D");
    roles.push_back(role);
  }
  if (roles.empty()) cli::misuse("--networks: none given");
  return roles;
}

// What the file holds must build the network that its settings describe.
void complete_generator(const cli::Args& args, io::ImportedModel& model, const std::string& role,
                        int64_t count) {
  auto& tensors = model.networks.at(role);
  const auto family = nets::parse_family(model.family);
  const auto net = nets::make_generator(family, model.generator_args, tensors);
  const bool lacks = model.family == "stylegan2" && !tensors.count("mapping.w_avg");
  if (!lacks || count == 0 || net->info().c_dim > 0) return;
  tensors["mapping.w_avg"] = nets::estimate_mean_w(*net, count, args.seed(), rt::cpu);
  args.warn(role, ": the mean w, which truncation needs, was estimated from ", count, " latents");
}

void check_discriminator(const cli::Args& args, io::ImportedModel& model) try {
  nets::make_discriminator(nets::parse_family(model.family), model.discriminator_args,
                           model.networks.at("D"));
} catch (const Error& error) {
  args.warn("left out D: ", error.what());
  model.networks.erase("D");
}

// A model of ours, of which --networks keeps a part: what is shipped needs no discriminator.
bool kept_part(const cli::Args& args, const io::SafetensorsFile& file,
               const std::vector<std::string>& roles) {
  const auto& metadata = file.metadata();
  if (!args.has("networks") || !metadata.count("sgan.format") || !metadata.count("architecture"))
    return false;
  const io::ModelFile model(file);
  io::ModelSettings settings = model.settings();
  io::TensorMap tensors;
  for (const std::string& role : roles) {
    if (model.has(role)) io::add_network(tensors, role, model.network(role));
  }
  check(!tensors.empty(), file.name(), ": holds none of the networks ", args.text("networks", ""));
  if (std::find(roles.begin(), roles.end(), "D") == roles.end()) settings.discriminator.clear();
  settings.licence = args.text("licence", settings.licence);
  settings.origin = args.text("origin", settings.origin);
  io::Output output(args.text("output", "-"));
  io::write_model(output, settings, tensors);
  output.finish();
  return true;
}

// What the file holds, also compressed with zstd; nothing when kept_part() has done it all.
std::optional<io::ImportedModel> import(const cli::Args& args,
                                        const std::vector<std::string>& roles) {
  std::unique_ptr<io::Source> source = io::open_input(args.input(), "name a network file");
  if (io::is_zstd(source->peek(io::kMagicBytes)))
    source = std::make_unique<io::ZstdSource>(std::move(source));
  const std::string name = source->name(), start(source->peek(io::kMagicBytes));
  if (io::is_safetensors(start)) {  // says how long it is
    const io::SafetensorsFile file(std::move(source));
    if (kept_part(args, file, roles)) return std::nullopt;
    return io::import_network(file, io::Wanted::any);
  }
  // What cannot be a network, such as /dev/zero, is refused before all of it is read; what never
  // ends, before it has taken all memory: a text that grows lies there twice at times.
  const std::string data =
      io::may_be_network(start) ? source->read_all(rt::memory_available(rt::cpu) / 3) : start;
  args.info(name, ": ", data.size(), " bytes");
  return io::import_network(data, name, io::Wanted::any);
}

void body(cli::Args& args) {
  const auto roles = wanted(args);
  const int64_t mean = args.integer("mean", 10000, 0, 100000000);
  auto imported = import(args, roles);
  if (!imported) return;
  io::ImportedModel& model = *imported;
  const std::string name = args.input() == "-" ? "stdin" : args.input();
  if (model.classifier || !model.others.empty()) {
    check(!args.has("networks"), name, ": holds no generator, which --networks is for");
    return cli::import_features(args, model, name);
  }
  for (const char* option : {"heads", "attribute"}) {
    check(!args.has(option), name, ": holds a generator, which --", option, " is not for");
  }
  for (const auto& warning : model.warnings) args.warn(name, ": ", warning);
  if (!model.networks.count("G_ema") && model.networks.count("G"))
    args.warn(name, ": has no averaged generator G_ema; G takes its place");

  io::ModelSettings settings;
  io::TensorMap tensors;
  for (const std::string& role : roles) {
    if (!model.networks.count(role)) continue;
    if (role == "D")
      check_discriminator(args, model);
    else
      try {
        complete_generator(args, model, role, mean);
      } catch (const Error& error) {
        fail(name, ": ", role, ": ", error.what());
      }
    if (model.networks.count(role)) io::add_network(tensors, role, model.networks.at(role));
    if (role == "D" && model.networks.count(role))
      settings.discriminator = model.discriminator_args.dump();
  }
  check(!tensors.empty(), name, ": holds none of the networks ",
        args.text("networks", "G_ema,G,D"));
  settings.architecture = model.family;
  settings.generator = model.generator_args.is_null() ? "{}" : model.generator_args.dump();
  settings.training = model.history.empty() ? "" : model.history.dump();
  settings.licence = args.text("licence", model.licence);
  settings.origin = args.text("origin", model.origin);

  io::Output output(args.text("output", "-"));
  const std::string hash = io::write_model(output, settings, tensors);
  output.finish();
  args.info(model.origin, ", ", model.family, ", ", tensors.size(), " tensors, hash ", hash);
  args.report_memory(rt::cpu);
}

}  // namespace

int main(int argc, char** argv) { return cli::run(argc, argv, kProgram, body); }
