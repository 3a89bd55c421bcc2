// The discriminator of StyleGAN2 and 3 (1912.04958, section 4; conditioning by projection): orig,
// skip and resnet architectures.
#include <cmath>
#include <nlohmann/json.hpp>

#include "lib/nets/families.hpp"
#include "lib/nets/half.hpp"
#include "lib/nets/mapping.hpp"
#include "lib/nets/settings.hpp"
#include "lib/ops/cast.hpp"
#include "lib/ops/conv2d_resample.hpp"
#include "lib/ops/dense.hpp"
#include "lib/ops/layout.hpp"
#include "lib/ops/reduce.hpp"

namespace sgan::nets {
namespace {

using ag::Var;
using nlohmann::json;

enum class Architecture { orig, skip, resnet };

struct ConvLayer {
  Var weight, bias;
  ops::ActOptions act;  // with the layer's gain and clamp
  int down = 1;
};

struct Block {
  int resolution = 0;
  ConvLayer fromrgb, conv0, conv1, skip;
  bool has_fromrgb = false;
};

class StyleGan2Discriminator : public Discriminator {
 public:
  StyleGan2Discriminator(const json& args, Weights weights) : weights_(std::move(weights)) {
    c_dim_ = setting(args, "c_dim", 0, 0, 1 << 20);
    resolution_ = resolution_setting(args, "img_resolution", 1024);
    channels_ = setting(args, "img_channels", 3, 1, 1024);
    const std::string architecture = setting(args, "architecture", std::string("resnet"));
    if (architecture == "orig")
      architecture_ = Architecture::orig;
    else if (architecture == "skip")
      architecture_ = Architecture::skip;
    else if (architecture == "resnet")
      architecture_ = Architecture::resnet;
    else
      fail("architecture '", architecture, "' is not one of orig, skip, resnet");
    const Widths widths = Widths::from(args);
    const auto width = [&](int res) { return widths.at(res); };
    half_resolutions_ = setting(args, "num_fp16_res", 0, 0, 64);
    const double clamp = clamp_setting(args, "conv_clamp", 256);
    const json block_args = setting(args, "block_kwargs", json::object());
    const json epilogue_args = setting(args, "epilogue_kwargs", json::object());
    const auto act_of = [&](const json& a) {
      return ops::ActOptions::of(ops::parse_act(setting(a, "activation", std::string("lrelu"))));
    };
    const ops::ActOptions act = act_of(block_args), last_act = act_of(epilogue_args);
    filter_ =
        ops::setup_filter(setting(block_args, "resample_filter", std::vector<double>{1, 3, 3, 1}));

    const auto conv = [&](const std::string& name, int in, int out, int k, ops::ActOptions a,
                          double gain, double limit, int down, bool with_bias) {
      ConvLayer l;
      l.weight = weights_.get(name + ".weight", {out, in, k, k});
      if (with_bias) l.bias = weights_.get(name + ".bias", {out});
      l.act = a;
      l.act.gain *= gain;
      l.act.clamp = limit < 0 ? -1 : limit * gain;
      l.down = down;
      return l;
    };
    const double half = std::sqrt(0.5);
    for (int res = resolution_; res > 4; res /= 2) {
      const std::string name = cat("b", res, ".");
      const int in = width(res), out = width(res / 2);
      Block b;
      b.resolution = res;
      b.has_fromrgb = res == resolution_ || architecture_ == Architecture::skip;
      if (b.has_fromrgb)
        b.fromrgb = conv(name + "fromrgb", channels_, in, 1, act, 1, clamp, 1, true);
      b.conv0 = conv(name + "conv0", in, in, 3, act, 1, clamp, 1, true);
      const bool residual = architecture_ == Architecture::resnet;
      b.conv1 = conv(name + "conv1", in, out, 3, act, residual ? half : 1, clamp, 2, true);
      if (residual) b.skip = conv(name + "skip", in, out, 1, {}, half, -1, 2, false);
      blocks_.push_back(b);
    }
    const int last = width(4);
    if (architecture_ == Architecture::skip || resolution_ == 4) {
      last_fromrgb_ = conv("b4.fromrgb", channels_, last, 1, last_act, 1, -1, 1, true);
    }
    // null: the whole batch.
    const auto group = epilogue_args.find("mbstd_group_size");
    const bool whole = group != epilogue_args.end() && group->is_null();
    mbstd_group_ = whole ? 0 : setting(epilogue_args, "mbstd_group_size", 4, 0, 1 << 20);
    mbstd_channels_ = setting(epilogue_args, "mbstd_num_channels", 1, 0, 1 << 16);
    last_conv_ = conv("b4.conv", last + mbstd_channels_, last, 3, last_act, 1, clamp, 1, true);
    fc_act_ = last_act;
    fc_weight_ = weights_.get("b4.fc.weight", {last, last * 16});
    fc_bias_ = weights_.get("b4.fc.bias", {last});
    const int cmap_dim = c_dim_ ? setting(args, "cmap_dim", last, 1, 1 << 16) : 0;
    const int outputs = cmap_dim ? cmap_dim : 1;
    out_weight_ = weights_.get("b4.out.weight", {outputs, last});
    out_bias_ = weights_.get("b4.out.bias", {outputs});
    if (c_dim_) {
      mapping_ = Mapping(MappingSettings::from(setting(args, "mapping_kwargs", json::object()), 0,
                                               c_dim_, cmap_dim, 8, false),
                         weights_);
    }
  }

