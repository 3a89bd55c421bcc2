// Dictionaries of tensors without any settings: what the tensors do not tell has the official
// default.
#include <algorithm>
#include <cmath>

#include "lib/io/import/readers.hpp"
#include "lib/io/import/settings.hpp"
#include "lib/io/pickle/text.hpp"

namespace sgan::io {
namespace {

using nlohmann::json;
using pickle::Ref;

constexpr const char* kModulated = "conv1.conv.modulation.weight";  // in every rosinality generator

// Of a checkpoint only the networks: optimisers hold twice as many tensors again.
bool is_network(std::string_view key) {
  constexpr std::string_view known[] = {"g_ema", "g", "d", "latent_avg", "G_ema", "G", "D"};
  return std::find(std::begin(known), std::end(known), key) != std::end(known);
}

bool has_prefix(const TensorMap& tensors, std::string_view prefix) {
  const auto found = tensors.lower_bound(std::string(prefix));
  return found != tensors.end() && found->first.starts_with(prefix);
}

// The tensors below `prefix`, without it and without the "module." of parallel training.
TensorMap below(const TensorMap& tensors, const std::string& prefix) {
  TensorMap result;
  for (const auto& [name, tensor] : tensors) {
    if (!name.starts_with(prefix)) continue;
    std::string rest = name.substr(prefix.size());
    if (rest.starts_with("module.")) rest = rest.substr(7);
    result.emplace(std::move(rest), tensor);
  }
  return result;
}

bool is_official_generator(const TensorMap& t) {
  return has_prefix(t, "synthesis.") &&
         (t.count("synthesis.b4.conv1.weight") || t.count("synthesis.input.weight"));
}

void add_generator(ImportedModel& model, const std::string& role, TensorMap tensors) {
  const bool three = tensors.count("synthesis.input.weight") > 0;
  model.family = three ? "stylegan3" : "stylegan2";
  json args = three ? stylegan3_generator_args(tensors) : stylegan2_generator_args(tensors);
  args["conv_clamp"] = 256;
  model.generator_args = std::move(args);
  model.networks[role] = std::move(tensors);
}

void add_discriminator(ImportedModel& model, TensorMap tensors) {
  if (model.family.empty()) model.family = "stylegan2";
  model.discriminator_args = stylegan2_discriminator_args(tensors);
  model.discriminator_args["conv_clamp"] = 256;
  model.networks["D"] = std::move(tensors);
}

// g_ema, g, d and latent_avg of a rosinality checkpoint.
ImportedModel import_rosinality(const std::map<std::string, TensorMap>& parts) {
  ImportedModel model;
  model.origin = "PyTorch checkpoint in rosinality's layout";
  model.family = "stylegan2";
  const auto average = parts.find("latent_avg");
  for (const auto& [part, role] : {std::pair{"g_ema", "G_ema"}, {"g", "G"}}) {
    const auto found = parts.find(part);
    if (found == parts.end() || found->second.empty()) continue;
    TensorMap tensors = rosinality_generator(found->second);
    model.generator_args = stylegan2_generator_args(tensors);
    if (average != parts.end()) {
      const rt::Tensor& w = need(average->second, "");
      check(w.numel() == model.generator_args["w_dim"].get<int64_t>(), "latent_avg has the shape ",
            w.shape());
      tensors["mapping.w_avg"] = w.reshape({w.numel()});
    }
    std::vector<std::string> silent;  // constant noise that the file does not have
    for (const auto& [name, t] : tensors)
      if (name.ends_with(".noise_strength")) silent.push_back(name.substr(0, name.size() - 14));
    std::erase_if(silent, [&](const std::string& l) { return tensors.count(l + "noise_const"); });
    for (const auto& layer : silent) {
      const int64_t r = std::atoi(layer.c_str() + std::string_view("synthesis.b").size());
      tensors[layer + "noise_const"] = rt::Tensor::zeros({r, r});
    }
    if (!silent.empty())
      model.warnings.push_back(cat(role, ": the file has no constant noise; it is zero now"));
    model.networks[role] = std::move(tensors);
  }
  if (average == parts.end())
    model.warnings.push_back("the file has no average w (latent_avg), which truncation needs");
  if (const auto found = parts.find("d"); found != parts.end() && !found->second.empty()) {
    TensorMap tensors = rosinality_discriminator(found->second);
    model.discriminator_args = stylegan2_discriminator_args(tensors);
    model.networks["D"] = std::move(tensors);
  }
  return model;
}

}  // namespace

bool is_state_dict(const Ref& root) {
  if (!root.is_dict()) return false;
  const auto entries = root.entries();
  for (size_t i = 0; i < entries.size() && i < 1000; ++i) {
    const Ref& value = entries[i].second;
    if (pickle::is_tensor(value)) return true;
    if (!value.is_dict()) continue;
    const auto inner = value.entries();
    if (!inner.empty() && pickle::is_tensor(inner.front().second)) return true;
  }
  return false;
}

bool is_generator_tensor(std::string_view name) {
  for (const char* network : {"G_ema.", "G.", "D.", "g_ema.", "g.", "d."})
    if (name.starts_with(network)) return true;
  for (const char* part : {"synthesis.", "conv.modulation.", "b4.conv.", "final_linear.1."})
    if (name.find(part) != name.npos) return true;
  return false;
}

bool mentions_generator(const Ref& root) {
  for (const auto& [key, value] : root.entries()) {
    const std::string name = pickle::key_text(key);
    if (is_network(name) || is_generator_tensor(name)) return true;
  }
  return false;
}

ImportedModel import_state_dict(const Ref& root, pickle::TensorReader& reader) {
  std::map<std::string, TensorMap> parts;
  TensorMap all;
  json history = json::object();
  const auto read_dict = [&](const Ref& dict, const std::string& prefix, TensorMap& out) {
    for (const auto& [key, value] : dict.entries())
      if (pickle::is_tensor(value)) out[prefix + pickle::key_text(key)] = reader.read(value);
  };
  for (const auto& [key, value] : root.entries()) {
    const std::string name = pickle::key_text(key);
    const bool network = is_network(name);
    if (pickle::is_tensor(value)) {
      const rt::Tensor tensor = reader.read(value);
      if (network) parts[name][""] = tensor;
      all[name] = tensor;
    } else if (network && value.is_dict()) {
      if (parts.count(name)) continue;
      read_dict(value, "", parts[name]);
      parts[name] = below(parts[name], "");
      for (const auto& [inner, tensor] : parts[name]) all[name + "." + inner] = tensor;
    } else if (!value.is_dict()) {
      pickle::add_history(history, name, value);
    }
  }
  const bool rosinality = std::any_of(parts.begin(), parts.end(), [](const auto& part) {
    return part.second.count(kModulated) || part.second.count("final_linear.1.weight");
  });
  ImportedModel model =
      rosinality ? import_rosinality(parts) : import_state_dict(all, root.tree().name);
  model.history.update(history);
  return model;
}

ImportedModel import_state_dict(const TensorMap& tensors, const std::string& name) {
  if (tensors.count(kModulated)) return import_rosinality({{"g_ema", below(tensors, "")}});
  if (has_prefix(tensors, std::string("g_ema.") + kModulated)) {
    std::map<std::string, TensorMap> parts;
    for (const char* part : {"g_ema", "g", "d"}) {
      TensorMap inner = below(tensors, std::string(part) + ".");
      if (!inner.empty()) parts[part] = std::move(inner);
    }
    if (const auto w = tensors.find("latent_avg"); w != tensors.end())
      parts["latent_avg"][""] = w->second;
    return import_rosinality(parts);
  }
  ImportedModel model;
  model.origin = "state dictionary of official tensors";
  for (const char* role : {"G", "G_ema"})
    if (TensorMap inner = below(tensors, std::string(role) + "."); is_official_generator(inner))
      add_generator(model, role, std::move(inner));
  if (TensorMap plain = below(tensors, ""); is_official_generator(plain))
    add_generator(model, "G_ema", std::move(plain));
  if (TensorMap inner = below(tensors, "D."); inner.count("b4.conv.weight"))
    add_discriminator(model, std::move(inner));
  else if (tensors.count("b4.conv.weight"))
    add_discriminator(model, below(tensors, ""));
  check(!model.networks.empty(), name, ": its tensors are those of no network known here");
  model.warnings.push_back(
      "the file has no settings: what the tensors do not tell has the official default");
  return model;
}

}  // namespace sgan::io
