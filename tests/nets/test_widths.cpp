// StyleGAN2's feature maps by the official rule and by the table "channels", which importers write
// for networks outside the rule.
#include "lib/nets/generator.hpp"
#include "lib/nets/settings.hpp"
#include "tests/nets/preset_test.hpp"

using namespace sgan;
using namespace sgan::nets;
using nlohmann::json;

namespace {

json settings(const json& more = json::object()) {
  json args = json::parse(
      R"({"z_dim": 8, "w_dim": 8, "img_resolution": 16, "channel_base": 128, "channel_max": 8,
          "mapping_kwargs": {"num_layers": 1}})");
  args.update(more);
  return args;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(widths)

BOOST_AUTO_TEST_CASE(table_overrides_rule) {
  const Widths rule = Widths::from(settings());
  BOOST_TEST(rule.at(4) == 8);
  BOOST_TEST(rule.at(32) == 4);
  const Widths table = Widths::from(settings({{"channels", {{"4", 3}, {"16", 20}}}}));
  BOOST_TEST(table.at(4) == 3);
  BOOST_TEST(table.at(8) == 8);  // not in the table
  BOOST_TEST(table.at(16) == 20);
  BOOST_CHECK_NO_THROW(Widths::from(settings({{"channels", nullptr}})));
  for (const json& bad : {json(8), json{{"4", 0}}, json{{"4", "many"}}, json{{"4", 1 << 20}}}) {
    BOOST_CHECK_THROW(Widths::from(settings({{"channels", bad}})), Error);
  }
}

BOOST_AUTO_TEST_CASE(networks_have_the_tables_shapes) {
  ag::NoGrad inference;
  const json channels = {{"4", 5}, {"8", 11}, {"16", 3}};
  const json g = settings({{"channels", channels}}), d = settings({{"channels", channels}});
  const auto shapes = generator_shapes(Family::stylegan2, g);
  BOOST_CHECK(shapes.at("synthesis.b4.const") == rt::Shape({5, 4, 4}));
  BOOST_CHECK(shapes.at("synthesis.b8.conv0.weight") == rt::Shape({11, 5, 3, 3}));
  BOOST_CHECK(shapes.at("synthesis.b16.torgb.weight") == rt::Shape({3, 3, 1, 1}));
  const auto net =
      make_generator(Family::stylegan2, g, random_weights(Family::stylegan2, g, 1), rt::cpu);
  const auto images = net->synthesize(net->map(philox_latents(1, 0, 2, 8), {}, 1, -1), {});
  const auto weights = random_discriminator_weights(Family::stylegan2, d, 2);
  BOOST_CHECK(weights.at("b16.conv1.weight").shape() == rt::Shape({11, 3, 3, 3}));
  BOOST_CHECK(weights.at("b4.fc.weight").shape() == rt::Shape({5, 5 * 16}));
  const auto scores = make_discriminator(Family::stylegan2, d, weights)->score(images, {});
  BOOST_CHECK(scores.shape() == rt::Shape({2, 1}));
}

BOOST_AUTO_TEST_SUITE_END()
