#include "lib/train/recipes.hpp"

#include <algorithm>

#include "lib/nets/presets.hpp"
#include "lib/rt/error.hpp"
#include "lib/train/augment/augment.hpp"
#include "lib/train/losses.hpp"

namespace sgan::train {
namespace {

using nlohmann::json;

constexpr RecipeKey keys[] = {
    {"batch", "pictures a step, all devices together; growing rows: see growth"},
    {"total_kimg", "length of the training, in thousands of real pictures shown"},
    {"g_lr", "learning rate of the generator"},
    {"d_lr", "learning rate of the discriminator"},
    {"adam_beta1", "decay of Adam's mean gradient"},
    {"adam_beta2", "decay of Adam's mean square gradient"},
    {"adam_eps", "added to the root of Adam's mean square"},
    {"loss", "logistic, logistic_saturating, wgan or hinge"},
    {"r1_gamma", "weight of the gradient penalty on real pictures, 0: none"},
    {"r2_gamma", "the same on generated pictures"},
    {"gp_lambda", "weight of WGAN-GP's penalty between real and generated pictures, 0: none"},
    {"gp_target", "gradient norm that this penalty pulls towards"},
    {"drift", "weight of the squared score of real pictures (WGAN)"},
    {"label_weight", "weight of the label terms (AC-GAN); only where D tells labels apart"},
    {"d_reg_interval", "steps from one penalty of D to the next; 0: part of every step"},
    {"g_reg_interval", "steps from one path length penalty to the next; 0: part of every step"},
    {"pl_weight", "weight of path length regularisation, 0: none"},
    {"pl_decay", "step of the running mean path length"},
    {"pl_batch_shrink", "path lengths are taken on batch / this many pictures"},
    {"style_mixing_prob", "share of steps that mix the styles of two latents"},
    {"w_avg_beta", "decay of the mean w, a step"},
    {"ema_kimg", "half-life of the generator's average; 0: ema_decay counts"},
    {"ema_rampup", "the half-life is at most this share of the training so far; 0: no ramp-up"},
    {"ema_decay", "decay of the generator's average, a step; where ema_kimg is 0"},
    {"magnitude_ema_kimg", "half-life of the mean squared activations (StyleGAN3)"},
    {"blur_init_sigma", "standard deviation in pixels of the blur of D's pictures, at the start"},
    {"blur_fade_kimg", "when that blur has gone"},
    {"mbstd_group", "pictures a group of D's minibatch statistics"},
    {"fp16_resolutions", "how many of the highest resolutions run in half precision on a GPU"},
    {"half_type", "f16 or bf16: the kind of numbers there"},
    {"mirror", "show every picture in its mirror, too"},
    {"augment", "noaug, ada or fixed"},
    {"augment_pipe", "what augmentation does: blit, geom, color, ..., bgc, bgcfnc"},
    {"augment_p", "its probability, where fixed"},
    {"ada_target", "share of real pictures that D takes for real, which ADA holds"},
    {"ada_interval", "steps from one adjustment to the next"},
    {"ada_kimg", "time in which the probability may go from 0 to 1"},
    {"growth", "null, or the schedule of progressive growing"},
};

struct Range {
  const char* key;
  double least, most;
};
constexpr double tiny = 1e-12, almost_one = 0.999999;
constexpr Range ranges[] = {
    {"batch", 1, 1 << 20},
    {"total_kimg", 0, 1e9},
    {"g_lr", 0, 1},
    {"d_lr", 0, 1},
    {"adam_beta1", 0, almost_one},
    {"adam_beta2", 0, almost_one},
    {"adam_eps", 1e-30, 1},
    {"r1_gamma", 0, 1e9},
    {"r2_gamma", 0, 1e9},
    {"gp_lambda", 0, 1e9},
    {"gp_target", tiny, 1e9},
    {"drift", 0, 1e9},
    {"label_weight", 0, 1e9},
    {"d_reg_interval", 0, 1e6},
    {"g_reg_interval", 0, 1e6},
    {"pl_weight", 0, 1e6},
    {"pl_decay", 0, 1},
    {"pl_batch_shrink", 1, 1 << 20},
    {"style_mixing_prob", 0, 1},
    {"w_avg_beta", 0, 1},
    {"ema_kimg", 0, 1e6},
    {"ema_rampup", 0, 1e6},
    {"ema_decay", 0, 1},
    {"magnitude_ema_kimg", tiny, 1e6},
    {"blur_init_sigma", 0, 1e3},
    {"blur_fade_kimg", 0, 1e9},
    {"mbstd_group", 0, 1 << 20},
    {"fp16_resolutions", 0, 64},
    {"augment_p", 0, 1},
    {"ada_target", -1, 1},
    {"ada_interval", 1, 1e9},
    {"ada_kimg", tiny, 1e9},
};

// A row says how it differs from the row that it is based on ("": from nothing).
struct Row {
  const char *name, *base, *settings;
};

// What no row changes, and what is off until a row says otherwise.
constexpr const char* common = R"({
  "batch": 32, "total_kimg": 25000, "g_lr": 0.001, "d_lr": 0.001,
  "adam_beta1": 0, "adam_beta2": 0.99, "adam_eps": 1e-8,
  "loss": "logistic", "r1_gamma": 0.0, "r2_gamma": 0.0,
  "gp_lambda": 0.0, "gp_target": 1.0, "drift": 0.0, "label_weight": 0.0,
  "d_reg_interval": 0, "g_reg_interval": 0,
  "pl_weight": 0.0, "pl_decay": 0.01, "pl_batch_shrink": 2,
  "style_mixing_prob": 0.0, "w_avg_beta": 0.995,
  "ema_kimg": 10.0, "ema_rampup": 0.0, "ema_decay": 0.999, "magnitude_ema_kimg": 20.0,
  "blur_init_sigma": 0.0, "blur_fade_kimg": 0.0,
  "mbstd_group": 4, "fp16_resolutions": 0, "half_type": "f16",
  "mirror": false, "augment": "noaug", "augment_pipe": "bgc", "augment_p": 0.2,
  "ada_target": 0.6, "ada_interval": 4, "ada_kimg": 500.0,
  "growth": null})";

