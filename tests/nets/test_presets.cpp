// Every preset builds, draws, has gradients, starts with sensible magnitudes, and means the same in
// both precisions and on both ways through the operators.
#include <set>

#include "tests/nets/preset_test.hpp"

using namespace sgan;
using namespace sgan::nets;
using namespace sgan::nets::presets_test;

BOOST_AUTO_TEST_SUITE(presets)

BOOST_AUTO_TEST_CASE(names) {
  const auto names = preset_names();
  const std::set<std::string> all(names.begin(), names.end());
  BOOST_TEST(all.size() == names.size());
  BOOST_TEST(all.size() == 1u + 6 + 6 + 9 + 8 + 2);
  for (char row = 'a'; row <= 'f'; ++row) {
    BOOST_TEST(all.count(std::string("stylegan1-") + row));
    BOOST_TEST(all.count(std::string("stylegan2-") + row));
  }
  for (char row = 'a'; row <= 'h'; ++row) BOOST_TEST(all.count(std::string("stylegan3-") + row));
  for (const char* name : {"progan", "stylegan3-t", "stylegan3-r", "stylegan2-gorig-dresnet"}) {
    BOOST_TEST(all.count(name));
  }
  const auto lists_all = [&](const Error& e) {
    const std::string text = e.what();
    return text.find("'stylegan4'") != std::string::npos &&
           std::all_of(names.begin(), names.end(), [&](const std::string& name) {
             return text.find(name) != std::string::npos;
           });
  };
  BOOST_CHECK_EXCEPTION(preset("stylegan4"), Error, lists_all);
  BOOST_CHECK_THROW(preset("progan", {.resolution = 48}), Error);
  BOOST_CHECK_THROW(preset("progan", {.width = 0}), Error);
}

BOOST_AUTO_TEST_CASE(both_networks_build_and_run) {
  ag::NoGrad inference;
  for (const std::string& name : preset_names()) {
    BOOST_TEST_CONTEXT(name) {
      const Preset p = preset(name, tiny());
      const auto net = generator_of(p);
      const GeneratorInfo &info = net->info(), said = generator_info(p.family, p.generator);
      BOOST_TEST(said.num_ws == info.num_ws);
      BOOST_TEST(said.z_dim == 16);
      BOOST_TEST(said.w_dim == info.w_dim);
      BOOST_TEST(said.resolution == 32);
      BOOST_TEST(said.has_noise == info.has_noise);
      BOOST_TEST(said.has_transform == info.has_transform);
      BOOST_TEST(said.has_lod == info.has_lod);
      BOOST_TEST(said.has_average == net->mean_w().defined());
      const ag::Var ws = net->map(latents(*net, 2), {}, 1, -1);
      BOOST_CHECK(ws.shape() == rt::Shape({2, info.num_ws, info.w_dim}));
      const ag::Var images = net->synthesize(ws, {});
      BOOST_CHECK(images.shape() == rt::Shape({2, 32, 32, 3}));
      BOOST_TEST(rms(images.value()) > 1e-3);  // few feature maps: far from their mean size
      // Two latents, two pictures.
      BOOST_TEST(relative_error(images.value().rows(0, 1), images.value().rows(1, 2)) > 0.01);

      const auto d = make_discriminator(
          p.discriminator_family, p.discriminator,
          random_discriminator_weights(p.discriminator_family, p.discriminator, 5));
      const ag::Var scores = d->score(images, {});
      BOOST_CHECK(scores.shape() == rt::Shape({2, 1}));
      finite_values(scores.value());
    }
  }
}

BOOST_AUTO_TEST_CASE(conditional_ones_build) {
  ag::NoGrad inference;
  for (const char* name : {"progan", "stylegan1-c", "stylegan1-f", "stylegan2-d", "stylegan2-e",
                           "stylegan3-d", "stylegan3-e", "stylegan3-r"}) {
    BOOST_TEST_CONTEXT(name) {
      PresetSize size = tiny(16);
      size.c_dim = 3;
      const Preset p = preset(name, size);
      const auto net = generator_of(p);
      const rt::Tensor labels =
          rt::Tensor::from(std::vector<float>{1, 0, 0, 0, 0, 1}, rt::Shape{2, 3});
      const ag::Var images = net->synthesize(net->map(latents(*net, 2), labels, 1, -1), {});
      BOOST_CHECK(images.shape() == rt::Shape({2, 16, 16, 3}));
      const auto d = make_discriminator(
          p.discriminator_family, p.discriminator,
          random_discriminator_weights(p.discriminator_family, p.discriminator, 5));
      finite_values(d->score(images, labels).value());
    }
  }
}