  Var score(const Var& images, const Var& labels,
            const DiscriminatorOptions& options) const override {
    check(images.rank() == 4 && images.size(1) == resolution_ && images.size(2) == resolution_ &&
              images.size(3) == channels_,
          "pictures of shape ", images.shape(), ", the model wants [N, ", resolution_, ", ",
          resolution_, ", ", channels_, "]");
    const rt::DType own = images.dtype();
    const LayerTypes types(options.precision, half_resolutions_, resolution_, own);
    Var x, image = images;
    for (const Block& b : blocks_) {
      const rt::DType type = types.at(b.resolution);
      if (x.defined()) x = ops::cast(x, type);
      if (b.has_fromrgb) {
        const Var y = run(type, b.fromrgb, image);
        x = x.defined() ? ops::add(x, y) : y;
        if (architecture_ == Architecture::skip) image = ops::downsample2d(image, filter_, 2);
      }
      if (architecture_ == Architecture::resnet) {
        const Var y = run(type, b.skip, x);
        x = ops::add(y, run(type, b.conv1, run(type, b.conv0, x)));
      } else {
        x = run(type, b.conv1, run(type, b.conv0, x));
      }
      if (options.probe) options.probe(cat("b", b.resolution), x);
    }
    if (x.defined()) x = ops::cast(x, own);
    if (last_fromrgb_.weight.defined()) {
      const Var y = run(own, last_fromrgb_, image);
      x = x.defined() ? ops::add(x, y) : y;
    }
    if (mbstd_channels_) x = ops::minibatch_stddev(x, mbstd_group_, mbstd_channels_);
    x = run(own, last_conv_, x);
    // The weight counts channels first.
    const int64_t n = x.size(0);
    x = ops::reshape(ops::permute(x, {0, 3, 1, 2}), {n, -1});
    x = ops::dense(x, fc_weight_, fc_bias_, 1, fc_act_);
    x = ops::dense(x, out_weight_, out_bias_);
    if (!c_dim_) return x;
    const Var cmap = mapping_({}, labels);
    return ops::scale(ops::sum(ops::multiply(x, cmap), {1}), 1 / std::sqrt(double(cmap.size(1))));
  }

  const std::map<std::string, Var>& parameters() const override { return weights_.used(); }

 private:
  Var run(rt::DType type, const ConvLayer& l, const Var& x) const {
    const int64_t k = l.weight.size(1);
    const double gain = 1 / std::sqrt(double(l.weight.size(3) * k * k));
    const Var y = ops::conv2d_resample(ops::cast(x, type), scaled_as(type, l.weight, gain), filter_,
                                       {.down = l.down, .padding = ops::Padding::all(k / 2)});
    if (!l.bias.defined()) return ops::bias_act(y, {}, l.act);
    ops::ActOptions act = l.act;
    act.clamp = layer_clamp(type, act.clamp);
    return ops::bias_act(y, scaled_as(type, l.bias, 1), act);
  }

  Weights weights_;
  Architecture architecture_;
  int c_dim_ = 0, resolution_ = 0, channels_ = 3;
  int half_resolutions_ = 0;
  int mbstd_group_ = 4, mbstd_channels_ = 1;
  ops::Filter filter_;
  std::vector<Block> blocks_;
  ConvLayer last_fromrgb_, last_conv_;
  ops::ActOptions fc_act_;
  Var fc_weight_, fc_bias_, out_weight_, out_bias_;
  Mapping mapping_;
};

}  // namespace

std::unique_ptr<Discriminator> make_stylegan2_discriminator(const json& args, Weights weights) {
  return std::make_unique<StyleGan2Discriminator>(args, std::move(weights));
}

}  // namespace sgan::nets
