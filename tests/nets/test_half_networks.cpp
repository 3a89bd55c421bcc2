// Whole networks with 16-bit layers against the same networks in float32: pictures, scores, and the
// gradients that training takes of them.
#include "lib/io/safetensors.hpp"
#include "lib/nets/half.hpp"
#include "lib/nets/plan.hpp"
#include "lib/ops/arithmetic.hpp"
#include "lib/ops/bias_act.hpp"
#include "lib/ops/reduce.hpp"
#include "tests/gpu.hpp"
#include "tests/nets/preset_test.hpp"

using namespace sgan;
using namespace sgan::nets;
using namespace sgan::nets::presets_test;
using ag::Var;
using rt::DType;
using rt::Tensor;

namespace {

// What rounding may do: the largest difference of pictures in units of the largest value, the norm
// of the difference over the norm, the cosine of all gradients as one vector, and that of one
// tensor's (a bias of 8 numbers, sums that nearly cancel). A layer rounds three or four times by
// half a unit, 2^-9 for bfloat16, and some twenty layers add up as a random walk: about 2^-9 *
// sqrt(70) = 1.6 % typically, and a few times of it in networks as narrow as these. float16 has
// three bits more.
struct Bounds {
  DType type;
  double largest, norm, cosine, single;
};
constexpr Bounds bounds[] = {{DType::f16, 0.01, 0.0075, 0.998, 0.97},
                             {DType::bf16, 0.08, 0.06, 0.99, 0.9}};

const char* const generators[] = {"stylegan2-e", "stylegan2-gorig-dorig", "stylegan2-gresnet-dorig",
                                  "stylegan2-d", "stylegan3-b",           "stylegan3-d",
                                  "stylegan3-e", "stylegan3-g",           "stylegan3-t",
                                  "stylegan3-r"};

double dot(const Tensor& a, const Tensor& b) {
  const auto x = finite_values(a), y = finite_values(b);
  BOOST_REQUIRE_EQUAL(x.size(), y.size());
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i) sum += x[i] * y[i];
  return sum;
}

// ||a - b|| / ||b||
double distance(const Tensor& a, const Tensor& b) {
  const double aa = dot(a, a), ab = dot(a, b), bb = dot(b, b);
  return std::sqrt(std::max(aa - 2 * ab + bb, 0.0) / bb);
}

void check_close(const Tensor& got, const Tensor& want, const Bounds& b) {
  BOOST_TEST((got.dtype() == want.dtype()));
  BOOST_TEST(relative_error(got, want) <= b.largest);
  BOOST_TEST(distance(got, want) <= b.norm);
  BOOST_TEST(distance(got, want) > 1e-7);  // 16 bits were at work
}

SynthesisOptions options_of(DType type, int resolutions = -1) {
  SynthesisOptions o;
  o.precision = {type, resolutions};
  return o;
}

Tensor random_pictures(int64_t n, int64_t side, int64_t channels, uint64_t seed) {
  Tensor t({n, side, side, channels}, DType::f32);
  rt::fill_normal(t, seed, 0, 0);
  return t;
}

using Gradients = std::map<std::string, Tensor>;

// Of a number with respect to all of a network's parameters that it depends on.
Gradients gradients(const Var& y, const std::map<std::string, Var>& parameters) {
  std::vector<std::string> names;
  ag::Vars leaves;
  for (const auto& [name, v] : parameters) {
    if (is_buffer(name) || !v.needs_grad()) continue;
    names.push_back(name);
    leaves.push_back(v);
  }
  const ag::Vars found = ag::grad(y, leaves);
  Gradients result;
  for (size_t i = 0; i < names.size(); ++i) {
    if (found[i].defined()) result[names[i]] = found[i].value();
  }
  return result;
}

