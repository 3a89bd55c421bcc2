#include "lib/train/trainer_setup.hpp"

#include <cmath>

#include "lib/nets/generator.hpp"
#include "lib/nets/settings.hpp"
#include "lib/rt/error.hpp"

namespace sgan::train {
namespace {

using nlohmann::json;

// On the CPU 16-bit layers are slow and save nothing.
nets::Precision precision_of(const json& r, rt::Device device) {
  const std::string type = r.value("half_type", "f16");
  check(type == "f16" || type == "bf16", "half_type '", type, "' is not one of f16, bf16");
  const int resolutions = r.at("fp16_resolutions");
  if (resolutions == 0 || !device.is_cuda()) return {};
  return {type == "f16" ? rt::DType::f16 : rt::DType::bf16, resolutions};
}

}  // namespace

nets::Preset with_recipe(nets::Preset p, const json& r) {
  const int group = r.at("mbstd_group");
  if (p.discriminator_family == nets::Family::stylegan2) {
    p.discriminator["epilogue_kwargs"]["mbstd_group_size"] = group;
  } else {
    p.discriminator["mbstd_group_size"] = group;
  }
  const double half_life = r.at("magnitude_ema_kimg").get<double>() * 1000;
  if (p.family == nets::Family::stylegan3 || nets::setting(p.generator, "magnitude_ema", false)) {
    p.generator["magnitude_ema_beta"] = std::pow(0.5, r.at("batch").get<double>() / half_life);
  }
  // Files tell what their networks were trained with, under the official name.
  if (const int half = r.at("fp16_resolutions"); half > 0) {
    if (nets::generator_info(p.family, p.generator).has_half) p.generator["num_fp16_res"] = half;
    if (p.discriminator_family == nets::Family::stylegan2) p.discriminator["num_fp16_res"] = half;
  }
  return p;
}

nets::TensorMap without_noise(nets::TensorMap weights) {
  for (auto& [name, t] : weights) {
    if (name.ends_with("noise_strength") || name.ends_with("Noise/weight")) {
      t = rt::Tensor::zeros(t.shape(), t.dtype());
    }
  }
  return weights;
}

LossSettings loss_settings(const json& r, const nets::Preset& p, rt::Device device) {
  LossSettings s = LossSettings::from(r);
  s.precision = precision_of(r, device);
  s.magnitude_ema_beta = p.generator.value("magnitude_ema_beta", s.magnitude_ema_beta);
  return s;
}

int64_t round_size(const json& recipe, int64_t share, int64_t batch_gpu) {
  const int64_t round = batch_gpu && batch_gpu < share ? batch_gpu : share;
  check(round > 0 && share % round == 0, "a batch of ", share,
        " pictures a device cannot be divided into rounds of ", round,
        "; choose --batch-gpu so that it divides it");
  const int64_t group = recipe.at("mbstd_group");
  check(group <= 1 || round < group || round % group == 0, "rounds of ", round,
        " pictures cannot be divided into groups of ", group, " (--mbstd-group)");
  return round;
}

AugmentControl augment_control(const json& r) {
  AugmentControl c;
  c.adaptive = r.at("augment") == "ada";
  c.p = r.at("augment") == "fixed" ? r.at("augment_p").get<double>() : 0;
  c.target = r.at("ada_target");
  c.interval = r.at("ada_interval");
  c.kimg = r.at("ada_kimg");
  return c;
}

}  // namespace sgan::train
