#include "lib/nets/inception.hpp"

#include <cmath>

#include "lib/nets/vgg16.hpp"
#include "lib/ops/conv_act.hpp"
#include "lib/ops/layout.hpp"
#include "lib/ops/pool.hpp"
#include "lib/ops/reduce.hpp"
#include "lib/ops/resize.hpp"

namespace sgan::nets {
namespace {

using ag::Var;
using inception::Block;
using inception::Branch;

constexpr ops::ActOptions relu{ops::Act::relu, 0, 1, -1};

Var pooled(const Var& x, inception::Pool pool) {
  switch (pool) {
    case inception::Pool::max:
      return ops::max_pool(x, {.kernel = 3, .stride = 1, .pad = 1});
    case inception::Pool::max_halving:
      return ops::max_pool(x, {.kernel = 3, .stride = 2});
    default:
      break;
  }
  return x;
}

}  // namespace

std::map<std::string, rt::Shape> inception_shapes() {
  std::map<std::string, rt::Shape> shapes;
  for (const inception::Conv& c : inception::all_convs()) {
    shapes[c.name + ".conv.weight"] = {c.out, c.in, c.kh, c.kw};
    for (const char* what : {"weight", "bias", "running_mean", "running_var"}) {
      shapes[c.name + ".bn." + what] = {c.out};
    }
  }
  shapes["fc.weight"] = {inception::classes, inception::features};
  shapes["fc.bias"] = {inception::classes};
  return shapes;
}

Inception::Inception(const TensorMap& tensors, rt::Device device, rt::DType type)
    : device_(device), type_(type) {
  check_tensors(tensors, inception_shapes(), "Inception");
  for (const inception::Conv& c : inception::all_convs()) {
    convs_[c.name] = folded(tensors, c.name);
  }
  fc_weight_ = tensors.at("fc.weight").to(type).to(device);
  fc_bias_ = tensors.at("fc.bias").to(type).to(device);
}

// In double: y = (conv(x) - mean) * gain + bias, gain = weight / sqrt(var + epsilon).
Inception::Conv Inception::folded(const TensorMap& tensors, const std::string& name) const {
  const auto norm = [&](const char* what) { return tensors.at(name + ".bn." + what).to_doubles(); };
  const auto gain = norm("weight"), bias = norm("bias"), mean = norm("running_mean"),
             variance = norm("running_var");
  const rt::Tensor& official = tensors.at(name + ".conv.weight");
  std::vector<double> weight = official.to_doubles(), offset;
  const size_t each = weight.size() / gain.size();
  for (size_t o = 0; o < gain.size(); ++o) {
    const double room = variance[o] + inception::norm_epsilon;
    check(room > 0, "Inception: tensor '", name, ".bn.running_var' holds ", variance[o]);
    const double factor = gain[o] / std::sqrt(room);
    for (size_t i = 0; i < each; ++i) weight[o * each + i] *= factor;
    offset.push_back(bias[o] - mean[o] * factor);
  }
  const auto upload = [&](const rt::Tensor& t) { return Var(t.to(type_).to(device_)); };
  return {upload(to_channels_last(rt::Tensor::from(weight, official.shape()))),
          upload(rt::Tensor::from(offset, {int64_t(offset.size())}))};
}

Var Inception::convolved(const Var& x, const std::string& name, const inception::Conv& c) const {
  const Conv& conv = convs_.at(name);
  return ops::conv2d_act(x, conv.weight, conv.bias,
                         {c.stride, c.stride, c.pad_y, c.pad_y, c.pad_x, c.pad_x, 1}, relu);
}

// A mean of pixels and a convolution of single pixels may change places: there are fewer channels
// behind it.
Var Inception::averaged(const Var& x, const std::string& name) const {
  const Conv& conv = convs_.at(name);
  const Var y = ops::conv2d_act(x, conv.weight, {}, {}, {});
  return ops::bias_act(ops::average_pool(y, {.kernel = 3, .stride = 1, .pad = 1}), conv.bias, relu);
}

Var Inception::through(const Var& x, const Block& block) const {
  ag::Vars parts;
  for (const Branch& branch : block.branches) {
    if (branch.pool == inception::Pool::average) {
      parts.push_back(averaged(x, full_name(block, branch.convs.at(0))));
      continue;
    }
    Var y = pooled(x, branch.pool);
    for (const auto& conv : branch.convs) y = convolved(y, full_name(block, conv), conv);
    for (const auto& conv : branch.split) {
      parts.push_back(convolved(y, full_name(block, conv), conv));
    }
    if (branch.split.empty()) parts.push_back(y);
  }
  return ops::concat(parts, 3);
}

Var Inception::resized(const Var& images) {
  return ops::resize_bilinear(images, inception::size, inception::size, ops::ResizeGrid::corner);
}

Inception::Result Inception::run(const Var& images, const Probe& probe) const {
  check(images.rank() == 4 && images.size(3) == 3, "Inception: pictures [N, H, W, 3], not ",
        images.shape());
  const auto show = [&](const std::string& name, const Var& value) {
    if (probe) probe(name, value);
  };
  Var y = ops::affine(resized(images), 1.0 / 128, -1);
  for (const inception::Stem& s : inception::stem()) {
    y = convolved(y, s.conv.name, s.conv);
    show(s.conv.name, y);
    if (s.pool.empty()) continue;
    y = ops::max_pool(y, {.kernel = 3, .stride = 2});
    show(s.pool, y);
  }
  for (const Block& block : inception::blocks()) {
    y = through(y, block);
    show(block.name, y);
  }
  Result r;
  r.pool = ops::reshape(ops::mean(y, {1, 2}), {y.size(0), inception::features});
  r.logits_unbiased = ops::matmul(r.pool, fc_weight_, false, true);
  r.logits = ops::add(r.logits_unbiased, fc_bias_);
  return r;
}

}  // namespace sgan::nets
