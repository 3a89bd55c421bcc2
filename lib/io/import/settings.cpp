#include "lib/io/import/settings.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace sgan::io {
namespace {

using nlohmann::json;

// The resolutions N for which there is a tensor "bN<suffix>", ascending.
std::vector<int> resolutions(const TensorMap& tensors, const std::string& prefix,
                             const std::string& suffix) {
  std::vector<int> result;
  for (int r = 4; r <= 65536; r *= 2)
    if (tensors.count(cat(prefix, "b", r, suffix))) result.push_back(r);
  return result;
}

int count_layers(const TensorMap& tensors, const std::string& prefix) {
  int count = 0;
  while (tensors.count(cat(prefix, count, ".weight"))) ++count;
  return count;
}

json features(int64_t found, int64_t usual) { return found == usual ? json(nullptr) : json(found); }

// Taps of the filter buffer: row sums of its two-dimensional form, scaled so that the first is 1.
json filter_taps(const TensorMap& tensors, const std::string& name) {
  const auto found = tensors.find(name);
  if (found == tensors.end()) return {1, 3, 3, 1};
  const auto& shape = found->second.shape();
  const auto values = found->second.to_doubles();
  if (shape.rank() == 0 || shape.rank() > 2 || values.empty()) return {1, 3, 3, 1};
  std::vector<double> taps(size_t(shape[0]), 0);
  const size_t width = values.size() / taps.size();
  for (size_t i = 0; i < values.size(); ++i) taps[i / width] += values[i];
  const double unit = taps[0];
  json result = json::array();
  for (const double tap : taps) {
    const double scaled = unit == 0 ? tap : tap / unit;
    const double whole = std::round(scaled);
    check(std::isfinite(scaled), "the filter ", name, " is not finite");
    if (std::abs(scaled - whole) < 1e-5 && std::abs(whole) < 1e6)
      result.push_back(int64_t(whole));
    else
      result.push_back(scaled);
  }
  return result;
}

json mapping_args(const TensorMap& tensors, int layers, double multiplier, int64_t usual_embed,
                  int64_t usual_layer) {
  json args = {{"num_layers", layers},
               {"embed_features", nullptr},
               {"layer_features", nullptr},
               {"activation", "lrelu"},
               {"lr_multiplier", multiplier}};
  if (tensors.count("mapping.embed.weight"))
    args["embed_features"] = features(need(tensors, "mapping.embed.weight").size(0), usual_embed);
  if (layers > 1)
    args["layer_features"] = features(need(tensors, "mapping.fc0.weight").size(0), usual_layer);
  return args;
}

// z_dim, c_dim and mapping_kwargs, the same in StyleGAN2 and 3.
void add_mapping(json& args, const TensorMap& tensors, int64_t w_dim) {
  const int layers = count_layers(tensors, "mapping.fc");
  int64_t c_dim = 0, embed = 0;
  if (tensors.count("mapping.embed.weight")) {
    c_dim = need(tensors, "mapping.embed.weight").size(1);
    embed = need(tensors, "mapping.embed.weight").size(0);
  }
  args["z_dim"] = (layers ? need(tensors, "mapping.fc0.weight").size(1) : w_dim) - embed;
  args["c_dim"] = c_dim;
  args["w_dim"] = w_dim;
  args["mapping_kwargs"] = mapping_args(tensors, layers, 0.01, w_dim, w_dim);
  args["mapping_kwargs"]["w_avg_beta"] = 0.998;
}

}  // namespace

const rt::Tensor& need(const TensorMap& tensors, const std::string& name) {
  const auto found = tensors.find(name);
  check(found != tensors.end(), "the network has no tensor ", name);
  const int rank = found->second.rank();
  const bool weight = name.ends_with("weight");
  check(!weight || rank == 2 || rank == 4, "the tensor ", name, " has the shape ",
        found->second.shape());
  return found->second;
}

void fit_channels(json& args, const std::map<int, int64_t>& table) {
  const auto fits = [&](int64_t base, int64_t max) {
    return std::all_of(table.begin(), table.end(), [&](const auto& row) {
      return std::min(base / row.first, max) == row.second;
    });
  };
  const auto given = [&](const char* key, int64_t otherwise) {
    const double value = args.contains(key) && args[key].is_number() ? args[key].get<double>() : 0;
    return value >= 1 && value < 1e12 ? int64_t(value) : otherwise;
  };
  if (fits(given("channel_base", 32768), given("channel_max", 512))) {
    args["channel_base"] = given("channel_base", 32768);
    args["channel_max"] = given("channel_max", 512);
    return;
  }
  // Every row below the maximum bounds the base from both sides.
  int64_t max = 1, low = 1, high = int64_t{1} << 40;
  for (const auto& [resolution, channels] : table) max = std::max(max, channels);
  for (const auto& [resolution, channels] : table) {
    low = std::max(low, channels * resolution);
    if (channels < max) high = std::min(high, (channels + 1) * resolution - 1);
  }
  if (fits(low, max) && low <= high) {
    args["channel_base"] = low;
    args["channel_max"] = max;
    return;
  }
  args["channel_base"] = low;
  args["channel_max"] = max;
  args["channels"] = json::object();
  for (const auto& [resolution, channels] : table)
    args["channels"][std::to_string(resolution)] = channels;
}

