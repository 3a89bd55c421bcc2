// TensorFlow's StyleGAN2 (and StyleGAN2-ADA) under the names and layouts of the PyTorch networks.
#include <algorithm>
#include <charconv>
#include <cmath>

#include "lib/io/import/layout.hpp"
#include "lib/io/import/readers.hpp"
#include "lib/io/import/settings.hpp"

namespace sgan::io {
namespace {

using nlohmann::json;

// "8x8/Conv1/weight" -> 8 and "Conv1/weight"; 0 when the name does not begin so.
std::pair<int, std::string_view> split(std::string_view name) {
  int size = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), size);
  if (error != std::errc{} || size < 4 || size > 65536) return {0, name};
  std::string_view rest(end, size_t(name.data() + name.size() - end));
  const std::string scope = cat("x", size, "/");
  if (!rest.starts_with(scope)) return {0, name};
  rest.remove_prefix(scope.size());
  return {size, rest};
}

// The layer's name of "Conv1/weight" and the variable's.
std::pair<std::string_view, std::string_view> layer_of(std::string_view rest) {
  const size_t slash = rest.find('/');
  if (slash == rest.npos) return {rest, {}};
  return {rest.substr(0, slash), rest.substr(slash + 1)};
}

rt::Tensor plus_one(const rt::Tensor& bias) {
  rt::Tensor result = bias.to(rt::DType::f32).clone();
  for (float& x : result.span<float>()) x += 1.0f;
  return result;
}

// A layer's variable under the PyTorch name; false when it is of no use.
bool convert_layer(std::string_view variable, const rt::Tensor& t, bool flip, const std::string& to,
                   TensorMap& out) {
  if (variable == "weight")
    out[to + "weight"] = flip ? flipped(conv_weight(t)) : conv_weight(t);
  else if (variable == "bias")
    out[to + "bias"] = t;
  else if (variable == "mod_weight")
    out[to + "affine.weight"] = transposed(t);
  else if (variable == "mod_bias")
    out[to + "affine.bias"] = plus_one(t);
  else if (variable == "noise_strength")
    out[to + "noise_strength"] = t;
  else
    return false;
  return true;
}

void convert_dense(std::string_view variable, const rt::Tensor& t, const std::string& to,
                   TensorMap& out) {
  if (variable == "weight") out[to + "weight"] = transposed(t);
  if (variable == "bias") out[to + "bias"] = t;
}

