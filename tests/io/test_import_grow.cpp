// TensorFlow's StyleGAN2 networks that grow (configurations B to D).
#include <boost/test/unit_test.hpp>

#include "lib/io/import/readers.hpp"
#include "lib/nets/discriminator.hpp"
#include "lib/nets/generator.hpp"

namespace sgan::io {
namespace {

using nlohmann::json;

BOOST_AUTO_TEST_SUITE(import_networks_that_grow)

// There is no golden file: all layers find their place.
BOOST_AUTO_TEST_CASE(tensorflow_stylegan2_that_grows) {
  const auto zeros = [](std::vector<int64_t> dims) { return rt::Tensor::zeros(rt::Shape(dims)); };
  TensorflowNetwork g, d;
  g.static_kwargs = d.static_kwargs = json::object();
  const auto layer = [&](const std::string& name, int64_t k, int64_t in, int64_t out) {
    g.variables[name + "/weight"] = zeros({k, k, in, out});
    g.variables[name + "/bias"] = zeros({out});
    g.variables[name + "/mod_weight"] = zeros({7, in});
    g.variables[name + "/mod_bias"] = zeros({in});
    if (k == 3) g.variables[name + "/noise_strength"] = zeros({});
  };
  g.variables["dlatent_avg"] = zeros({7});
  g.variables["mapping/Dense0/weight"] = zeros({7, 7});
  g.variables["mapping/Dense0/bias"] = zeros({7});
  g.variables["synthesis/4x4/Const/const"] = zeros({1, 6, 4, 4});
  g.variables["synthesis/lod"] = rt::Tensor::full({}, 0.5);
  layer("synthesis/4x4/Conv", 3, 6, 6);
  layer("synthesis/8x8/Conv0_up", 3, 6, 5);
  layer("synthesis/8x8/Conv1", 3, 5, 5);
  layer("synthesis/ToRGB_lod0", 1, 5, 3);
  layer("synthesis/ToRGB_lod1", 1, 6, 3);
  g.variables["synthesis/ToRGB_lod1/bias"] = rt::Tensor::full({3}, 2);
  for (int i = 0; i < 3; ++i) {
    const int64_t r = i == 0 ? 4 : 8;
    g.variables[cat("synthesis/noise", i)] = zeros({1, 1, r, r});
  }
  const auto plain = [&](const std::string& name, std::vector<int64_t> dims) {
    d.variables[name + "/weight"] = zeros(dims);
    d.variables[name + "/bias"] = zeros({dims.back()});
  };
  plain("FromRGB_lod0", {1, 1, 3, 5});
  plain("FromRGB_lod1", {1, 1, 3, 6});
  plain("8x8/Conv0", {3, 3, 5, 5});
  plain("8x8/Conv1_down", {3, 3, 5, 6});
  plain("4x4/Conv", {3, 3, 7, 6});
  plain("4x4/Dense0", {96, 6});
  plain("Output", {6, 1});
  ImportedModel model;
  import_tf_stylegan2({{"G_ema", g}, {"D", d}}, model);
  BOOST_TEST(model.generator_args["architecture"] == "grow");
  BOOST_TEST(model.discriminator_args["architecture"] == "orig");
  BOOST_TEST(model.networks["G_ema"].at("synthesis.b4.torgb.bias").to_doubles()[0] == 2);
  BOOST_TEST(model.warnings.size() == 2u);
  BOOST_TEST(model.warnings.back().find("--lod 0.5") != std::string::npos);
  const auto family = nets::Family::stylegan2;
  BOOST_CHECK_NO_THROW(
      nets::make_generator(family, model.generator_args, model.networks["G_ema"], rt::cpu));
  BOOST_CHECK_NO_THROW(
      nets::make_discriminator(family, model.discriminator_args, model.networks["D"]));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sgan::io
