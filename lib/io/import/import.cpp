#include "lib/io/import/import.hpp"

#include <algorithm>
#include <functional>

#include "lib/io/import/readers.hpp"
#include "lib/io/magic.hpp"
#include "lib/io/pickle/machine.hpp"
#include "lib/io/pickle/torch_file.hpp"
#include "lib/io/zstd_stream.hpp"

namespace sgan::io {
namespace {

using pickle::Kind;
using pickle::Ref;

// How a pickle of a container or object begins that does not begin with PROTO.
constexpr std::string_view kOldPickles = "(}]c";

ImportedModel import_tree(const Ref& root, pickle::TensorReader& reader, Wanted wanted) {
  const bool any = wanted == Wanted::any;
  if (is_module_pickle(root)) return import_modules(root, reader);
  if (is_tensorflow_pickle(root)) return import_tensorflow(root, reader, any);
  const bool dictionary = is_state_dict(root);
  if (dictionary && (!any || mentions_generator(root))) return import_state_dict(root, reader);
  ImportedModel model;
  model.origin = dictionary ? "PyTorch state dictionary" : "PyTorch module";
  if (any && (root.is_dict() || root.is(Kind::call))) model.others = all_tensors(root, reader);
  if (model.others.empty()) fail(root.tree().name, ": a pickle, but not of a network known here");
  return model;
}

ImportedModel import_tensors(const SafetensorsFile& file, Wanted wanted) {
  check(!file.metadata().count("sgan.format"),
        "is a model of ours already; --networks keeps a part of it");
  const auto known = [](const TensorEntry& entry) { return is_generator_tensor(entry.name); };
  if (wanted != Wanted::any || std::any_of(file.entries().begin(), file.entries().end(), known)) {
    return import_state_dict(file.read_all(), file.name());
  }
  ImportedModel model;
  model.origin = "safetensors";
  const TensorMap tensors = file.read_all();
  for (const TensorEntry& entry : file.entries()) {
    model.others.emplace_back(entry.name, tensors.at(entry.name));
  }
  return model;
}

// Errors of the readers know no file name when they speak of the network as a whole.
ImportedModel named(const std::string& name, const std::function<ImportedModel()>& run) {
  try {
    ImportedModel model = run();
    check(!model.networks.empty() || !model.others.empty(),
          "holds no network of use here (G_ema, G or D)");
    return model;
  } catch (const nlohmann::json::exception&) {
    fail(name, ": a setting in the file has an unusable value");
  } catch (const Error& error) {
    const std::string message = error.what();
    if (message.starts_with(name)) throw;
    fail(name, ": ", message);
  }
}

}  // namespace

bool may_be_network(std::string_view start) {
  constexpr uint8_t kLastProtocol = 5;
  const bool pickled =
      start.size() > 1 && uint8_t(start[0]) == 0x80 && uint8_t(start[1]) <= kLastProtocol;
  const bool old = !start.empty() && kOldPickles.find(start[0]) != kOldPickles.npos;
  return pickled || old || start.starts_with("PK") || is_safetensors(start) || is_zstd(start);
}

ImportedModel import_network(std::string_view data, const std::string& name, Wanted wanted) {
  return named(name, [&] {
    pickle::Budget budget(data.size());
    if (pickle::TorchFile::is(data)) {
      const pickle::TorchFile file(data, name);
      pickle::TensorReader reader(budget, &file.storages());
      return import_tree(file.root(), reader, wanted);
    }
    check(!data.empty(), "the file is empty");
    const std::string_view start = data.substr(0, kMagicBytes);
    if (is_safetensors(start) || is_zstd(start)) {
      return import_tensors(SafetensorsFile(data, name), wanted);
    }
    // PROTO; without it, an old pickle of a container or object, which ends with STOP.
    const bool old = kOldPickles.find(data[0]) != kOldPickles.npos;
    const bool pickled = uint8_t(data[0]) == 0x80 || (old && data.back() == '.');
    check(pickled, describe_wrong(start, "a network file"));
    const pickle::Tree tree = pickle::parse(data, name);
    pickle::TensorReader reader(budget, nullptr);
    return import_tree(tree.root(), reader, wanted);
  });
}

ImportedModel import_network(const SafetensorsFile& file, Wanted wanted) {
  return named(file.name(), [&] { return import_tensors(file, wanted); });
}

}  // namespace sgan::io