// The published schedules, by the name under which rows ask for them. Resolutions that a table does
// not name have the base's value; the papers' figures were made on several devices.
constexpr const char* schedules = R"({
  "progan": {
    "initial_resolution": 4, "train_kimg": 600.0, "fade_kimg": 600.0, "lr_rampup_kimg": 0.0,
    "minibatch_repeats": 4,
    "one_device": {
      "minibatch_base": 4, "minibatch": {"4": 128, "8": 128, "16": 128, "32": 64, "64": 32,
                                         "128": 16, "256": 8, "512": 4},
      "max_per_device": {"256": 16, "512": 8, "1024": 4},
      "lr_base": 0.001, "lr": {"256": 0.0015, "512": 0.0015, "1024": 0.0015, "2048": 0.0015,
                               "4096": 0.0015}},
    "several_devices": {
      "minibatch_base": 32, "minibatch": {"4": 512, "8": 256, "16": 128, "32": 64, "64": 32},
      "max_per_device": {"256": 16, "512": 8, "1024": 4},
      "lr_base": 0.001, "lr": {"128": 0.0015, "256": 0.002, "512": 0.003, "1024": 0.003,
                               "2048": 0.003, "4096": 0.003}}},
  "stylegan1": {
    "initial_resolution": 8, "train_kimg": 600.0, "fade_kimg": 600.0, "lr_rampup_kimg": 0.0,
    "minibatch_repeats": 4,
    "one_device": {
      "minibatch_base": 4, "minibatch": {"4": 128, "8": 128, "16": 128, "32": 64, "64": 32,
                                         "128": 16, "256": 8, "512": 4},
      "max_per_device": {},
      "lr_base": 0.001, "lr": {"128": 0.0015, "256": 0.002, "512": 0.003, "1024": 0.003,
                               "2048": 0.003, "4096": 0.003}},
    "several_devices": {
      "minibatch_base": 32, "minibatch": {"4": 512, "8": 256, "16": 128, "32": 64, "64": 32},
      "max_per_device": {},
      "lr_base": 0.001, "lr": {"128": 0.0015, "256": 0.002, "512": 0.003, "1024": 0.003,
                               "2048": 0.003, "4096": 0.003}}},
  "stylegan2": {
    "initial_resolution": 8, "train_kimg": 600.0, "fade_kimg": 600.0, "lr_rampup_kimg": 0.0,
    "minibatch_repeats": 4,
    "one_device": {
      "minibatch_base": 32, "minibatch": {"8": 256, "16": 128, "32": 64, "64": 32},
      "max_per_device": {},
      "lr_base": 0.001, "lr": {"128": 0.0015, "256": 0.002, "512": 0.003, "1024": 0.003,
                               "2048": 0.003, "4096": 0.003}},
    "several_devices": {
      "minibatch_base": 32, "minibatch": {"8": 256, "16": 128, "32": 64, "64": 32},
      "max_per_device": {},
      "lr_base": 0.001, "lr": {"128": 0.0015, "256": 0.002, "512": 0.003, "1024": 0.003,
                               "2048": 0.003, "4096": 0.003}}}
})";