// All of them as one vector, and each that matters alone.
void check_direction(const Gradients& got, const Gradients& want, const Bounds& bound) {
  BOOST_REQUIRE_EQUAL(got.size(), want.size());
  double ab = 0, aa = 0, bb = 0;
  for (const auto& [name, b] : want) bb += dot(b, b);
  for (const auto& [name, b] : want) {
    const Tensor& a = got.at(name);
    BOOST_TEST((a.dtype() == DType::f32));
    const double x = dot(a, b), xx = dot(a, a), yy = dot(b, b);
    ab += x;
    aa += xx;
    if (yy > 1e-4 * bb) {
      BOOST_TEST_CONTEXT(name) { BOOST_TEST(x / std::sqrt(xx * yy) > bound.single); }
    }
  }
  BOOST_TEST(ab / std::sqrt(aa * bb) > bound.cosine);
  BOOST_TEST(std::abs(std::sqrt(aa / bb) - 1) < 0.05);
}

Var softplus_mean(const Var& v) {
  return ops::scale(ops::sum_all(ops::bias_act(v, {}, {.act = ops::Act::softplus})),
                    1.0 / double(v.size(0)));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(half_networks)

BOOST_AUTO_TEST_CASE(layers_of_the_highest_resolutions) {
  const auto first = [](Precision p, int stated, int resolution) {
    const LayerTypes types(p, stated, resolution, DType::f32);
    int rate = 4;
    while (rate <= resolution && types.at(rate) == DType::f32) rate *= 2;
    return rate;
  };
  BOOST_TEST(first({DType::f16}, 0, 1024) == 128);   // 4 of them
  BOOST_TEST(first({DType::bf16}, 2, 1024) == 512);  // as the model says
  BOOST_TEST(first({DType::f16, 1}, 2, 1024) == 1024);
  BOOST_TEST(first({DType::f16, 9}, 0, 64) == 8);  // never at 4x4
  BOOST_TEST(first({DType::f16, 0}, 4, 64) == 128);
  BOOST_TEST(first({}, 4, 64) == 128);
  BOOST_CHECK_THROW(LayerTypes({DType::i32}, 0, 64, DType::f32), Error);
}

BOOST_AUTO_TEST_CASE(pictures_are_close_to_float32) {
  const ag::NoGrad quiet;
  for (const char* name : generators) {
    const Preset p = preset(name, tiny());
    const auto net = generator_of(p);
    const Var ws = net->map(latents(*net, 2), {}, 1, -1);
    const Tensor want = net->synthesize(ws, {}).value();
    for (const Bounds& b : bounds) {
      BOOST_TEST_CONTEXT(name << " " << rt::name_of(b.type)) {
        BOOST_TEST(net->info().has_half);
        check_close(net->synthesize(ws, options_of(b.type)).value(), want, b);
        check_close(net->synthesize(ws, options_of(b.type, 1)).value(), want, b);
        BOOST_TEST(distance(net->synthesize(ws, options_of(b.type, 0)).value(), want) == 0);
        // Once more: the first pass has left its 16-bit weights behind.
        const Tensor again = net->synthesize(ws, options_of(b.type)).value();
        BOOST_TEST(distance(again, net->synthesize(ws, options_of(b.type)).value()) == 0);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(golden_networks_are_close_in_16_bits) {
  const ag::NoGrad quiet;
  for (const char* name :
       {"stylegan2_g", "stylegan2_g_orig", "stylegan2_g_resnet", "stylegan3_t", "stylegan3_r"}) {
    const io::SafetensorsFile file(cat(SGAN_GOLDEN "/", name, ".safetensors"));
    const auto tensors = file.read_all();
    std::string args;
    for (const auto& [key, value] : file.metadata()) {
      if (key == "args") args = value;
    }
    TensorMap weights;
    for (const auto& [key, t] : tensors) {
      if (key.starts_with("param.")) weights[key.substr(6)] = t;
    }
    const bool third = std::string_view(name).starts_with("stylegan3");
    const auto net = make_generator(third ? Family::stylegan3 : Family::stylegan2,
                                    nlohmann::json::parse(args), weights);
    const Var c = tensors.count("in.c") ? Var(tensors.at("in.c")) : Var();
    const Var ws = net->map(tensors.at("in.z"), c, 1, -1);
    const Tensor want =
        to_channels_last(tensors.at(third ? "out.img" : "out.img_const")).to(DType::f32);
    for (const Bounds& b : bounds) {
      BOOST_TEST_CONTEXT(name << " " << rt::name_of(b.type)) {
        check_close(net->synthesize(ws, options_of(b.type)).value(), want, b);
      }
    }
  }
}

// Demodulation takes the size of weights and styles away; float16 must not see it in between.
BOOST_AUTO_TEST_CASE(large_weights_and_styles_do_not_overflow) {
  const ag::NoGrad quiet;
  for (const char* name : {"stylegan2-e", "stylegan3-t"}) {
    const Preset p = preset(name, tiny());
    TensorMap weights = weights_of(p);
    for (auto& [key, t] : weights) {
      const bool styles = key.find(".affine.") != std::string::npos;
      if (key.find("torgb") != std::string::npos || key.find("input.") != std::string::npos ||
          !key.starts_with("synthesis.") || !(styles || key.ends_with(".weight")) ||
          (name == std::string("stylegan3-t") && t.size(0) == 3))  // its toRGB
        continue;
      t = ops::scale(t, 3000).value();
    }
    const auto net = make_generator(p.family, p.generator, weights);
    const Var ws = net->map(latents(*net, 2), {}, 1, -1);
    const Tensor want = net->synthesize(ws, {}).value();
    for (const Bounds& b : bounds) {
      BOOST_TEST_CONTEXT(name << " " << rt::name_of(b.type)) {
        check_close(net->synthesize(ws, options_of(b.type)).value(), want, b);
      }
    }
  }
}

// A model without conv_clamp gets the limit that float16 needs.
BOOST_AUTO_TEST_CASE(activations_stay_in_range_without_a_clamp_of_the_model) {
  const ag::NoGrad quiet;
  Preset p = preset("stylegan2-e", tiny());
  p.generator["conv_clamp"] = nullptr;
  TensorMap weights = weights_of(p);
  for (auto& [key, t] : weights) {
    if (key.ends_with("b16.conv0.bias")) t = Tensor::full(t.shape(), 60000);
  }
  const auto net = make_generator(p.family, p.generator, weights);
  const Var ws = net->map(latents(*net, 1), {}, 1, -1);
  SynthesisOptions o = options_of(DType::f16);
  double largest = 0;
  o.probe = [&](const std::string&, const Var& v) {
    for (double x : finite_values(v.value())) largest = std::max(largest, std::abs(x));
  };
  net->synthesize(ws, o);
  BOOST_TEST(largest < 1024);
}

BOOST_AUTO_TEST_CASE(gradients_of_generators_keep_their_direction) {
  for (const char* name : generators) {
    const Preset p = preset(name, tiny());
    const auto net = generator_of(p, DType::f32, true);
    const Var ws = net->map(latents(*net, 2), {}, 1, -1).detach();
    const Tensor dy = random_pictures(2, 32, 3, 8);
    const auto of = [&](DType type) {
      SynthesisOptions o = options_of(type);
      // Running means stay as they are, but see what training would see.
      o.update_magnitude = [&](const std::string&, const Var& ema, const Var& x) {
        BOOST_TEST((x.dtype() == DType::f32));
        return ema;
      };
      // Per picture and pixel as small as a training loss has them.
      const Var y = net->synthesize(ws, o);
      return gradients(ops::scale(ops::sum_all(ops::multiply(y, Var(dy))), 1e-3),
                       net->parameters());
    };
    const Gradients want = of(DType::f32);
    BOOST_TEST(want.size() > 10u);
    for (const Bounds& b : bounds) {
      BOOST_TEST_CONTEXT(name << " " << rt::name_of(b.type)) {
        check_direction(of(b.type), want, b);
      }
    }
  }
}

// Path length regularisation differentiates a gradient.
BOOST_AUTO_TEST_CASE(second_gradients_of_a_generator_keep_their_direction) {
  const Preset p = preset("stylegan2-e", tiny());
  const auto net = generator_of(p, DType::f32, true);
  const Tensor w = net->map(latents(*net, 2), {}, 1, -1).value();
  const Tensor dy = random_pictures(2, 32, 3, 8);
  const auto of = [&](DType type) {
    const Var ws = Var::leaf(w);
    const Var y = ops::scale(
        ops::sum_all(ops::multiply(net->synthesize(ws, options_of(type)), Var(dy))), 1.0 / 32);
    const Var path = ag::grad(y, std::span(&ws, 1), {}, true)[0];
    BOOST_TEST((path.dtype() == DType::f32));
    return gradients(ops::sum_all(ops::square(path)), net->parameters());
  };
  const Gradients want = of(DType::f32);
  for (const Bounds& b : bounds) {
    BOOST_TEST_CONTEXT(rt::name_of(b.type)) { check_direction(of(b.type), want, b); }
  }
}

BOOST_AUTO_TEST_CASE(discriminators_and_their_gradients) {
  for (const char* name : {"stylegan2-e", "stylegan2-gskip-dskip", "stylegan2-gskip-dorig"}) {
    for (const int classes : {0, 3}) {
      PresetSize size = tiny();
      size.c_dim = classes;
      const Preset p = preset(name, size);
      const auto net = make_discriminator(
          p.discriminator_family, p.discriminator,
          random_discriminator_weights(p.discriminator_family, p.discriminator, 5), rt::cpu,
          DType::f32, true);
      const Tensor pictures = random_pictures(4, 32, 3, 9);
      Var labels;
      if (classes) {
        labels = Tensor::from(std::vector<float>{1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0}, {4, 3});
      }
      struct Result {
        Tensor scores;
        Gradients loss, r1;
      };
      const auto of = [&](DType type) {
        DiscriminatorOptions o;
        o.precision.type = type;
        const Var x = Var::leaf(pictures);
        const Var scores = net->score(x, labels, o);
        const Var dx = ag::grad(ops::sum_all(scores), std::span(&x, 1), {}, true)[0];
        BOOST_TEST((dx.dtype() == DType::f32));
        return Result{scores.value(), gradients(softplus_mean(scores), net->parameters()),
                      gradients(ops::sum_all(ops::square(dx)), net->parameters())};
      };
      const Result want = of(DType::f32);
      for (const Bounds& b : bounds) {
        BOOST_TEST_CONTEXT(name << ", " << classes << " classes, " << rt::name_of(b.type)) {
          const Result got = of(b.type);
          check_close(got.scores, want.scores, b);
          check_direction(got.loss, want.loss, b);
          check_direction(got.r1, want.r1, b);
        }
      }
    }
  }
}

// On the meta device a pass runs without a single number: nothing in it can depend on one that the
// host would have to wait for. And it takes less memory (on the CPU not with filtered
// nonlinearities, which are fused in float32 alone there).
BOOST_AUTO_TEST_CASE(plans_of_16_bit_passes) {
  for (const char* name : {"stylegan2-f", "stylegan3-t", "stylegan3-r"}) {
    const Preset p = preset(name, {.resolution = 256});
    const auto of = [&](DType type) {
      const MemoryPlan plan = plan_synthesis(p.family, p.generator, 4, options_of(type));
      return double(plan.peak - 2 * plan.weights);
    };
    const double half = of(DType::f16), whole = of(DType::f32);
    BOOST_TEST_CONTEXT(name) { BOOST_TEST((p.family != Family::stylegan2 || half < 0.8 * whole)); }
  }
}

BOOST_AUTO_TEST_CASE(pictures_and_gradients_on_a_gpu, *needs_gpu()) {
  for (const char* name : generators) {
    const Preset p = preset(name, tiny());
    const auto of = [&](rt::Device device, DType type) {
      const auto net =
          make_generator(p.family, p.generator, weights_of(p), device, DType::f32, true);
      const Var z = latents(*net, 2).value().to(device);
      const Var ws = net->map(z, {}, 1, -1).detach();
      const Var y = net->synthesize(ws, options_of(type));
      const Var dy = random_pictures(2, 32, 3, 8).to(device);
      Gradients all =
          gradients(ops::scale(ops::sum_all(ops::multiply(y, dy)), 1e-3), net->parameters());
      for (auto& [key, t] : all) t = t.to(rt::cpu);
      return std::pair(y.value().to(rt::cpu), all);
    };
    const auto want = of(rt::cpu, DType::f32);
    for (const Bounds& b : bounds) {
      BOOST_TEST_CONTEXT(name << " " << rt::name_of(b.type)) {
        const auto got = of(gpu, b.type);
        check_close(got.first, want.first, b);
        check_direction(got.second, want.second, b);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
