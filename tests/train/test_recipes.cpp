// Every row of the papers' tables has a recipe, and a row changes what the table says.
#include <boost/test/unit_test.hpp>
#include <set>

#include "lib/nets/presets.hpp"
#include "lib/rt/error.hpp"
#include "lib/train/recipes.hpp"

using namespace sgan;
using nlohmann::json;
using train::recipe;

namespace {

using Names = std::set<std::string>;

Names differences(const std::string& a, const std::string& b) {
  const json x = recipe(a, 256), y = recipe(b, 256);
  Names names;
  for (const auto& [key, value] : x.items()) {
    if (y.at(key) != value) names.insert(key);
  }
  return names;
}

void check_differences(const std::string& a, const std::string& b, const Names& expected) {
  const Names got = differences(a, b);
  BOOST_TEST_CONTEXT(a << " against " << b) {
    BOOST_CHECK_EQUAL_COLLECTIONS(got.begin(), got.end(), expected.begin(), expected.end());
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(recipes)

BOOST_AUTO_TEST_CASE(every_row_has_every_setting_and_no_other) {
  Names known;
  for (const auto& key : train::recipe_keys()) BOOST_TEST(known.insert(key.name).second);
  for (const std::string& name : nets::preset_names()) {
    for (const int resolution : {8, 64, 1024}) {
      const json r = recipe(name, resolution);
      Names keys;
      for (const auto& [key, value] : r.items()) keys.insert(key);
      BOOST_TEST_CONTEXT(name) {
        BOOST_CHECK_EQUAL_COLLECTIONS(keys.begin(), keys.end(), known.begin(), known.end());
        BOOST_TEST(r["r1_gamma"].is_number());
        BOOST_TEST(r["r1_gamma"].get<double>() + r["gp_lambda"].get<double>() > 0);
      }
    }
  }
}

// The tables' "change" columns.
BOOST_AUTO_TEST_CASE(rows_change_what_the_tables_say) {
  check_differences("progan", "stylegan1-a", {});
  check_differences("stylegan1-a", "stylegan1-b",
                    {"loss", "gp_lambda", "drift", "label_weight", "r1_gamma", "ema_kimg",
                     "total_kimg", "growth"});
  check_differences("stylegan1-b", "stylegan1-e", {});
  check_differences("stylegan1-e", "stylegan1-f", {"style_mixing_prob"});
  check_differences("stylegan1-f", "stylegan2-a", {"growth"});
  check_differences("stylegan2-a", "stylegan2-b", {});
  check_differences("stylegan2-b", "stylegan2-c", {"d_reg_interval"});
  check_differences("stylegan2-c", "stylegan2-d", {"pl_weight", "g_reg_interval"});
  check_differences("stylegan2-d", "stylegan2-e",
                    {"r1_gamma", "g_lr", "d_lr", "w_avg_beta", "fp16_resolutions", "growth"});
  check_differences("stylegan2-e", "stylegan2-f", {"r1_gamma"});
  check_differences("stylegan2-e", "stylegan2-gresnet-dskip", {});
  check_differences("stylegan2-f", "stylegan3-a", {"r1_gamma", "g_lr", "ema_rampup", "augment"});
  check_differences("stylegan3-a", "stylegan3-c", {});
  check_differences("stylegan3-c", "stylegan3-d",
                    {"style_mixing_prob", "pl_weight", "g_reg_interval"});
  check_differences("stylegan3-d", "stylegan3-h", {});
  check_differences("stylegan3-h", "stylegan3-t", {"r1_gamma"});
  check_differences("stylegan3-t", "stylegan3-r", {"blur_init_sigma", "blur_fade_kimg"});
}

BOOST_AUTO_TEST_CASE(resolution_and_batch) {
  const double tolerance = 1e-12;
  const auto gamma = [](const char* name, int resolution, int batch = 0) {
    return recipe(name, resolution, batch)["r1_gamma"].get<double>();
  };
  BOOST_CHECK_CLOSE(gamma("stylegan3-t", 128), 0.5, tolerance);
  BOOST_CHECK_CLOSE(gamma("stylegan3-r", 1024), 32, tolerance);
  BOOST_CHECK_CLOSE(gamma("stylegan3-b", 256, 64), 0.0002 * 256 * 256 / 64, tolerance);
  BOOST_TEST(gamma("stylegan2-f", 64, 8) == 10);
  const json r = recipe("stylegan3-r", 256, 16);
  BOOST_TEST(r["ema_kimg"].get<double>() == 5);
  BOOST_TEST(r["blur_fade_kimg"].get<double>() == 100);
  BOOST_TEST(recipe("stylegan2-e", 256, 16)["ema_kimg"].get<double>() == 10);
  // A batch that is asked for stays whatever the resolution.
  const json growth = recipe("stylegan1-f", 256, 16)["growth"];
  BOOST_TEST(growth["one_device"]["minibatch_base"] == 16);
  BOOST_TEST(growth["one_device"]["minibatch"].empty());
}

BOOST_AUTO_TEST_CASE(changes) {
  json r = recipe("stylegan1-f", 64);
  train::change(r, "r1_gamma", 3);
  train::change(r, "loss", "hinge");
  train::change(r, "growth.train_kimg", 50);
  train::change(r, "growth.lr_base", 0.002);
  train::change(r, "growth.minibatch.16", 32);
  BOOST_TEST(r["growth"]["train_kimg"].get<int>() == 50);
  for (const char* devices : {"one_device", "several_devices"}) {
    BOOST_TEST(r["growth"][devices]["lr_base"].get<double>() == 0.002);
    BOOST_TEST(r["growth"][devices]["minibatch"]["16"].get<int>() == 32);
  }
  BOOST_CHECK_THROW(train::change(r, "growth.train_kmig", 50), Error);
  BOOST_CHECK_THROW(train::change(r, "growth.train_kimg", "long"), Error);
  BOOST_CHECK_THROW(train::change(r, "growth.minibatch.17", 32), Error);
  BOOST_CHECK_THROW(train::change(r, "growth.minibatch.16", 1.5), Error);
  BOOST_CHECK_THROW(train::change(r, "growth.lr_base.16", 1), Error);
  BOOST_CHECK_THROW(train::change(r, "growth", json({{"train_kmig", 50}})), Error);
  json still = recipe("stylegan2-e", 64);
  BOOST_CHECK_THROW(train::change(still, "growth.train_kimg", 50), Error);
  train::change(r, "growth", nullptr);
  BOOST_TEST(r["r1_gamma"].get<double>() == 3);
  BOOST_CHECK_THROW(train::change(r, "r1", 3), Error);
  BOOST_CHECK_THROW(train::change(r, "loss", 3), Error);
  BOOST_CHECK_THROW(train::change(r, "batch", 1.5), Error);
  BOOST_CHECK_THROW(train::change(r, "mirror", 1), Error);
  BOOST_CHECK_THROW(recipe("stylegan4", 64), Error);
  BOOST_CHECK_THROW(recipe("progan", 65), Error);
}

BOOST_AUTO_TEST_SUITE_END()