// "r1_gamma": "default" is default_gamma(); "resolution" is 2 at 256 pixels, four times as much at
// twice as many.
// Left open by the papers, and chosen here:
// - StyleGAN1's rows B to F have the loss and the penalty of the FFHQ experiments.
// - StyleGAN2, row C: the generator has nothing to regularise yet, so nothing of it is lazy.
// - StyleGAN3: every row has the learning rates that T and R state, so that rows differ by what the
//   table says; rows A to H state no R1 weight and have the default one.
// - Augmentation: the tables of StyleGAN1 and 2 had none; StyleGAN3's program has ADA by default.
constexpr Row rows[] = {
    {"progan", "", R"({"total_kimg": 12000, "loss": "wgan", "gp_lambda": 10.0, "drift": 0.001,
                       "label_weight": 1.0, "ema_kimg": 0.0, "growth": "progan"})"},
    {"stylegan1-a", "progan", "{}"},
    {"stylegan1-b", "", R"({"r1_gamma": 10.0, "growth": "stylegan1"})"},
    {"stylegan1-c", "stylegan1-b", "{}"},
    {"stylegan1-d", "stylegan1-c", "{}"},
    {"stylegan1-e", "stylegan1-d", "{}"},
    {"stylegan1-f", "stylegan1-e", R"({"style_mixing_prob": 0.9})"},

    {"stylegan2-a", "stylegan1-f", R"({"growth": "stylegan2"})"},
    {"stylegan2-b", "stylegan2-a", "{}"},
    {"stylegan2-c", "stylegan2-b", R"({"d_reg_interval": 16})"},
    {"stylegan2-d", "stylegan2-c", R"({"pl_weight": 2.0, "g_reg_interval": 4})"},
    {"stylegan2-e", "stylegan2-d",
     R"({"r1_gamma": 100.0, "g_lr": 0.002, "d_lr": 0.002, "w_avg_beta": 0.998,
         "fp16_resolutions": 4, "growth": null})"},
    {"stylegan2-f", "stylegan2-e", R"({"r1_gamma": 10.0})"},

    {"stylegan3-a", "stylegan2-f",
     R"({"r1_gamma": "default", "g_lr": 0.0025, "ema_rampup": 0.05, "ema_per_batch": true,
         "augment": "ada"})"},
    {"stylegan3-b", "stylegan3-a", "{}"},
    {"stylegan3-c", "stylegan3-b", "{}"},
    {"stylegan3-d", "stylegan3-c",
     R"({"style_mixing_prob": 0.0, "pl_weight": 0.0, "g_reg_interval": 0})"},
    {"stylegan3-e", "stylegan3-d", "{}"},
    {"stylegan3-f", "stylegan3-e", "{}"},
    {"stylegan3-g", "stylegan3-f", "{}"},
    {"stylegan3-h", "stylegan3-g", "{}"},
    {"stylegan3-t", "stylegan3-h", R"({"r1_gamma": "resolution"})"},
    {"stylegan3-r", "stylegan3-t", R"({"blur_init_sigma": 10.0, "blur_fade_kimg": 200.0})"},
};

json settings_of(std::string_view name) {
  const auto row =
      std::find_if(std::begin(rows), std::end(rows), [&](const Row& r) { return r.name == name; });
  json settings = row == std::end(rows) ? settings_of("stylegan2-e")  // the grid hangs there
                  : *row->base          ? settings_of(row->base)
                                        : json::parse(common);
  if (row != std::end(rows)) settings.update(json::parse(row->settings));
  json& growth = settings["growth"];
  if (growth.is_string()) growth = json::parse(schedules)[growth.get<std::string>()];
  return settings;
}

// Values that depend on the batch or on the resolution. StyleGAN3 states times for 32 pictures a
// step.
void resolve(json& r, int resolution) {
  const int batch = r["batch"];
  if (r.contains("ema_per_batch")) {
    r.erase("ema_per_batch");
    for (const char* key : {"ema_kimg", "blur_fade_kimg"}) {
      r[key] = r[key].get<double>() * batch / 32;
    }
  }
  if (!r["r1_gamma"].is_string()) return;
  const double relative = resolution / 256.0;
  r["r1_gamma"] =
      r["r1_gamma"] == "default" ? default_gamma(resolution, batch) : 2 * relative * relative;
}

