// ProGAN and StyleGAN1 keep their own names; only the layouts change.
#include "lib/io/import/layout.hpp"
#include "lib/io/import/readers.hpp"

namespace sgan::io {
namespace {

using nlohmann::json;

// Dense weights are turned to [out, in], convolutions to [out, in, kh, kw], nothing is flipped. The
// fused up-convolution of ProGAN, unlike StyleGAN1's, is stored as [kh, kw, out, in].
TensorMap convert(const TensorMap& variables, bool progan) {
  TensorMap out;
  for (const auto& [name, t] : variables) {
    const bool weight = name.ends_with("/weight") && name != "mapping/LabelConcat/weight";
    if (weight && t.rank() == 2)
      out[name] = transposed(t);
    else if (weight && t.rank() == 4)
      out[name] =
          progan && name.ends_with("/Conv0_up/weight") ? t.permute({2, 3, 0, 1}) : conv_weight(t);
    else
      out[name] = t;
  }
  return out;
}

const rt::Tensor* find(const TensorMap& tensors, const std::string& name) {
  const auto found = tensors.find(name);
  return found == tensors.end() ? nullptr : &found->second;
}

int resolution_of(const TensorMap& tensors, std::string_view prefix) {
  int result = 4;
  for (int r = 4; r <= 65536; r *= 2)
    for (const char* layer : {"/Conv1/bias", "/Conv0/bias"})
      if (find(tensors, cat(prefix, r, "x", r, layer))) result = r;
  return result;
}

int64_t rgb_channels(const TensorMap& tensors, const std::string& prefix, bool generator) {
  const auto* weight =
      find(tensors, prefix + (generator ? "ToRGB_lod0/weight" : "FromRGB_lod0/weight"));
  check(weight && weight->rank() == 4, "the network has no ", generator ? "ToRGB" : "FromRGB",
        "_lod0");
  return weight->size(generator ? 0 : 1);
}

void add_common(json& args, const json& kwargs) {
  const auto set = [&](const char* key, json otherwise) {
    args[key] = kwargs.contains(key) ? kwargs[key] : std::move(otherwise);
  };
  set("fmap_base", 8192);
  set("fmap_decay", 1.0);
  set("fmap_max", 512);
  set("mbstd_group_size", 4);
  if (kwargs.contains("use_wscale") && kwargs["use_wscale"] == false) args["use_wscale"] = false;
}

json progan_args(const TensorflowNetwork& network, const TensorMap& tensors, bool generator) {
  const json& kwargs = network.static_kwargs;
  json args;
  add_common(args, kwargs);
  args["num_channels"] = rgb_channels(tensors, "", generator);
  args["resolution"] = resolution_of(tensors, "");
  args["label_size"] = kwargs.value("label_size", json(0));
  if (generator) {
    const auto* dense = find(tensors, "4x4/Dense/weight");
    check(dense && dense->rank() == 2, "the generator has no 4x4/Dense/weight");
    const int64_t labels =
        args["label_size"].is_number_integer() ? args["label_size"].get<int64_t>() : 0;
    args["latent_size"] = dense->size(1) - labels;
    args["fused_scale"] = find(tensors, "8x8/Conv0_up/weight") != nullptr;
  } else {
    args["latent_size"] = kwargs.value("latent_size", args["fmap_max"]);
    args["fused_scale"] = find(tensors, "8x8/Conv1_down/weight") != nullptr;
  }
  args["pixelnorm_epsilon"] = kwargs.value("pixelnorm_epsilon", json(1e-8));
  return args;
}

json stylegan1_args(const TensorflowNetwork& network, const TensorMap& tensors, bool generator) {
  const json& kwargs = network.static_kwargs;
  const auto set = [&](json& args, const char* key, json otherwise) {
    args[key] = kwargs.contains(key) ? kwargs[key] : std::move(otherwise);
  };
  json args;
  add_common(args, kwargs);
  const std::string inner = generator ? "synthesis/" : "";
  args["num_channels"] = rgb_channels(tensors, inner, generator);
  args["resolution"] = resolution_of(tensors, inner);
  set(args, "label_size", 0);
  set(args, "fused_scale", "auto");
  set(args, "blur", true);
  if (kwargs.contains("blur_filter")) args["blur"] = !kwargs["blur_filter"].is_null();
  set(args, "mbstd_num_features", 1);
  if (!generator) return args;

  set(args, "mapping_lrmul", 0.01);
  set(args, "normalize_latents", true);
  set(args, "use_pixel_norm", false);
  set(args, "use_instance_norm", true);
  set(args, "truncation_psi", 0.7);
  set(args, "truncation_cutoff", 8);
  args["use_styles"] = find(tensors, "synthesis/4x4/Conv/StyleMod/weight") != nullptr;
  args["const_input_layer"] = find(tensors, "synthesis/4x4/Const/const") != nullptr;
  args["use_noise"] = find(tensors, "synthesis/4x4/Conv/Noise/weight") != nullptr;
  int layers = 0;
  while (find(tensors, cat("mapping/Dense", layers, "/weight"))) ++layers;
  args["mapping_layers"] = layers;
  set(args, "mapping_fmaps", 512);
  set(args, "latent_size", 512);
  set(args, "dlatent_size", 512);
  if (const auto* label = find(tensors, "mapping/LabelConcat/weight");
      label && label->rank() == 2) {
    args["label_size"] = label->size(0);
    args["latent_size"] = label->size(1);
  }
  if (layers > 0) {
    const auto& first = tensors.at("mapping/Dense0/weight");
    const auto& last = tensors.at(cat("mapping/Dense", layers - 1, "/weight"));
    check(first.rank() == 2 && last.rank() == 2, "the mapping network's weights are no matrices");
    const bool labels = tensors.count("mapping/LabelConcat/weight") > 0;
    args["latent_size"] = labels ? first.size(1) / 2 : first.size(1);
    args["dlatent_size"] = last.size(0);
    if (layers > 1) args["mapping_fmaps"] = first.size(0);
  }
  return args;
}

}  // namespace

void import_tf_progressive(const std::map<std::string, TensorflowNetwork>& networks,
                           ImportedModel& model) {
  const bool progan = model.family == "progan";
  for (const auto& [role, network] : networks) {
    TensorMap tensors = convert(network.variables, progan);
    const bool generator = role != "D";
    const json args = progan ? progan_args(network, tensors, generator)
                             : stylegan1_args(network, tensors, generator);
    (generator ? model.generator_args : model.discriminator_args) = args;
    model.networks[role] = std::move(tensors);
  }
}

}  // namespace sgan::io
