// Official PyTorch pickles (StyleGAN2-ADA, StyleGAN3 and what was made with their code): settings
// come from the tensors first; what they cannot tell, from the attributes of the modules, which
// hold the values in effect; then from the recorded constructor arguments.
#include "lib/io/import/modules.hpp"
#include "lib/io/import/readers.hpp"
#include "lib/io/import/settings.hpp"
#include "lib/io/pickle/text.hpp"

namespace sgan::io {
namespace {

using nlohmann::json;
using pickle::Ref;

// `args[key]` becomes the first of these that is there: an attribute of `module`, an argument.
void overlay(json& args, const char* key, const Module& module, const json& arguments) {
  if (module && module.has(key))
    args[key] = module.attribute(key);
  else if (arguments.contains(key))
    args[key] = arguments[key];
}

// The activation, learning rate multiplier and depth of a mapping network.
void overlay_mapping(json& kwargs, const Module& mapping, bool has_average) {
  if (!mapping) return;
  const json arguments = mapping.arguments({});
  if (has_average) overlay(kwargs, "w_avg_beta", mapping, arguments);
  overlay(kwargs, "activation", {}, arguments);
  overlay(kwargs, "lr_multiplier", {}, arguments);
  if (const Module layer = mapping.child("fc0"); layer) {
    overlay(kwargs, "activation", layer, {});
    if (layer.has("bias_gain")) kwargs["lr_multiplier"] = layer.attribute("bias_gain");
  }
}

int count_fp16(const Module& network, const json& resolutions) {
  int count = 0;
  for (const auto& r : resolutions)
    if (r.is_number_integer() &&
        network.child(cat("b", r.get<int64_t>())).attribute("use_fp16") == json(true))
      ++count;
  return count;
}

json stylegan2_generator(const Module& network, const TensorMap& tensors) {
  json args = stylegan2_generator_args(tensors);
  const Module synthesis = network.child("synthesis");
  const json outer =
      network.arguments({"z_dim", "c_dim", "w_dim", "img_resolution", "img_channels"});
  const json inner = synthesis.arguments({"w_dim", "img_resolution", "img_channels"});
  for (const char* key : {"channel_base", "channel_max"}) {
    overlay(args, key, {}, outer);
    overlay(args, key, synthesis, inner);
  }
  args.erase("channels");
  fit_channels(args, generator_channels(tensors));
  overlay(args, "num_fp16_res", synthesis, inner);
  if (!synthesis.has("num_fp16_res") && !inner.contains("num_fp16_res"))
    args["num_fp16_res"] = count_fp16(synthesis, synthesis.attribute("block_resolutions"));
  const Module block = synthesis.child(cat("b", args["img_resolution"].get<int>()));
  const Module layer = block.child("conv1");
  overlay(args, "architecture", block, inner);
  overlay(args, "resample_filter", {}, block.child("conv0").arguments({}));
  overlay(args, "resample_filter", {}, inner);
  overlay(args, "conv_clamp", layer, inner);
  overlay(args, "use_noise", layer, inner);
  overlay(args, "activation", layer, inner);
  overlay_mapping(args["mapping_kwargs"], network.child("mapping"), true);
  return args;
}

json stylegan3_generator(const Module& network, const TensorMap& tensors) {
  json args = stylegan3_generator_args(tensors);
  const Module synthesis = network.child("synthesis");
  const json outer =
      network.arguments({"z_dim", "c_dim", "w_dim", "img_resolution", "img_channels"});
  const json inner = synthesis.arguments({"w_dim", "img_resolution", "img_channels"});
  for (const char* key :
       {"channel_base", "channel_max", "num_layers", "num_critical", "first_cutoff",
        "first_stopband", "last_stopband_rel", "margin_size", "output_scale", "num_fp16_res",
        "conv_kernel", "filter_size", "lrelu_upsampling", "use_radial_filters", "conv_clamp",
        "magnitude_ema_beta"}) {
    overlay(args, key, {}, outer);
    overlay(args, key, synthesis, inner);
  }
  if (const Ref names = synthesis.state().find("layer_names");
      names && names.is_sequence() && names.size() > 0 && names[0].is_string()) {
    const Module layer = synthesis.child(names[0].text());
    overlay(args, "conv_clamp", layer, {});
    overlay(args, "magnitude_ema_beta", layer, {});
    overlay(args, "conv_kernel", layer, {});
    if (layer.has("in_cutoff")) args["first_cutoff"] = layer.attribute("in_cutoff");
  }
  overlay_mapping(args["mapping_kwargs"], network.child("mapping"), true);
  return args;
}

json discriminator(const Module& network, const TensorMap& tensors) {
  json args = stylegan2_discriminator_args(tensors);
  const json outer = network.arguments({"c_dim", "img_resolution", "img_channels"});
  for (const char* key : {"channel_base", "channel_max", "cmap_dim"}) overlay(args, key, {}, outer);
  args.erase("channels");
  fit_channels(args, discriminator_channels(tensors));
  overlay(args, "num_fp16_res", network, outer);
  if (!outer.contains("num_fp16_res"))
    args["num_fp16_res"] = count_fp16(network, network.attribute("block_resolutions"));
  const Module block = network.child(cat("b", args["img_resolution"].get<int>()));
  const json block_arguments = block.arguments({});
  overlay(args, "architecture", block, block_arguments);
  overlay(args, "conv_clamp", block.child("conv0"), block_arguments);
  overlay(args["block_kwargs"], "activation", block.child("conv0"), block_arguments);
  overlay(args["block_kwargs"], "resample_filter", {}, block.child("conv1").arguments({}));
  overlay(args["block_kwargs"], "freeze_layers", {}, block_arguments);
  const Module epilogue = network.child("b4"), mbstd = epilogue.child("mbstd");
  auto& tail = args["epilogue_kwargs"];
  if (mbstd.has("group_size")) tail["mbstd_group_size"] = mbstd.attribute("group_size");
  if (mbstd.has("num_channels")) tail["mbstd_num_channels"] = mbstd.attribute("num_channels");
  if (tail["mbstd_num_channels"] == 0) tail["mbstd_group_size"] = nullptr;
  overlay(tail, "activation", epilogue.child("conv"), {});
  overlay_mapping(args["mapping_kwargs"], network.child("mapping"), false);
  return args;
}

constexpr size_t kEntries = 256;  // a network pickle has five

bool is_generator(const Module& m) { return m.child("synthesis") && m.child("mapping"); }
bool is_discriminator(const Module& m) { return bool(m.descend("b4.conv")); }

}  // namespace

bool is_module_pickle(const Ref& root) {
  if (is_generator(Module(root))) return true;
  if (!root.is_dict()) return false;
  const auto entries = root.entries();
  if (entries.size() > kEntries) return false;
  for (const auto& [key, value] : entries)
    if (is_generator(Module(value)) || is_discriminator(Module(value))) return true;
  return false;
}

ImportedModel import_modules(const Ref& root, pickle::TensorReader& reader) {
  ImportedModel model;
  model.origin = "official PyTorch pickle";
  std::map<std::string, Module> modules;
  if (const Module alone(root); alone) {
    modules["G_ema"] = alone;
  } else {
    const bool averaged = bool(root.find("G_ema"));
    for (const auto& [key, value] : root.entries()) {
      const std::string name = pickle::key_text(key);
      const Module module(value);
      if (name == "G" || name == "D" || name == "G_ema" || name == "augment_pipe") {
        if (module) modules[name] = module;
      } else if (is_generator(module) && !averaged) {
        model.warnings.push_back("the generator \"" + name + "\" is taken as G_ema");
        modules["G_ema"] = module;
      } else if (module) {
        model.warnings.push_back("left out the network \"" + name + "\", which has no use here");
      } else if (!value.is(pickle::Kind::none)) {
        pickle::add_history(model.history, name, value);
      }
    }
  }
  for (const auto& [name, module] : modules) model.networks[name] = state_dict(module, reader);

  for (const char* name : {"G", "G_ema"}) {
    const auto found = modules.find(name);
    if (found == modules.end()) continue;
    const Module synthesis = found->second.child("synthesis");
    if (synthesis.child("input"))
      model.family = "stylegan3";
    else if (synthesis.child("b4"))
      model.family = "stylegan2";
    else
      found->second.state().fail(name, " is neither a StyleGAN2 nor a StyleGAN3 generator");
    const auto& tensors = model.networks.at(name);
    model.generator_args = model.family == "stylegan3"
                               ? stylegan3_generator(found->second, tensors)
                               : stylegan2_generator(found->second, tensors);
  }
  if (const auto found = modules.find("D"); found != modules.end()) {
    if (is_discriminator(found->second)) {
      model.discriminator_args = discriminator(found->second, model.networks.at("D"));
    } else {
      model.warnings.push_back("left out D: it is not a discriminator of StyleGAN2 or 3");
      model.networks.erase("D");
    }
  }
  if (model.family.empty()) model.family = "stylegan2";  // D alone: the same in both generations
  if (const auto pipe = modules.find("augment_pipe"); pipe != modules.end())
    model.history["augment_kwargs"] = pipe->second.arguments({});
  return model;
}

}  // namespace sgan::io