bool same_kind(const json& a, const json& b) {
  if (a.is_number() || b.is_number()) {
    return b.is_number() && a.is_number() && (b.is_number_integer() || !a.is_number_integer());
  }
  const bool structure = a.is_null() || a.is_object();
  return structure ? b.is_null() || b.is_object() : a.type() == b.type();
}

void replace(json& old, std::string_view key, const json& value) {
  check(same_kind(old, value), "training setting '", key, "': ", value.dump(),
        " is not of the kind of ", old.dump());
  old = value;
}

bool is_resolution(const std::string& text) {
  const bool digits =
      !text.empty() && text.size() < 6 && text.find_first_not_of("0123456789") == std::string::npos;
  const int n = digits ? std::stoi(text) : 0;
  return n >= 4 && (n & (n - 1)) == 0;
}

// A setting inside "growth", whose name is `rest`: one of its own, or one of the tables for one
// device and for several, which is then changed in both; in a table by resolution that of one
// resolution.
void change_growth(json& growth, std::string_view key, const std::string& rest, const json& value) {
  check(growth.is_object(), "training setting '", key, "': this row does not grow");
  const size_t dot = rest.find('.');
  const std::string name = rest.substr(0, dot);
  if (dot == std::string::npos && growth.contains(name) && !growth[name].is_object()) {
    return replace(growth[name], key, value);
  }
  for (const char* devices : {"one_device", "several_devices"}) {
    json& table = growth.at(devices);
    check(table.contains(name), "there is no training setting '", key, "'");
    if (dot == std::string::npos) {
      replace(table[name], key, value);
      continue;
    }
    const std::string resolution = rest.substr(dot + 1);
    check(table[name].is_object() && is_resolution(resolution), "training setting '", key, "': '",
          resolution, "' is not a resolution such as 32");
    check(name == "lr" ? value.is_number() : value.is_number_integer(), "training setting '", key,
          "': ", value.dump(), " is not a number of its kind");
    table[name][resolution] = value;
  }
}

// Names that nothing reads are mistakes.
void check_names(const json& old, const json& value, std::string_view key) {
  if (!old.is_object() || !value.is_object()) return;
  for (const auto& [name, inner] : value.items()) {
    check(old.contains(name), "training setting '", key, "': there is no '", name, "' in it");
    if (name.ends_with("_device") || name.ends_with("_devices")) {
      check_names(old[name], inner, key);
    }
  }
}

}  // namespace

double default_gamma(int resolution, int batch) {
  return 0.0002 * double(resolution) * resolution / batch;
}

json recipe(std::string_view name, int resolution, int batch) {
  nets::preset(name, {.resolution = resolution});  // complains of names and sizes
  check(batch >= 0 && batch <= 1 << 20, "a batch of ", batch, " pictures");
  json r = settings_of(name);
  if (batch) {
    r["batch"] = batch;
    if (r["growth"].is_object()) {
      for (const char* devices : {"one_device", "several_devices"}) {
        r["growth"][devices]["minibatch"] = json::object();
        r["growth"][devices]["minibatch_base"] = batch;
      }
    }
  }
  resolve(r, resolution);
  return r;
}

std::span<const RecipeKey> recipe_keys() { return keys; }

void change(json& recipe, std::string_view key, const json& value) {
  constexpr std::string_view inside = "growth.";
  if (key.starts_with(inside)) {
    return change_growth(recipe.at("growth"), key, std::string(key.substr(inside.size())), value);
  }
  const auto found = recipe.find(std::string(key));
  check(found != recipe.end(), "there is no training setting '", key, "'");
  check_names(*found, value, key);
  replace(*found, key, value);
}

void check_recipe(const json& recipe) {
  for (const Range& r : ranges) {
    const double v = recipe.at(r.key);
    check(v >= r.least && v <= r.most, "training setting '", r.key, "' is ", v, ", not from ",
          r.least, " to ", r.most);
  }
  parse_loss(recipe.at("loss").get<std::string>());
  AugmentSettings::named(recipe.at("augment_pipe").get<std::string>());
  const auto one_of = [&](const char* key, std::initializer_list<const char*> names) {
    const auto value = recipe.at(key).get<std::string>();
    std::string all;
    for (const char* name : names) {
      if (value == name) return;
      all += (all.empty() ? "" : ", ") + std::string(name);
    }
    fail("training setting '", key, "': '", value, "' is not one of ", all);
  };
  one_of("augment", {"noaug", "ada", "fixed"});
  one_of("half_type", {"f16", "bf16"});
}

}  // namespace sgan::train