// Of a random weighting of the pixels: their plain sum does not depend on what an instance norm
// takes out. Levels that fade in are reached one after the other.
BOOST_AUTO_TEST_CASE(gradients_reach_every_trained_tensor) {
  for (const std::string& name : distinct_generators()) {
    BOOST_TEST_CONTEXT(name) {
      const Preset p = preset(name, tiny(16));
      const auto net = generator_of(p, rt::DType::f32, true);
      std::vector<std::string> names;
      std::vector<ag::Var> trained;
      for (const auto& [tensor, v] : net->parameters()) {
        if (is_buffer(tensor)) continue;
        names.push_back(tensor);
        trained.push_back(v);
      }
      rt::Tensor weighting({2, 16, 16, 3}, rt::DType::f32);
      rt::fill_normal(weighting, 4, 4);
      std::vector<double> size(names.size());
      for (double lod : {0.0, 0.5, 1.5}) {
        if (lod > 0 && !net->info().has_lod) continue;
        SynthesisOptions options;
        options.lod = lod;
        const ag::Var images = net->synthesize(net->map(latents(*net, 2), {}, 1, -1), options);
        const auto gradients = ag::grad(images, trained, weighting);
        for (size_t i = 0; i < names.size(); ++i) {
          if (gradients[i].defined()) size[i] += rms(gradients[i].value());
        }
      }
      for (size_t i = 0; i < names.size(); ++i) {
        BOOST_TEST_CONTEXT(names[i]) { BOOST_TEST(size[i] > 1e-7); }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(inference_equals_recording_in_double) {
  double worst = 0;
  for (const std::string& name : distinct_generators()) {
    BOOST_TEST_CONTEXT(name) {
      const Preset p = preset(name, tiny());
      SynthesisOptions options;
      if (generator_info(p.family, p.generator).has_transform) {
        options.transform = input_transform(0.1, -0.07, 20);
      }
      const auto exact = generator_of(p, rt::DType::f64, true);
      const ag::Var expected =
          exact->synthesize(exact->map(latents(*exact, 2, rt::DType::f64), {}, 1, -1), options);
      BOOST_TEST(expected.needs_grad());
      ag::NoGrad inference;
      const auto net = generator_of(p);
      const ag::Var got = net->synthesize(net->map(latents(*net, 2), {}, 1, -1), options);
      const double error = relative_error(got.value(), expected.value());
      BOOST_TEST(error < 1e-4);
      worst = std::max(worst, error);
    }
  }
  BOOST_TEST_MESSAGE("largest error of float32 inference: " << worst);
}

// Of the fresh network, on every level: neither vanishing nor exploding. Where noise is not added,
// StyleGAN1's constant starts as ones, which its instance norm takes out.
BOOST_AUTO_TEST_CASE(activations_start_near_one) {
  ag::NoGrad inference;
  for (const std::string& name : distinct_generators()) {
    BOOST_TEST_CONTEXT(name) {
      const Preset p = preset(name, {.resolution = 32, .width = 1.0 / 16, .latent_dim = 64});
      const auto net = generator_of(p);
      const double scale = p.generator.value("output_scale", 1.0);
      double least = 1e300, most = 0;
      const auto look = [&](const std::string& what, const ag::Var& v) {
        if (what == "layer0.inorm" && !net->info().has_noise) return;
        const double size = rms(v.value());
        least = std::min(least, size);
        most = std::max(most, size);
        BOOST_TEST_CONTEXT(what) {
          BOOST_TEST(size > 0.1 * (what == "image" ? scale : 1));
          BOOST_TEST(size < 10);
        }
      };
      const ag::Var ws = net->map(latents(*net, 2), {}, 1, -1);
      look("ws", ws);
      SynthesisOptions options;
      options.probe = look;
      look("image", net->synthesize(ws, options));
      BOOST_TEST_MESSAGE(name << ": rms from " << least << " to " << most);
    }
  }
}

BOOST_AUTO_TEST_CASE(fourier_frequencies_fill_their_disc) {
  for (const char* name : {"stylegan3-b", "stylegan3-g", "stylegan3-t"}) {
    const Preset p = preset(name, {.latent_dim = 16});
    const TensorMap weights = random_weights(p.family, p.generator, 8);
    const double radius = generator_info(p.family, p.generator).bandwidth;
    const auto f = weights.at("synthesis.input.freqs").to_doubles();
    BOOST_REQUIRE(f.size() == 1024u);
    int inner = 0, right = 0;
    for (size_t i = 0; i < f.size(); i += 2) {
      const double r = std::hypot(f[i], f[i + 1]);
      BOOST_TEST(r <= radius * (1 + 1e-6));
      inner += r < radius / std::sqrt(2.0);
      right += f[i] > 0;
    }
    // Half of them within half the area, and on either side; 4 standard deviations of 512 draws.
    BOOST_TEST(std::abs(inner - 256) < 46);
    BOOST_TEST(std::abs(right - 256) < 46);
    double sum = 0, most = 0;
    for (double v : weights.at("synthesis.input.phases").to_doubles()) {
      sum += v * v;
      most = std::max(most, std::abs(v));
    }
    BOOST_TEST(most <= 0.5);
    BOOST_TEST(std::abs(sum / 512 - 1.0 / 12) < 0.014);
  }
}

BOOST_AUTO_TEST_SUITE_END()