bool starts(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// The networks that grow (configurations B to D) count their RGB layers from the finest one:
// "ToRGB_lod0". Returns the resolution of such a layer, 0 for other names.
int resolution_of_lod(std::string_view layer, std::string_view scope, int finest) {
  int lod = 0;
  if (!starts(layer, scope)) return 0;
  const auto [end, error] = std::from_chars(layer.data(), layer.data() + layer.size(), lod);
  const bool whole = error == std::errc{} && end == layer.data() + layer.size();
  return whole && lod >= 0 && lod < 16 && finest >> lod >= 4 ? finest >> lod : 0;
}

// The largest N of the names "NxN/...".
int finest_of(const TensorMap& variables, std::string_view prefix) {
  int finest = 0;
  for (const auto& [name, tensor] : variables) {
    std::string_view rest = name;
    if (starts(rest, prefix)) finest = std::max(finest, split(rest).first);
  }
  return finest;
}

TensorMap convert_generator(const TensorMap& variables) {
  const int finest = finest_of(variables, "synthesis/");
  TensorMap out;
  for (const auto& [full, t] : variables) {
    std::string_view name = full;
    if (name == "dlatent_avg") {
      out["mapping.w_avg"] = t;
    } else if (starts(name, "mapping/")) {
      auto [layer, variable] = layer_of(name);
      check(layer != "LabelConcat",
            "a class-conditional generator of the first StyleGAN2 release, whose labels have no "
            "counterpart in the later networks");
      if (layer == "LabelEmbed") convert_dense(variable, t, "mapping.embed.", out);
      if (starts(layer, "Dense")) convert_dense(variable, t, cat("mapping.fc", layer, "."), out);
    } else if (starts(name, "synthesis/")) {
      if (starts(name, "noise") && !name.empty() && name.find('/') == name.npos) {
        int index = 0;
        std::from_chars(name.data(), name.data() + name.size(), index);
        check(index >= 0 && index < 40, "the noise ", full, " belongs to no layer");
        check(t.rank() == 4, "the noise ", full, " has the shape ", t.shape());
        const int log = (index + 5) / 2;  // 0 -> 4x4, 1 and 2 -> 8x8, ...
        const char* conv = index % 2 == 0 ? "conv1" : "conv0";
        out[cat("synthesis.b", 1 << log, ".", conv, ".noise_const")] =
            t.reshape({t.size(2), t.size(3)});
        continue;
      }
      const auto [size, rest] = split(name);
      const auto [layer, variable] = layer_of(rest);
      if (const int at = resolution_of_lod(layer, "ToRGB_lod", finest); size == 0 && at > 0)
        convert_layer(variable, t, false, cat("synthesis.b", at, ".torgb."), out);
      if (size == 0) continue;
      const std::string block = cat("synthesis.b", size, ".");
      if (layer == "Const" && variable == "const")
        out[block + "const"] = t.reshape({t.size(1), t.size(2), t.size(3)});
      else if (layer == "Conv0_up")
        convert_layer(variable, t, true, block + "conv0.", out);
      else if (layer == "Conv" || layer == "Conv1")
        convert_layer(variable, t, false, block + "conv1.", out);
      else if (layer == "ToRGB")
        convert_layer(variable, t, false, block + "torgb.", out);
      else if (layer == "Skip")
        convert_layer(variable, t, true, block + "skip.", out);
    }
  }
  return out;
}

TensorMap convert_discriminator(const TensorMap& variables) {
  const int finest = finest_of(variables, "");
  TensorMap out;
  for (const auto& [full, t] : variables) {
    const auto [size, rest] = split(full);
    auto [layer, variable] = layer_of(rest);
    const std::string block = cat("b", size, ".");
    if (size == 0) {
      if (layer == "LabelEmbed") convert_dense(variable, t, "mapping.embed.", out);
      if (layer == "Output") convert_dense(variable, t, "b4.out.", out);
      // Of the layers of a network that grows only the last is needed when it has grown.
      if (resolution_of_lod(layer, "FromRGB_lod", finest) == finest)
        convert_layer(variable, t, false, cat("b", finest, ".fromrgb."), out);
      if (starts(layer, "Mapping")) convert_dense(variable, t, cat("mapping.fc", layer, "."), out);
    } else if (layer == "FromRGB") {
      convert_layer(variable, t, false, block + "fromrgb.", out);
    } else if (layer == "Conv0") {
      convert_layer(variable, t, false, block + "conv0.", out);
    } else if (layer == "Conv1_down") {
      convert_layer(variable, t, false, block + "conv1.", out);
    } else if (layer == "Skip") {
      convert_layer(variable, t, false, block + "skip.", out);
    } else if (layer == "Conv") {
      convert_layer(variable, t, false, block + "conv.", out);
    } else if (layer == "Dense0") {
      convert_dense(variable, t, block + "fc.", out);
    }
  }
  return out;
}

// The value that the training run set, else what it was when nothing was said.
json setting(const json& kwargs, const char* key, json otherwise) {
  return kwargs.contains(key) ? kwargs[key] : otherwise;
}

std::vector<double> taps_of(const json& kwargs) {
  const json taps = setting(kwargs, "resample_kernel", {1, 3, 3, 1});
  std::vector<double> result;
  if (taps.is_array() && taps.size() <= 64)
    for (const auto& tap : taps)
      if (tap.is_number()) result.push_back(tap);
  if (result.empty()) result = {1};  // null: no filter
  return result;
}

void common(json& args, const json& kwargs, const std::map<int, int64_t>& table) {
  const json base = setting(kwargs, "fmap_base", 16384);
  if (base.is_number() && std::abs(base.get<double>()) < 1e9)
    args["channel_base"] = 2 * base.get<int64_t>();
  const json max = setting(kwargs, "fmap_max", 512);
  if (max.is_number()) args["channel_max"] = max;
  args.erase("channels");
  fit_channels(args, table);
  args["num_fp16_res"] = setting(kwargs, "num_fp16_res", 0);
  args["conv_clamp"] = setting(kwargs, "conv_clamp", nullptr);
}

// A network that is still growing says how far it is from its full resolution.
void warn_of_lod(const std::string& role, const TensorMap& variables, ImportedModel& model) {
  for (const char* name : {"lod", "synthesis/lod"}) {
    const auto lod = variables.find(name);
    if (lod == variables.end() || lod->second.numel() != 1) continue;
    const double level = lod->second.to_doubles()[0];
    if (level == 0) continue;
    model.warnings.push_back(cat(role, " has not grown to the end, its level of detail is ", level,
                                 "; draw its pictures with --lod ", level));
    return;
  }
}

}  // namespace