std::map<int, int64_t> generator_channels(const TensorMap& tensors) {
  std::map<int, int64_t> table;
  for (const int r : resolutions(tensors, "synthesis.", ".conv1.weight"))
    table[r] = need(tensors, cat("synthesis.b", r, ".conv1.weight")).size(0);
  return table;
}

std::map<int, int64_t> discriminator_channels(const TensorMap& tensors) {
  std::map<int, int64_t> table;
  for (const int r : resolutions(tensors, "", ".conv0.weight"))
    table[r] = need(tensors, cat("b", r, ".conv0.weight")).size(0);
  table[4] = need(tensors, "b4.conv.weight").size(0);
  return table;
}

json stylegan2_generator_args(const TensorMap& tensors) {
  const auto table = generator_channels(tensors);
  check(!table.empty() && table.begin()->first == 4,
        "the network has no synthesis.b4.conv1.weight");
  const int last = table.rbegin()->first;
  const std::string top = cat("synthesis.b", last, ".");
  json args;
  add_mapping(args, tensors, need(tensors, "synthesis.b4.conv1.affine.weight").size(1));
  args["img_resolution"] = last;
  args["img_channels"] = need(tensors, top + "torgb.weight").size(0);
  fit_channels(args, table);
  const bool skips = resolutions(tensors, "synthesis.", ".torgb.weight").size() == table.size();
  const bool residual = !resolutions(tensors, "synthesis.", ".skip.weight").empty();
  args["architecture"] = residual ? "resnet" : skips && table.size() > 1 ? "skip" : "orig";
  args["num_fp16_res"] = 0;
  args["conv_clamp"] = nullptr;
  args["resample_filter"] = filter_taps(tensors, top + "resample_filter");
  args["use_noise"] = tensors.count("synthesis.b4.conv1.noise_strength") > 0;
  args["activation"] = "lrelu";
  return args;
}

json stylegan2_discriminator_args(const TensorMap& tensors) {
  const auto table = discriminator_channels(tensors);
  const int last = table.rbegin()->first;
  const std::string top = cat("b", last, ".");
  const int64_t map_dim = need(tensors, "b4.out.weight").size(0);
  json args;
  args["c_dim"] = 0;
  args["cmap_dim"] = nullptr;
  if (tensors.count("mapping.embed.weight")) {
    args["c_dim"] = need(tensors, "mapping.embed.weight").size(1);
    args["cmap_dim"] = features(map_dim, table.at(4));
  }
  args["img_resolution"] = last;
  args["img_channels"] = need(tensors, top + "fromrgb.weight").size(1);
  fit_channels(args, table);
  const bool residual = !resolutions(tensors, "", ".skip.weight").empty();
  const bool skips = tensors.count("b4.fromrgb.weight") > 0;
  args["architecture"] = residual ? "resnet" : skips ? "skip" : "orig";
  args["num_fp16_res"] = 0;
  args["conv_clamp"] = nullptr;
  args["block_kwargs"] = {{"activation", "lrelu"},
                          {"resample_filter", filter_taps(tensors, top + "resample_filter")},
                          {"freeze_layers", 0}};
  args["mapping_kwargs"] =
      mapping_args(tensors, count_layers(tensors, "mapping.fc"), 0.01, map_dim, map_dim);
  args["epilogue_kwargs"] = {
      {"mbstd_group_size", 4},
      {"mbstd_num_channels", need(tensors, "b4.conv.weight").size(1) - table.at(4)},
      {"activation", "lrelu"}};
  return args;
}

