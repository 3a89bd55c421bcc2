// The tensors of both networks by their official TensorFlow names.
#include "lib/nets/progressive/settings.hpp"

namespace sgan::nets::progressive {
namespace {

// A weight and its bias, convolution or dense.
void add(ShapeMap& shapes, const std::string& scope, const rt::Shape& weight) {
  shapes[scope + "/weight"] = weight;
  shapes[scope + "/bias"] = {weight[0]};
}

}  // namespace

std::string scope(int log2) {
  const std::string side = std::to_string(1 << log2);
  return side + "x" + side + "/";
}

std::string layer_scope(const Settings& s, int layer) {
  const int log2 = layer / 2 + 2;
  const std::string block = s.prefix + scope(log2);
  if (layer == 0) return block + (s.const_input ? "Const" : "Dense");
  if (layer == 1) return block + "Conv";
  if (layer % 2) return block + "Conv1";
  const bool separate = s.family == Family::progan && !s.fused(1 << log2);
  return block + (separate ? "Conv0" : "Conv0_up");
}

std::string down_scope(const Settings& s, int log2) {
  const bool separate = s.family == Family::progan && !s.fused(1 << log2);
  return scope(log2) + (separate ? "Conv1" : "Conv1_down");
}

ShapeMap generator_shapes(const Settings& s) {
  ShapeMap shapes;
  shapes["lod"] = {};
  if (s.family == Family::stylegan1) {
    shapes["dlatent_avg"] = {s.w_dim};
    if (s.c_dim) shapes["mapping/LabelConcat/weight"] = {s.c_dim, s.z_dim};
    int in = s.z_dim * (s.c_dim ? 2 : 1);
    for (int i = 0; i < s.mapping_layers; ++i) {
      const int out = i + 1 == s.mapping_layers ? s.w_dim : s.mapping_fmaps;
      add(shapes, "mapping/Dense" + std::to_string(i), {out, in});
      in = out;
    }
  }
  for (int layer = 0; layer < s.num_layers(); ++layer) {
    const int log2 = layer / 2 + 2, side = 1 << log2;
    const int64_t out = s.features(log2), in = layer % 2 ? out : s.features(log2 - 1);
    const std::string name = layer_scope(s, layer);
    if (layer > 0) {
      add(shapes, name, {out, in, 3, 3});
    } else if (s.const_input) {
      shapes[name + "/const"] = {1, out, 4, 4};
      shapes[name + "/bias"] = {out};
    } else {
      shapes[name + "/weight"] = {out * 16, s.w_dim};
      shapes[name + "/bias"] = {out};  // per channel, not per pixel
    }
    if (s.noise) {
      shapes[name + "/Noise/weight"] = {out};
      shapes[s.prefix + "noise" + std::to_string(layer)] = {1, 1, side, side};
    }
    if (s.styles) add(shapes, name + "/StyleMod", {2 * out, s.w_dim});
  }
  for (int log2 = 2; log2 <= s.log2_resolution(); ++log2) {
    add(shapes, s.prefix + "ToRGB_lod" + std::to_string(s.log2_resolution() - log2),
        {s.channels, s.features(log2), 1, 1});
  }
  return shapes;
}

ShapeMap discriminator_shapes(const Settings& s) {
  ShapeMap shapes;
  shapes["lod"] = {};
  for (int log2 = 2; log2 <= s.log2_resolution(); ++log2) {
    const int64_t here = s.features(log2), coarser = s.features(log2 - 1);
    add(shapes, "FromRGB_lod" + std::to_string(s.log2_resolution() - log2),
        {here, s.channels, 1, 1});
    if (log2 > 2) {
      add(shapes, scope(log2) + "Conv0", {here, here, 3, 3});
      add(shapes, down_scope(s, log2), {coarser, here, 3, 3});
      continue;
    }
    const int64_t statistics = s.mbstd_group > 1 ? s.mbstd_features : 0;
    add(shapes, "4x4/Conv", {here, here + statistics, 3, 3});
    add(shapes, "4x4/Dense0", {coarser, here * 16});
    const int64_t outputs =
        s.family == Family::progan ? 1 + s.c_dim : std::max<int64_t>(s.c_dim, 1);
    add(shapes, "4x4/Dense1", {outputs, coarser});
  }
  return shapes;
}

}  // namespace sgan::nets::progressive