void import_tf_stylegan2(const std::map<std::string, TensorflowNetwork>& networks,
                         ImportedModel& model) {
  for (const auto& [role, network] : networks) {
    const json& kwargs = network.static_kwargs;
    const auto taps = taps_of(kwargs);
    if (role == "D") {
      // The weights of levels that are faded in have no place in the networks of today.
      if (network.variables.count("FromRGB_lod0/weight"))
        model.warnings.push_back("D is kept as it is when it has grown, without earlier levels");
      if (network.variables.count("4x4/Dense1/weight")) {
        model.warnings.push_back("left out D: it is a discriminator of StyleGAN1's kind");
        continue;
      }
      TensorMap tensors = convert_discriminator(network.variables);
      if (setting(kwargs, "label_size", 0) != 0 && !tensors.count("mapping.embed.weight")) {
        model.warnings.push_back(
            "left out D: the labels of the first StyleGAN2 release have no counterpart");
        continue;
      }
      add_discriminator_filters(tensors, taps);
      json& args = model.discriminator_args = stylegan2_discriminator_args(tensors);
      common(args, kwargs, discriminator_channels(tensors));
      args["architecture"] = setting(kwargs, "architecture", args["architecture"]);
      args["block_kwargs"]["activation"] = setting(kwargs, "nonlinearity", "lrelu");
      args["mapping_kwargs"]["activation"] = setting(kwargs, "mapping_nonlinearity", "lrelu");
      args["mapping_kwargs"]["lr_multiplier"] = setting(kwargs, "mapping_lrmul", 0.1);
      args["epilogue_kwargs"]["mbstd_group_size"] = setting(kwargs, "mbstd_group_size", nullptr);
      args["epilogue_kwargs"]["activation"] = setting(kwargs, "nonlinearity", "lrelu");
      model.networks[role] = std::move(tensors);
    } else {
      TensorMap tensors = convert_generator(network.variables);
      add_generator_filters(tensors, taps);
      json& args = model.generator_args = stylegan2_generator_args(tensors);
      common(args, kwargs, generator_channels(tensors));
      args["architecture"] = setting(kwargs, "architecture", args["architecture"]);
      if (network.variables.count("synthesis/ToRGB_lod0/weight")) {
        args["architecture"] = "grow";
        warn_of_lod(role, network.variables, model);
      }
      args["activation"] = setting(kwargs, "nonlinearity", "lrelu");
      auto& mapping = args["mapping_kwargs"];
      mapping["activation"] = setting(kwargs, "mapping_nonlinearity", "lrelu");
      mapping["lr_multiplier"] = setting(kwargs, "mapping_lrmul", 0.01);
      mapping["w_avg_beta"] =
          setting(kwargs, "w_avg_beta", setting(kwargs, "dlatent_avg_beta", 0.995));
      model.networks[role] = std::move(tensors);
    }
  }
}

}  // namespace sgan::io
