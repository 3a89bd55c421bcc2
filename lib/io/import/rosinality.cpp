// The layout of the popular PyTorch re-implementation of StyleGAN2: a fixed architecture (skip
// generator, residual discriminator, filter 1-3-3-1, no clamp) under names of its own.
#include <charconv>

#include "lib/io/import/readers.hpp"
#include "lib/io/import/settings.hpp"

namespace sgan::io {
namespace {

bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// A number in front of the next dot, which is taken too; -1 when there is none or it is large.
int take_index(std::string_view& text) {
  int value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || value < 0 || value > 100) return -1;
  text.remove_prefix(size_t(end - text.data()));
  if (!text.empty() && !take(text, ".")) return -1;
  return value;
}

rt::Tensor with_shape(const rt::Tensor& t, size_t drop, const std::string& name) {
  const auto& dims = t.shape().dims();
  check(dims.size() > drop && dims[0] == 1, "the tensor ", name, " has the shape ", t.shape());
  return t.reshape(rt::Shape(std::vector<int64_t>(dims.begin() + ptrdiff_t(drop), dims.end())));
}

// The variables of a modulated layer.
void convert_layer(std::string_view rest, const rt::Tensor& t, const std::string& to,
                   const std::string& name, TensorMap& out) {
  if (rest == "conv.weight")
    out[to + "weight"] = with_shape(t, 1, name);
  else if (rest == "conv.modulation.weight")
    out[to + "affine.weight"] = t;
  else if (rest == "conv.modulation.bias")
    out[to + "affine.bias"] = t;
  else if (rest == "noise.weight")
    out[to + "noise_strength"] = t.reshape({});
  else if (rest == "activate.bias")
    out[to + "bias"] = t;
  else if (rest == "bias")
    out[to + "bias"] = t.reshape({t.numel()});
}

// The filter is part of the code; its taps can be read from the first buffer that holds it.
std::vector<double> taps_of(const TensorMap& tensors) {
  for (const auto& [name, t] : tensors) {
    if (!name.ends_with(".kernel") || t.rank() != 2 || t.size(0) != t.size(1) || t.size(0) > 8)
      continue;
    std::vector<double> taps(size_t(t.size(0)), 0);
    const auto values = t.to_doubles();
    for (size_t i = 0; i < values.size(); ++i) taps[i / taps.size()] += values[i];
    if (taps[0] == 0) continue;
    for (size_t i = taps.size(); i-- > 0;) taps[i] /= taps[0];
    return taps;
  }
  return {1, 3, 3, 1};
}

}  // namespace

TensorMap rosinality_generator(const TensorMap& tensors) {
  TensorMap out;
  for (const auto& [name, t] : tensors) {
    std::string_view rest = name;
    if (take(rest, "style.")) {
      const int i = take_index(rest);  // 0 is the normalisation
      if (i >= 1) out[cat("mapping.fc", i - 1, ".", rest)] = t;
    } else if (rest == "input.input") {
      out["synthesis.b4.const"] = with_shape(t, 1, name);
    } else if (take(rest, "conv1.")) {
      convert_layer(rest, t, "synthesis.b4.conv1.", name, out);
    } else if (take(rest, "to_rgb1.")) {
      convert_layer(rest, t, "synthesis.b4.torgb.", name, out);
    } else if (take(rest, "convs.")) {
      const int i = take_index(rest);
      if (i < 0 || i > 40) continue;
      const std::string block =
          cat("synthesis.b", 8 << (i / 2), i % 2 == 0 ? ".conv0." : ".conv1.");
      convert_layer(rest, t, block, name, out);
    } else if (take(rest, "to_rgbs.")) {
      const int i = take_index(rest);
      if (i >= 0 && i <= 20)
        convert_layer(rest, t, cat("synthesis.b", 8 << i, ".torgb."), name, out);
    } else if (take(rest, "noises.noise_")) {
      const int i = take_index(rest);
      if (i < 0 || i > 40) continue;
      const char* layer = i % 2 == 0 ? ".conv1." : ".conv0.";
      out[cat("synthesis.b", 1 << ((i + 5) / 2), layer, "noise_const")] = with_shape(t, 2, name);
    }
  }
  add_generator_filters(out, taps_of(tensors));
  return out;
}

TensorMap rosinality_discriminator(const TensorMap& tensors) {
  int blocks = 0;  // convs.0 is fromrgb
  while (tensors.count(cat("convs.", blocks + 1, ".conv1.0.weight"))) ++blocks;
  check(blocks >= 1 && blocks <= 20, "the discriminator has no residual blocks");
  TensorMap out;
  for (const auto& [name, t] : tensors) {
    std::string_view rest = name;
    if (take(rest, "convs.")) {
      const int j = take_index(rest);
      if (j < 0 || j > blocks) continue;
      const std::string block = cat("b", 4 << (j == 0 ? blocks : blocks + 1 - j), ".");
      if (j == 0 && rest == "0.weight") out[block + "fromrgb.weight"] = t;
      if (j == 0 && rest == "1.bias") out[block + "fromrgb.bias"] = t;
      if (j > 0 && rest == "conv1.0.weight") out[block + "conv0.weight"] = t;
      if (j > 0 && rest == "conv1.1.bias") out[block + "conv0.bias"] = t;
      if (j > 0 && rest == "conv2.1.weight") out[block + "conv1.weight"] = t;
      if (j > 0 && rest == "conv2.2.bias") out[block + "conv1.bias"] = t;
      if (j > 0 && rest == "skip.1.weight") out[block + "skip.weight"] = t;
    } else if (rest == "final_conv.0.weight") {
      out["b4.conv.weight"] = t;
    } else if (rest == "final_conv.1.bias") {
      out["b4.conv.bias"] = t;
    } else if (take(rest, "final_linear.")) {
      const int i = take_index(rest);
      if (i == 0 || i == 1) out[cat(i == 0 ? "b4.fc." : "b4.out.", rest)] = t;
    }
  }
  add_discriminator_filters(out, taps_of(tensors));
  return out;
}

}  // namespace sgan::io
