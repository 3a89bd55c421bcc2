// Progressive growing: how a loop goes through the schedule, and the pictures at each level.
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "lib/rt/error.hpp"
#include "lib/train/reals.hpp"
#include "lib/train/recipes.hpp"
#include "lib/train/schedule.hpp"

using namespace sgan;
using nlohmann::json;
using train::GrowthSettings;

namespace {

GrowthSettings settings(const char* name, int resolution, int devices) {
  return GrowthSettings::from(train::recipe(name, resolution)["growth"], resolution, devices);
}

rt::Tensor bytes(const std::vector<uint8_t>& values, const rt::Shape& shape) {
  return rt::Tensor::from(values, shape);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(growth)

// CONFIGS: what the presets state.
BOOST_AUTO_TEST_CASE(presets) {
  const auto one = settings("stylegan1-f", 1024, 1), eight = settings("stylegan1-f", 1024, 8);
  BOOST_TEST(train::growth_stage(one, 0).resolution == 8);
  BOOST_TEST(train::growth_stage(one, 0).minibatch == 128);
  BOOST_TEST(train::growth_stage(eight, 0).minibatch == 256);
  BOOST_TEST(train::growth_stage(one, 20000).minibatch == 4);
  BOOST_TEST(train::growth_stage(eight, 20000).minibatch == 32);
  BOOST_TEST(train::growth_stage(one, 20000).lr == 0.003);
  BOOST_TEST(train::growth_stage(settings("progan", 1024, 1), 0).resolution == 4);
  BOOST_TEST(train::growth_stage(settings("progan", 1024, 8), 20000).minibatch == 32);
  const auto c = settings("stylegan2-c", 256, 1);
  BOOST_TEST(train::growth_stage(c, 0).minibatch == 256);
  BOOST_TEST(train::growth_stage(c, 20000).minibatch == 32);
  BOOST_TEST(train::growth_stage(c, 20000).lod == 0);
}

// The level of detail falls steadily, and a level fades in before it is trained.
BOOST_AUTO_TEST_CASE(a_run) {
  const auto s = settings("stylegan1-f", 32, 1);  // 8, 16, 32: lod 2, 1, 0
  train::Growth growth(s);
  int64_t nimg = 0;
  int resets = 0, looks = 0, since = 0;
  double last = 2;
  std::vector<double> reset_lods;
  while (nimg < 3000000) {
    const auto stage = growth.step(nimg);
    if (stage.lod != last || since == 4) {
      ++looks;
      BOOST_TEST((last == 2 || since % 4 == 0));
      since = 0;
    }
    ++since;
    BOOST_TEST(stage.lod <= last);
    if (growth.reset_due()) {
      ++resets;
      reset_lods.push_back(stage.lod);
    }
    last = stage.lod;
    nimg += stage.minibatch;
  }
  // Each of two levels begins and ends its fading.
  BOOST_TEST(resets == 4);
  BOOST_TEST(looks > 100);
  BOOST_TEST((reset_lods[0] > 1 && reset_lods[0] < 2));
  BOOST_TEST(reset_lods[1] == 1);
  BOOST_TEST((reset_lods[2] > 0 && reset_lods[2] < 1));
  BOOST_TEST(reset_lods[3] == 0);
}

BOOST_AUTO_TEST_CASE(a_checkpoint_goes_on_alike) {
  const auto s = settings("progan", 16, 1);
  train::Growth whole(s);
  int64_t nimg = 599500;
  for (int i = 0; i < 40; ++i) {
    train::Growth other(s);
    other.restore(json::parse(whole.state().dump()));
    const auto a = whole.step(nimg), b = other.step(nimg);
    BOOST_TEST(a.lod == b.lod);
    BOOST_TEST(a.minibatch == b.minibatch);
    BOOST_TEST(a.lr == b.lr);
    BOOST_TEST(whole.reset_due() == other.reset_due());
    nimg += a.minibatch;
  }
  BOOST_CHECK_THROW(whole.restore(json::object()), Error);
}

BOOST_AUTO_TEST_CASE(bad_settings) {
  json growth = train::recipe("stylegan1-f", 32)["growth"];
  BOOST_CHECK_THROW(GrowthSettings::from(growth, 33, 1), Error);
  BOOST_CHECK_THROW(GrowthSettings::from(growth, 32, 1000), Error);
  BOOST_CHECK_THROW(GrowthSettings::from(nullptr, 32, 1), Error);
  growth["fade_kimg"] = "long";
  BOOST_CHECK_THROW(GrowthSettings::from(growth, 32, 1), Error);
}

BOOST_AUTO_TEST_CASE(reals_mirror_what_is_asked_for) {
  const auto x = bytes({0, 255, 0, 0, 255, 0, 0, 255}, {2, 2, 2, 1});
  const std::vector<uint8_t> flips{1, 0};
  const auto y = train::process_reals(x, flips, 0, 2).value().to_doubles();
  BOOST_TEST(y == std::vector<double>({1, -1, -1, -1, 1, -1, -1, 1}),
             boost::test_tools::per_element());
  // Of 4 pixels only the half is given; all of it fades.
  const auto faded = train::process_reals(x, {}, 1.5, 4);
  BOOST_CHECK(faded.shape() == rt::Shape({2, 4, 4, 1}));
  const double mean = -0.5;  // of the first picture
  BOOST_CHECK_CLOSE(faded.value().to_doubles()[0], (-1 + mean) / 2, 1e-4);
  BOOST_CHECK_THROW(train::process_reals(x, flips, 1, 2), Error);
  BOOST_CHECK_THROW(train::process_reals(x, {flips.data(), 1}, 0, 2), Error);
  BOOST_CHECK_THROW(train::process_reals(x, flips, -1, 2), Error);
}

BOOST_AUTO_TEST_CASE(reducing_rounds_means) {
  // Two channels: one rounds up from a half, one down.
  const auto x = bytes({1, 1, 2, 1, 1, 1, 2, 2}, {1, 2, 2, 2});
  const auto y = train::reduce_pictures(x, 1).to_doubles();
  BOOST_TEST(y == std::vector<double>({2, 1}), boost::test_tools::per_element());
  rt::Tensor ramp({1, 4, 8, 1}, rt::DType::u8);
  for (int i = 0; i < 32; ++i) ramp.data<uint8_t>()[i] = uint8_t(i % 8 * 4);
  BOOST_TEST(train::reduce_pictures(ramp, 2).to_doubles() == std::vector<double>({6, 22}),
             boost::test_tools::per_element());
  BOOST_CHECK_THROW(train::reduce_pictures(ramp, 3), Error);
  BOOST_CHECK(train::reduce_pictures(ramp, 0).shape() == ramp.shape());
}

BOOST_AUTO_TEST_SUITE_END()
