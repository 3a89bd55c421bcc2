// The networks that grow: what their settings call for, what is not computed, and what is refused.
// Their numbers are held against the reference by the parity program.
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "lib/nets/discriminator.hpp"
#include "lib/nets/families.hpp"
#include "lib/rt/philox.hpp"

namespace {

using namespace sgan;
using nlohmann::json;

const json small = {{"resolution", 32}, {"num_channels", 3},  {"fmap_base", 128},  {"fmap_max", 12},
                    {"latent_size", 8}, {"dlatent_size", 10}, {"mapping_fmaps", 9}};

rt::Tensor normal(const rt::Shape& shape, uint64_t stream) {
  rt::Tensor t(shape, rt::DType::f32);
  rt::fill_normal(t, 5, stream);
  return t;
}

std::unique_ptr<nets::Generator> generator(nets::Family family, const json& args) {
  return nets::make_generator(family, args, nets::random_weights(family, args, 3));
}

bool says(const Error& e, const std::string& text) {
  return std::string(e.what()).find(text) != std::string::npos;
}

BOOST_AUTO_TEST_SUITE(progressive)

BOOST_AUTO_TEST_CASE(names_follow_fusing) {
  json args = small;
  args["fused_scale"] = false;
  BOOST_TEST(nets::progan_shapes(args).count("8x8/Conv0/weight") == 1);
  args["fused_scale"] = true;
  BOOST_TEST(nets::progan_shapes(args).count("8x8/Conv0_up/weight") == 1);
  const auto shapes = nets::stylegan1_shapes(small);
  BOOST_CHECK(shapes.at("synthesis/8x8/Conv0_up/weight") == rt::Shape({12, 12, 3, 3}));
  BOOST_CHECK(shapes.at("synthesis/32x32/Conv1/StyleMod/weight") == rt::Shape({16, 10}));
  BOOST_CHECK(shapes.at("mapping/Dense0/weight") == rt::Shape({9, 8}));
  BOOST_CHECK(shapes.at("mapping/Dense7/weight") == rt::Shape({10, 9}));
}

// Every row of StyleGAN1's table 1 is a matter of settings.
BOOST_AUTO_TEST_CASE(configurations) {
  json a = small;  // A: ProGAN's blocks
  a.update({{"mapping_layers", 0},
            {"use_styles", false},
            {"use_noise", false},
            {"const_input_layer", false},
            {"use_pixel_norm", true},
            {"use_instance_norm", false}});
  json b = a;
  a["blur_filter"] = nullptr;
  json c = small;
  c.update({{"const_input_layer", false}, {"use_noise", false}});
  json d = small;
  d["use_noise"] = false;
  for (const json& args : {a, b, c, d, small}) {
    const auto g = generator(nets::Family::stylegan1, args);
    const auto w = g->map(ag::Var(normal({2, 8}, 1)), {}, 1, -1);
    const auto images = g->synthesize(w, {});
    BOOST_CHECK(images.shape() == rt::Shape({2, 32, 32, 3}));
    for (double v : images.value().to_doubles()) BOOST_REQUIRE(std::isfinite(v));
  }
}

BOOST_AUTO_TEST_CASE(hidden_levels_cost_nothing) {
  for (const auto family : {nets::Family::progan, nets::Family::stylegan1}) {
    const auto g = generator(family, small);
    const auto w = g->map(ag::Var(normal({1, 8}, 1)), {}, 1, -1);
    std::set<std::string> seen;
    nets::SynthesisOptions options;
    options.probe = [&](const std::string& name, const ag::Var&) { seen.insert(name); };
    options.lod = 2;  // 8x8
    const auto image = g->synthesize(w, options);
    BOOST_TEST(seen.count("layer3.out") == 1);
    BOOST_TEST(seen.count("layer4.out") == 0);
    BOOST_TEST(seen.count("rgb_lod3") == 0);
    seen.clear();
    options.lod = 2.5;
    g->synthesize(w, options);
    BOOST_TEST(seen.count("rgb_lod2") + seen.count("rgb_lod3") == 2);
    BOOST_TEST(seen.count("rgb_lod1") == 0);
    const auto v = image.value().to_doubles();  // squares of 4x4 equal pixels
    for (int y = 0; y < 32; ++y) {
      for (int x = 0; x < 32; ++x) {
        BOOST_REQUIRE_EQUAL(v[size_t((y * 32 + x) * 3)],
                            v[size_t((y / 4 * 4 * 32 + x / 4 * 4) * 3)]);
      }
    }
  }
}

// A level of detail just above a whole one continues it.
BOOST_AUTO_TEST_CASE(fading_is_continuous) {
  const auto g = generator(nets::Family::stylegan1, small);
  const auto w = g->map(ag::Var(normal({1, 8}, 1)), {}, 1, -1);
  const auto at = [&](double lod) {
    nets::SynthesisOptions options;
    options.lod = lod;
    return g->synthesize(w, options).value().to_doubles();
  };
  for (double lod : {1.0, 2.0, 3.0}) {
    const auto a = at(lod), b = at(lod - 1e-6);
    for (size_t i = 0; i < a.size(); ++i) BOOST_REQUIRE_SMALL(a[i] - b[i], 1e-4);
  }
}

BOOST_AUTO_TEST_CASE(random_noise_does_not_depend_on_the_batch) {
  const auto g = generator(nets::Family::stylegan1, small);
  const auto w = g->map(ag::Var(normal({3, 8}, 1)), {}, 1, -1);
  nets::SynthesisOptions options;
  options.noise = nets::NoiseMode::random;
  options.noise_seed = 9;
  const auto all = g->synthesize(w, options).value();
  options.first_index = 2;
  const auto last = g->synthesize(ag::Var(w.value().rows(2, 3)), options).value();
  const auto a = all.rows(2, 3).to_doubles(), b = last.to_doubles();
  for (size_t i = 0; i < a.size(); ++i) BOOST_REQUIRE_SMALL(a[i] - b[i], 1e-4);
}

BOOST_AUTO_TEST_CASE(refusals) {
  const auto family = nets::Family::stylegan1;
  json args = small;
  args["resolution"] = 48;
  BOOST_CHECK_EXCEPTION(nets::generator_info(family, args), Error,
                        [](const Error& e) { return says(e, "power of two"); });
  args = small;
  args["fmap_base"] = 8;
  BOOST_CHECK_THROW(nets::generator_info(family, args), Error);
  auto weights = nets::random_weights(family, small, 3);
  weights.erase("synthesis/8x8/Conv1/weight");
  BOOST_CHECK_EXCEPTION(nets::make_generator(family, small, weights), Error,
                        [](const Error& e) { return says(e, "synthesis/8x8/Conv1/weight"); });
  args = small;
  args["label_size"] = 4;
  for (const auto f : {nets::Family::progan, nets::Family::stylegan1}) {
    const auto g = generator(f, args);
    const ag::Var z(normal({2, 8}, 1));
    BOOST_CHECK_EXCEPTION(g->map(z, {}, 1, -1), Error,
                          [](const Error& e) { return says(e, "conditional"); });
    BOOST_CHECK_THROW(g->map(z, ag::Var(normal({2, 3}, 1)), 1, -1), Error);
    BOOST_CHECK_THROW(g->synthesize(ag::Var(normal({2, 8}, 1)), {}), Error);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