json stylegan3_generator_args(const TensorMap& tensors) {
  struct Layer {
    int size = 0;
    int64_t channels = 0;
  };
  std::map<int, Layer> layers;
  std::string first;
  for (const auto& [name, tensor] : tensors) {
    unsigned index = 0, size = 0, channels = 0;
    int end = 0;
    if (std::sscanf(name.c_str(), "synthesis.L%3u_%5u_%6u.weight%n", &index, &size, &channels,
                    &end) != 3 ||
        size_t(end) != name.size())
      continue;
    check(index < 1000 && size > 0 && size < 100000 && channels > 0 && channels < 1000000,
          "the layer ", name, " cannot be");  // %u takes negative numbers too
    layers[int(index)] = {int(size), channels};
    if (index == 0) first = name.substr(0, name.size() - 6);
  }
  check(layers.size() > 1 && layers.rbegin()->first == int(layers.size()) - 1,
        "the synthesis network has no complete list of layers L0, L1, ...");
  json args;
  add_mapping(args, tensors, need(tensors, "synthesis.input.affine.weight").size(1));
  const int num_layers = int(layers.size()) - 1;
  args["img_resolution"] = layers.at(num_layers).size;
  args["img_channels"] = layers.at(num_layers).channels;
  args["channel_base"] = 32768;
  args["channel_max"] = 512;
  args["num_layers"] = num_layers;
  args["num_critical"] = 2;
  args["first_cutoff"] = 2;
  args["first_stopband"] = std::pow(2, 2.1);
  args["last_stopband_rel"] = std::pow(2, 0.3);
  args["margin_size"] = 10;
  args["output_scale"] = 0.25;
  args["num_fp16_res"] = 0;
  args["conv_kernel"] = need(tensors, first + "weight").size(2);
  args["filter_size"] = 6;
  args["lrelu_upsampling"] = 2;
  const auto down = tensors.find(first + "down_filter");
  args["use_radial_filters"] = down != tensors.end() && down->second.rank() == 2;
  const auto up = tensors.find(first + "up_filter");
  if (up != tensors.end() && up->second.rank() == 1 && up->second.numel() % 2 == 0)
    args["filter_size"] = up->second.numel() / 2;  // the first layer only upsamples for its ReLU
  args["conv_clamp"] = nullptr;
  args["magnitude_ema_beta"] = 0.999;

  // The published rule of channels by cutoff frequency tells the two channel settings.
  const double last_cutoff = layers.at(num_layers).size / 2.0;
  const auto channels = [&](int i, double base, double max) {
    const double exponent = std::min(double(i) / std::max(num_layers - 2, 1), 1.0);
    const double cutoff = 2 * std::pow(last_cutoff / 2, exponent);
    return int64_t(std::nearbyint(std::min(base / 2 / cutoff, max)));
  };
  int64_t max = 0;
  for (int i = 0; i < num_layers; ++i) max = std::max(max, layers.at(i).channels);
  for (int64_t base = 16; base <= int64_t{1} << 20; base *= 2) {
    bool fits = true;
    for (int i = 0; i < num_layers && fits; ++i)
      fits = channels(i, double(base), double(max)) == layers.at(i).channels;
    if (!fits) continue;
    args["channel_base"] = base;
    args["channel_max"] = max;
    break;
  }
  return args;
}

rt::Tensor resample_filter(const std::vector<double>& taps) {
  const auto n = int64_t(taps.size());
  check(n >= 1 && n <= 1024, "a resampling filter with ", n, " taps");
  double sum = 0;
  for (const double tap : taps) sum += tap;
  check(std::isfinite(sum) && sum != 0, "a resampling filter whose taps do not sum up to anything");
  std::vector<float> values;
  if (n >= 8) {
    for (const double tap : taps) values.push_back(float(float(tap) / float(sum)));
    return rt::Tensor::from(values, {n});
  }
  for (const double a : taps)
    for (const double b : taps) values.push_back(float(a) * float(b) / float(sum * sum));
  return rt::Tensor::from(values, {n, n});
}

void add_generator_filters(TensorMap& tensors, const std::vector<double>& taps) {
  const rt::Tensor filter = resample_filter(taps), plain = resample_filter({1, 3, 3, 1});
  for (const int r : resolutions(tensors, "synthesis.", ".conv1.weight")) {
    const std::string block = cat("synthesis.b", r, ".");
    tensors[block + "resample_filter"] = filter;
    tensors[block + "conv1.resample_filter"] = plain;  // it does not resample: the default
    if (r > 4) tensors[block + "conv0.resample_filter"] = filter;
    if (tensors.count(block + "skip.weight")) tensors[block + "skip.resample_filter"] = filter;
  }
}

void add_discriminator_filters(TensorMap& tensors, const std::vector<double>& taps) {
  const rt::Tensor filter = resample_filter(taps), plain = resample_filter({1, 3, 3, 1});
  for (const int r : resolutions(tensors, "", ".conv0.weight")) {
    const std::string block = cat("b", r, ".");
    tensors[block + "resample_filter"] = filter;
    tensors[block + "conv0.resample_filter"] = plain;
    tensors[block + "conv1.resample_filter"] = filter;
    if (tensors.count(block + "fromrgb.weight")) tensors[block + "fromrgb.resample_filter"] = plain;
    if (tensors.count(block + "skip.weight")) tensors[block + "skip.resample_filter"] = filter;
  }
  tensors["b4.conv.resample_filter"] = plain;
  if (tensors.count("b4.fromrgb.weight")) tensors["b4.fromrgb.resample_filter"] = plain;
}

}  // namespace sgan::io
