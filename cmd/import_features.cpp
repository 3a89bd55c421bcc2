#include "cmd/import_features.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "lib/io/magic.hpp"
#include "lib/io/model.hpp"
#include "lib/io/source.hpp"
#include "lib/nets/classifier.hpp"
#include "lib/nets/inception.hpp"
#include "lib/nets/lpips.hpp"
#include "lib/nets/recognize.hpp"
#include "lib/rt/memory.hpp"

namespace sgan::cli {
namespace {

using nets::TensorMap;
using nlohmann::json;

struct Made {
  json features;  // the metadata of that name
  TensorMap tensors;
  std::string origin, licence;
};

constexpr const char* kHeads =
    "LPIPS's weights: BSD-2-Clause, Copyright (c) 2018 Richard Zhang, "
    "Phillip Isola, Alexei A. Efros, Eli Shechtman, Oliver Wang";

void require_numbers(const TensorMap& tensors) {
  for (const auto& [name, tensor] : tensors) {
    const rt::Tensor t = tensor.to(rt::DType::f32);
    for (const float v : t.span<float>()) {
      check(std::isfinite(v), "tensor '", name, "' holds NaN or infinity");
    }
  }
}

// The heads of a file, which is safetensors or PyTorch's.
TensorMap read_heads(const std::string& path) {
  const auto source = io::open_input(path);
  const std::string start(source->peek(io::kMagicBytes));
  const std::string data =
      io::may_be_network(start) ? source->read_all(rt::memory_available(rt::cpu) / 3) : start;
  const auto file = io::import_network(data, path, io::Wanted::any);
  try {
    TensorMap heads = nets::recognize_heads(file.others);
    check(!heads.empty(), "holds no weights of LPIPS (lin0 to lin4)");
    return heads;
  } catch (const Error& error) {
    fail(path, ": ", error.what());
  }
}

// The public ones, which are installed; nothing when they are not.
std::optional<TensorMap> public_heads() {
  const std::string path = data_directory() + "/lpips-vgg-heads.safetensors";
  if (access(path.c_str(), R_OK) != 0) return std::nullopt;
  return read_heads(path);
}

// Whether two sets of heads agree to a thousandth; those of `a` as they are or squared.
bool agree(const TensorMap& a, const TensorMap& b, bool squared) {
  for (const auto& [name, tensor] : b) {
    const auto x = a.at(name).to_doubles(), y = tensor.to_doubles();
    if (x.size() != y.size()) return false;
    for (size_t i = 0; i < x.size(); ++i) {
      if (!(std::abs((squared ? x[i] * x[i] : x[i]) - y[i]) <= 1e-3 * std::abs(y[i]) + 1e-7))
        return false;
    }
  }
  return true;
}

void put(TensorMap& tensors, const TensorMap& heads) {
  for (const auto& [name, tensor] : heads) tensors[name] = tensor;
}

// Heads of a file whose names tell nothing may be anything of that size, such as their roots.
void compare_heads(const Args& args, Made& made, const std::string& name) {
  const auto known = public_heads();
  if (!known || agree(made.tensors, *known, false)) return;
  if (agree(made.tensors, *known, true)) {
    put(made.tensors, *known);
    args.info(name, ": holds the roots of LPIPS's weights; the weights themselves are kept");
  } else {
    args.warn(name, ": its weights of LPIPS are not the public ones; --heads replaces them");
  }
}

// The convolution whose channels the weights `lin<k>...` are for.
std::string last_convolution(const std::string& head) {
  constexpr int last[] = {2, 7, 14, 21, 28};
  return cat("features.", last[head.at(3) - '0'], ".weight");
}

void complete_vgg16(const Args& args, Made& made, const std::string& name, bool by_shapes) {
  const std::string wish = args.text("heads", "");
  const bool own = made.tensors.count("lin0.model.1.weight") > 0;
  if (by_shapes) {
    args.warn(name,
              ": recognised as VGG16 by the shapes of its layers; it is given pictures as "
              "torchvision normalises them");
  }
  if (!wish.empty()) {
    const TensorMap heads = read_heads(wish);
    for (const auto& [head, tensor] : heads) {
      const rt::Shape wanted{1, made.tensors.at(last_convolution(head)).size(0), 1, 1};
      check(tensor.shape() == wanted, wish, ": tensor '", head, "' has shape ", tensor.shape(),
            ", ", name, " calls for ", wanted);
    }
    put(made.tensors, heads);
    args.info(name, ": weights of LPIPS from ", wish);
  } else if (!own) {
    const auto heads = public_heads();
    check(heads.has_value(), "has no weights of LPIPS, and there is no ", data_directory(),
          "/lpips-vgg-heads.safetensors; give --heads FILE");
    put(made.tensors, *heads);
    args.info(name, ": has no weights of LPIPS; the public ones are put in (", kHeads, ")");
  } else if (by_shapes) {
    compare_heads(args, made, name);
  }
  // Wherever they came from, the public ones have their licence, and the same file is made of them.
  if (const auto known = public_heads(); known && agree(made.tensors, *known, false)) {
    made.licence = kHeads;
  }
  made.features["name"] = "vgg16-lpips";
  require_numbers(made.tensors);
  nets::Lpips(made.tensors, rt::cpu);  // all there and of the shapes that belong together
}

Made recognized(const Args& args, const io::ImportedModel& model, const std::string& name) {
  const auto found = nets::recognize_features(model.others);
  Made made{{{"network", found.network}}, found.tensors, model.origin, ""};
  check(!args.has("attribute"), "is no classifier, which --attribute is for");
  if (found.network == "vgg16-lpips") {
    complete_vgg16(args, made, name, found.by_shapes);
    return made;
  }
  check(!args.has("heads"), "is ", found.network, "; --heads is for VGG16");
  if (found.by_shapes) args.info(name, ": recognised by the shapes of its layers");
  made.features["name"] = "inception-2015-12-05";
  require_numbers(made.tensors);
  nets::Inception(made.tensors, rt::cpu);
  return made;
}

// One output whose sign tells, as the paper's classifiers have it.
Made classifier(const Args& args, const io::ImportedModel& model) {
  check(!args.has("heads"), "is a classifier; --heads is for VGG16");
  Made made{{{"network", "classifier"}}, model.networks.at("D"), model.origin, ""};
  const std::string attribute = args.text("attribute", "attribute");
  if (attribute.empty()) misuse("--attribute: empty");
  made.features["name"] = args.has("attribute") ? "classifier-" + attribute : "classifier";
  made.features["family"] = model.family;
  made.features["args"] = model.discriminator_args;
  made.features["attributes"] =
      nets::to_json({{.name = attribute, .classes = {"positive", "negative"}}});
  require_numbers(made.tensors);
  nets::Classifier(made.features, made.tensors, rt::cpu);
  return made;
}

}  // namespace

void import_features(const Args& args, const io::ImportedModel& model, const std::string& name) {
  Made made;
  try {
    made = model.classifier ? classifier(args, model) : recognized(args, model, name);
  } catch (const Misuse&) {
    throw;
  } catch (const Error& error) {
    const std::string what = error.what();
    const std::string heads = args.text("heads", "");
    const bool named = what.starts_with(name) || (!heads.empty() && what.starts_with(heads));
    throw Error(named ? what : cat(name, ": ", what));
  }
  io::ModelSettings settings;
  settings.architecture = "features";
  settings.more["features"] = made.features.dump();
  settings.training = model.history.empty() ? "" : model.history.dump();
  settings.licence = args.text("licence", made.licence);
  settings.origin = args.text("origin", made.origin);
  io::TensorMap tensors;
  io::add_network(tensors, "net", made.tensors);
  io::Output output(args.text("output", "-"));
  const std::string hash = io::write_model(output, settings, tensors);
  output.finish();
  args.info(made.origin, ", ", made.features["name"].get<std::string>(), ", ", tensors.size(),
            " tensors, hash ", hash);
  args.report_memory(rt::cpu);
}

}  // namespace sgan::cli
