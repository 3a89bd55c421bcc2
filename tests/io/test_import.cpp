// Foreign network files against golden numbers: every weight bit for bit, every setting.
#include <boost/test/unit_test.hpp>

#include "lib/io/import/import.hpp"
#include "lib/io/import/readers.hpp"
#include "lib/io/import/settings.hpp"
#include "lib/io/safetensors.hpp"
#include "tests/io/pickle_test.hpp"

namespace sgan::io {
namespace {

using nlohmann::json;
using pickle::check_equal;
using pickle::check_refused;
using pickle::Golden;

BOOST_AUTO_TEST_SUITE(import_networks)

ImportedModel import_golden(const std::string& name) {
  return import_network(pickle::golden(name), name);
}

// `param.<network>.<tensor>` of the golden file are all tensors, and there are no others.
void check_weights(const Golden& expected, const ImportedModel& model) {
  size_t count = 0;
  for (const auto& name : expected.names("param.")) {
    const std::string role = name.substr(0, name.find('.'));
    const std::string tensor = name.substr(role.size() + 1);
    BOOST_REQUIRE_MESSAGE(model.networks.count(role), "no network " << role);
    const auto& tensors = model.networks.at(role);
    BOOST_REQUIRE_MESSAGE(tensors.count(tensor), "no tensor " << name);
    check_equal(tensors.at(tensor), expected, "param." + name);
    ++count;
  }
  BOOST_TEST(count > 0u);
  size_t found = 0;
  for (const auto& [role, tensors] : model.networks) {
    found += tensors.size();
    for (const auto& [name, tensor] : tensors)
      BOOST_TEST(expected.header.contains(cat("param.", role, ".", name)),
                 "not in the golden file: " << role << "." << name);
  }
  BOOST_TEST(found == count);
}

// Everything of `expected` is in `found`, objects inside too.
void check_contains(const json& found, const json& expected, const std::string& where) {
  for (const auto& [key, value] : expected.items()) {
    if (key == "fused_modconv_default" || key == "fp16_channels_last") continue;  // how, not what
    BOOST_REQUIRE_MESSAGE(found.contains(key), where << " has no " << key);
    if (value.is_object())
      check_contains(found[key], value, where + "." + key);
    else
      BOOST_TEST(found[key] == value,
                 where << "." << key << " is " << found[key] << ", not " << value);
  }
}

BOOST_AUTO_TEST_CASE(official_pytorch_pickles) {
  for (const std::string name : {"stylegan2", "stylegan3-t", "stylegan3-r"}) {
    const Golden expected("network-snapshot-" + name + ".safetensors");
    const ImportedModel model = import_golden("network-snapshot-" + name + ".pkl");
    BOOST_TEST(model.family == name.substr(0, 9));
    check_weights(expected, model);
    check_contains(model.generator_args, expected.json("G_kwargs"), name + " G");
    check_contains(model.discriminator_args, expected.json("D_kwargs"), name + " D");
    BOOST_TEST(model.history.at("training_set_kwargs") == expected.json("training_set_kwargs"));
    if (expected.text("augment_kwargs") != "none")
      check_contains(model.history.at("augment_kwargs"), expected.json("augment_kwargs"),
                     "augment");
    BOOST_TEST(model.warnings.empty());
  }
}

BOOST_AUTO_TEST_CASE(settings_of_official_pickles_are_complete) {
  const json g = import_golden("network-snapshot-stylegan2.pkl").generator_args;
  const json expected = json::parse(R"({"z_dim": 16, "c_dim": 3, "w_dim": 16, "img_resolution": 32,
    "img_channels": 3, "channel_base": 256, "channel_max": 16, "num_fp16_res": 4, "conv_clamp": 256,
    "architecture": "skip", "resample_filter": [1, 3, 3, 1], "use_noise": true, "activation": "lrelu",
    "mapping_kwargs": {"num_layers": 8, "embed_features": null, "layer_features": null,
    "activation": "lrelu", "lr_multiplier": 0.01, "w_avg_beta": 0.998}})");
  BOOST_TEST(g == expected, g);
  const json d = import_golden("network-snapshot-stylegan2.pkl").discriminator_args;
  BOOST_TEST(d["conv_clamp"] == 256);
  BOOST_TEST(d["architecture"] == "resnet");
  BOOST_TEST(d["cmap_dim"].is_null());
  BOOST_TEST(d["mapping_kwargs"]["num_layers"] == 8);
  BOOST_TEST(d["epilogue_kwargs"]["mbstd_num_channels"] == 1);
  const json r = import_golden("network-snapshot-stylegan3-r.pkl").generator_args;
  BOOST_TEST(r["use_radial_filters"] == true);
  BOOST_TEST(r["conv_kernel"] == 1);
  BOOST_TEST(r["num_layers"] == 14);
  BOOST_TEST(r["num_critical"] == 2);
  BOOST_TEST(r["first_cutoff"] == 2);
  BOOST_TEST(r["filter_size"] == 6);
  BOOST_TEST(r["conv_clamp"] == 256);
  BOOST_TEST(r["output_scale"] == 0.25);
  BOOST_TEST(r["margin_size"] == 10);
}

BOOST_AUTO_TEST_CASE(tensorflow_stylegan2) {
  const Golden expected("legacy-tf.safetensors");
  const ImportedModel model = import_golden("legacy-tf.pkl");
  BOOST_TEST(model.family == "stylegan2");
  check_weights(expected, model);
  BOOST_TEST(model.generator_args == expected.json("converted_G_kwargs"), model.generator_args);
  BOOST_TEST(model.discriminator_args == expected.json("converted_D_kwargs"),
             model.discriminator_args);
  BOOST_TEST(model.history["static_kwargs"]["G_ema"] == expected.json("G_static_kwargs"));
}

BOOST_AUTO_TEST_CASE(tensorflow_progressive) {
  for (const std::string family : {"stylegan1", "progan"}) {
    const Golden expected("legacy-tf-" + family + ".safetensors");
    const ImportedModel model = import_golden("legacy-tf-" + family + ".pkl");
    BOOST_TEST(model.family == family);
    check_weights(expected, model);
    check_contains(model.generator_args, expected.json("effective_G"), family + " G");
    json d = expected.json("effective_D");  // lists the generator's settings too
    if (family == "stylegan1")
      for (const char* key :
           {"latent_size", "dlatent_size", "mapping_layers", "mapping_fmaps", "mapping_lrmul",
            "normalize_latents", "use_styles", "const_input_layer", "use_noise", "use_pixel_norm",
            "use_instance_norm", "truncation_psi", "truncation_cutoff"})
        d.erase(key);
    check_contains(model.discriminator_args, d, family + " D");
  }
}

// The golden file has rosinality's names; the table of golden/README-import-features.md maps them.
void check_same(const TensorMap& found, const std::string& name, const Golden& expected,
                const std::string& golden_name) {
  BOOST_REQUIRE_MESSAGE(found.count(name), "no tensor " << name);
  const rt::Tensor& t = found.at(name);
  const std::string data = expected.data(golden_name);
  BOOST_REQUIRE_MESSAGE(t.bytes() == data.size(), name << ": " << t.shape().str());
  BOOST_TEST(std::memcmp(t.bytes_data(), data.data(), data.size()) == 0, name);
}

void check_modulated(const TensorMap& found, const std::string& name, const Golden& expected,
                     const std::string& golden_name, bool rgb) {
  check_same(found, name + ".weight", expected, golden_name + ".conv.weight");
  check_same(found, name + ".affine.weight", expected, golden_name + ".conv.modulation.weight");
  check_same(found, name + ".affine.bias", expected, golden_name + ".conv.modulation.bias");
  check_same(found, name + ".bias", expected, golden_name + (rgb ? ".bias" : ".activate.bias"));
  if (!rgb) check_same(found, name + ".noise_strength", expected, golden_name + ".noise.weight");
  BOOST_TEST(found.at(name + ".weight").rank() == 4);
  BOOST_TEST(found.at(name + ".bias").rank() == 1);
  if (!rgb) BOOST_TEST(found.at(name + ".noise_strength").rank() == 0);
}

BOOST_AUTO_TEST_CASE(rosinality_checkpoints) {
  for (const std::string name : {"rosinality", "rosinality-train"}) {
    const Golden expected(name + ".safetensors");
    const ImportedModel model = import_golden(name + ".pt");
    BOOST_TEST(model.family == "stylegan2");
    const int size = expected.json("size");
    const json channels = expected.json("channels");
    for (const std::string role : {"G", "G_ema"}) {
      BOOST_REQUIRE(model.networks.count(role));
      const TensorMap& g = model.networks.at(role);
      const std::string from = "param." + role + ".";
      for (int i = 0; i < 8; ++i)
        for (const char* part : {".weight", ".bias"})
          check_same(g, cat("mapping.fc", i, part), expected, cat(from, "style.", i + 1, part));
      check_same(g, "synthesis.b4.const", expected, from + "input.input");
      BOOST_TEST(g.at("synthesis.b4.const").rank() == 3);
      check_modulated(g, "synthesis.b4.conv1", expected, from + "conv1", false);
      check_modulated(g, "synthesis.b4.torgb", expected, from + "to_rgb1", true);
      check_same(g, "synthesis.b4.conv1.noise_const", expected, from + "noises.noise_0");
      for (int r = 8, i = 3; r <= size; r *= 2, ++i) {
        const std::string block = cat("synthesis.b", r);
        check_modulated(g, block + ".conv0", expected, cat(from, "convs.", 2 * (i - 3)), false);
        check_modulated(g, block + ".conv1", expected, cat(from, "convs.", 2 * (i - 3) + 1), false);
        check_modulated(g, block + ".torgb", expected, cat(from, "to_rgbs.", i - 3), true);
        check_same(g, block + ".conv0.noise_const", expected,
                   cat(from, "noises.noise_", 2 * i - 5));
        check_same(g, block + ".conv1.noise_const", expected,
                   cat(from, "noises.noise_", 2 * i - 4));
        BOOST_TEST(g.at(block + ".conv1.noise_const").rank() == 2);
      }
      const bool average = g.count("mapping.w_avg") > 0;
      BOOST_TEST(average == (name == "rosinality"));
      if (average) check_same(g, "mapping.w_avg", expected, "param.latent_avg");
      // Nothing is missing that the settings call for.
      const json again = stylegan2_generator_args(g);
      BOOST_TEST(again == model.generator_args);
    }
    BOOST_TEST(model.warnings.size() == (name == "rosinality" ? 0u : 1u));
    const TensorMap& d = model.networks.at("D");
    const auto pair = [&](const std::string& ours, const std::string& weight,
                          const std::string& bias) {
      check_same(d, ours + ".weight", expected, "param.D." + weight);
      if (!bias.empty()) check_same(d, ours + ".bias", expected, "param.D." + bias);
    };
    pair(cat("b", size, ".fromrgb"), "convs.0.0.weight", "convs.0.1.bias");
    for (int r = size, j = 1; r > 4; r /= 2, ++j) {
      const std::string from = cat("convs.", j, ".");
      pair(cat("b", r, ".conv0"), from + "conv1.0.weight", from + "conv1.1.bias");
      pair(cat("b", r, ".conv1"), from + "conv2.1.weight", from + "conv2.2.bias");
      pair(cat("b", r, ".skip"), from + "skip.1.weight", "");
    }
    pair("b4.conv", "final_conv.0.weight", "final_conv.1.bias");
    pair("b4.fc", "final_linear.0.weight", "final_linear.0.bias");
    pair("b4.out", "final_linear.1.weight", "final_linear.1.bias");
    for (const json& args : {model.generator_args, model.discriminator_args}) {
      BOOST_TEST(args["img_resolution"] == size);
      BOOST_TEST(args["conv_clamp"].is_null());
      for (const auto& [r, count] : channels.items()) {
        const int64_t rule = std::min(args["channel_base"].get<int64_t>() / std::stoi(r),
                                      args["channel_max"].get<int64_t>());
        BOOST_TEST(rule == count.get<int64_t>());
      }
    }
    BOOST_TEST(model.generator_args["architecture"] == "skip");
    BOOST_TEST(model.generator_args["resample_filter"] == json::parse("[1, 3, 3, 1]"));
    BOOST_TEST(model.discriminator_args["architecture"] == "resnet");
    if (name == "rosinality-train") BOOST_TEST(model.history["args"]["size"] == size);
  }
}

// A safetensors file of what a golden file calls param.*.
std::string plain_safetensors(const Golden& golden, const std::string& prefix,
                              const std::string& to) {
  TensorMap tensors;
  for (const auto& name : golden.names(prefix)) {
    const std::string data = golden.data(prefix + name);
    rt::Tensor t(rt::Shape(golden.shape(prefix + name)), rt::DType::f32);
    std::memcpy(t.bytes_data(), data.data(), data.size());
    tensors[to + name] = t;
  }
  StringSink sink;
  write_safetensors(sink, tensors, {}, {.compress = false, .group = {}, .hash_key = {}});
  return sink.text;
}

BOOST_AUTO_TEST_CASE(plain_state_dictionaries) {
  for (const std::string name : {"stylegan2", "stylegan3-t", "stylegan3-r"}) {
    const Golden golden("network-snapshot-" + name + ".safetensors");
    const ImportedModel full = import_golden("network-snapshot-" + name + ".pkl");
    const ImportedModel whole = import_network(plain_safetensors(golden, "param.", ""), "p");
    const ImportedModel alone = import_network(plain_safetensors(golden, "param.G_ema.", ""), "p");
    BOOST_TEST(whole.networks.at("G").size() == full.networks.at("G").size());
    BOOST_TEST(whole.networks.at("D").size() == full.networks.at("D").size());
    BOOST_TEST(alone.networks.size() == 1u);
    for (const auto& [tensor, value] : alone.networks.at("G_ema"))
      check_equal(value, golden, "param.G_ema." + tensor);
    BOOST_TEST(whole.family == full.family);
    BOOST_TEST(whole.warnings.size() == 1u);
    json expected = full.generator_args;
    for (const char* key : {"num_fp16_res", "magnitude_ema_beta"}) {  // not for the pictures
      expected[key] = whole.generator_args.value(key, json());
      if (expected[key].is_null()) expected.erase(key);
    }
    BOOST_TEST(whole.generator_args == expected, whole.generator_args << " not " << expected);
    BOOST_TEST(alone.generator_args == whole.generator_args);
  }
  const Golden ros("rosinality.safetensors");
  const ImportedModel r = import_network(plain_safetensors(ros, "param.G_ema.", ""), "p");
  BOOST_TEST(r.family == "stylegan2");
  BOOST_TEST(r.generator_args == import_golden("rosinality.pt").generator_args);
}

BOOST_AUTO_TEST_CASE(channel_rules) {
  const auto fit = [](std::map<int, int64_t> table, json args = json::object()) {
    fit_channels(args, table);
    return args;
  };
  BOOST_TEST((fit({{4, 512}, {64, 512}, {128, 256}}) ==
              json{{"channel_base", 32768}, {"channel_max", 512}}));
  BOOST_TEST(
      (fit({{4, 16}, {8, 16}, {16, 12}}) == json{{"channel_base", 192}, {"channel_max", 16}}));
  BOOST_TEST((fit({{4, 16}}, {{"channel_base", 512}, {"channel_max", 16}}) ==
              json{{"channel_base", 512}, {"channel_max", 16}}));
  const json free = fit({{4, 10}, {8, 20}, {16, 5}});
  BOOST_TEST(free["channels"] == json::parse(R"({"4": 10, "8": 20, "16": 5})"));
}

BOOST_AUTO_TEST_CASE(filters_of_any_length) {
  using V = std::vector<double>;
  const auto two = resample_filter({1, 3, 3, 1});
  BOOST_TEST(two.shape().dims() == (std::vector<int64_t>{4, 4}));
  BOOST_TEST(two.to_doubles()[5] == 9.0 / 64);
  BOOST_TEST((resample_filter({1}).to_doubles() == V{1}));
  BOOST_TEST(resample_filter(V(8, 1)).shape().dims() == (std::vector<int64_t>{8}));
  check_refused([] { resample_filter({1, -1}); }, "taps");
}

BOOST_AUTO_TEST_CASE(other_files_are_named) {
  const auto refused = [](const std::string& data, const char* part) {
    check_refused([&] { import_network(data, "x.bin"); }, "x.bin: ", part);
  };
  refused("", "empty");
  refused("\x89PNG\r\n\x1a\n", "PNG");
  refused("<html>", "text, not a network file");
  refused("\x80\x02}.", "not of a network known here");
  refused("\x80\x02]N.", "left over");
  pickle::Writer w;
  w.proto(2).global("posix", "system").str("touch x").op(pickle::TUPLE1).op(pickle::REDUCE);
  refused(w.stop(), "refuses to load `posix.system` (GLOBAL at byte 2)");
}

// The key of a network in the dictionary is one byte string among others: G_ema -> G_xyz.
BOOST_AUTO_TEST_CASE(networks_under_other_names) {
  const std::string name = "network-snapshot-stylegan2.pkl";
  const auto renamed = [&](const std::vector<std::pair<std::string, std::string>>& names) {
    std::string data = pickle::golden(name);
    for (const auto& [from, to] : names) {
      const size_t at = data.find(from);
      BOOST_REQUIRE(at != std::string::npos && from.size() == to.size());
      data.replace(at, from.size(), to);
    }
    return import_network(data, name);
  };
  const std::string g("X\1\0\0\0G", 6), d("X\1\0\0\0D", 6), ema("X\5\0\0\0G_ema", 10);
  const auto unknown = renamed({{ema, std::string("X\5\0\0\0G_new", 10)}});
  BOOST_TEST(unknown.networks.size() == 3u);
  BOOST_TEST(unknown.networks.count("G_ema"));
  BOOST_TEST(unknown.warnings.size() == 1u);
  const auto extra = renamed({{d, std::string("X\1\0\0\0E", 6)}});
  BOOST_TEST(extra.networks.size() == 2u);
  BOOST_TEST(extra.discriminator_args.is_null());
  BOOST_TEST(extra.warnings.size() == 1u);
  const auto both = renamed({{g, std::string("X\1\0\0\0H", 6)}});
  BOOST_TEST(both.networks.count("G_ema"));
  BOOST_TEST(!both.networks.count("G"));
}

// Every kind of file cut off, and with changed bytes: an Error of one line or the same kind of
// model.
BOOST_AUTO_TEST_CASE(damaged_files) {
  for (const std::string name : {"network-snapshot-stylegan2.pkl", "legacy-tf.pkl", "rosinality.pt",
                                 "legacy-tf-stylegan1.pkl", "legacy-tf-progan.pkl"}) {
    const std::string whole = pickle::golden(name);
    for (int part = 0; part < 20; ++part)
      check_refused(
          [&] { import_network(whole.substr(0, whole.size() * size_t(part) / 20), name); }, name);
    uint64_t random = 88172645463325252u;
    for (int i = 0; i < 60; ++i) {
      std::string damaged = whole;
      for (int k = 0; k < 3; ++k) {
        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        // Most of a file is weights; half of the changes go where the structure begins.
        const size_t range = k % 2 ? damaged.size() : 4000;
        damaged[random % range] ^= char(1 << (random >> 40) % 8);
      }
      const std::string message = pickle::message_of([&] { import_network(damaged, name); });
      BOOST_TEST(message.find('\n') == std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sgan::io
