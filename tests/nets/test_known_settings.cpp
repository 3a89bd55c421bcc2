// What the list of known settings names is what networks read: each name with a value of the wrong
// kind is complained of, and no row of the papers' tables has a setting beside it.
#include <boost/test/unit_test.hpp>

#include "lib/nets/discriminator.hpp"
#include "lib/nets/known_settings.hpp"
#include "lib/nets/presets.hpp"
#include "lib/rt/error.hpp"

using namespace sgan;
using namespace sgan::nets;
using nlohmann::json;

namespace {

void build(Family family, bool generator, const json& args) {
  if (generator) {
    make_generator(family, args, random_weights(family, args, 1));
  } else {
    make_discriminator(family, args, random_discriminator_weights(family, args, 1));
  }
}

void with_each_damaged(Family family, bool generator, const json& args) {
  for (const std::string& name : known_settings(family, generator, args)) {
    if (name == "magnitude_ema_beta") continue;  // the training reads it
    json damaged = args;
    const size_t dot = name.find('.');
    json& at = dot == std::string::npos ? damaged[name]
                                        : damaged[name.substr(0, dot)][name.substr(dot + 1)];
    at = json::array({json::object()});
    BOOST_TEST_CONTEXT(name_of(family) << (generator ? " G " : " D ") << name) {
      BOOST_CHECK_THROW(build(family, generator, damaged), Error);
    }
  }
}

std::string complaint(Family family, bool generator, const json& changes, const json& args) {
  try {
    check_known(family, generator, changes, args);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(settings_known)

BOOST_AUTO_TEST_CASE(every_name_is_read) {
  for (const char* name : {"progan", "stylegan1-f", "stylegan2-f", "stylegan3-t"}) {
    const Preset p =
        preset(name, {.resolution = 16, .c_dim = 3, .width = 1.0 / 64, .latent_dim = 8});
    with_each_damaged(p.family, true, p.generator);
    with_each_damaged(p.discriminator_family, false, p.discriminator);
  }
}

BOOST_AUTO_TEST_CASE(every_row_has_known_settings_alone) {
  for (const std::string& name : preset_names()) {
    const Preset p = preset(name);
    BOOST_TEST(complaint(p.family, true, p.generator, p.generator) == "");
    BOOST_TEST(complaint(p.discriminator_family, false, p.discriminator, p.discriminator) == "");
  }
}

BOOST_AUTO_TEST_CASE(others_are_named) {
  const auto names = [](const char* row, bool generator, const json& changes,
                        const std::string& wanted) {
    const Preset p = preset(row);
    const std::string text = complaint(generator ? p.family : p.discriminator_family, generator,
                                       changes, generator ? p.generator : p.discriminator);
    BOOST_TEST(text.find("'" + wanted + "'") != std::string::npos, row << ": " << text);
  };
  names("stylegan2-f", true, {{"chanel_base", 3}}, "chanel_base");
  names("stylegan2-f", true, {{"mapping_kwargs", {{"num_layer", 3}}}}, "mapping_kwargs.num_layer");
  names("stylegan2-f", true, {{"mapping_kwargs", 3}}, "mapping_kwargs");
  names("stylegan2-f", true, {{"synthesis_kwargs", {{"conv_clam", 3}}}}, "conv_clam");
  names("stylegan2-f", true, {{"channels", {{"40", 3}}}}, "40");
  names("stylegan2-f", false, {{"epilogue_kwargs", {{"mbstd", 3}}}}, "epilogue_kwargs.mbstd");
  names("stylegan2-f", false, {{"z_dim", 3}}, "z_dim");
  names("stylegan3-e", true, {{"num_layers", 3}}, "num_layers");
  names("progan", true, {{"blur_filter", nullptr}}, "blur_filter");
  names("stylegan1-f", true, {{"mapping_kwargs", json::object()}}, "mapping_kwargs");
  const Preset p = preset("stylegan2-f");
  BOOST_TEST(complaint(p.family, true, {{"synthesis_kwargs", {{"conv_clamp", 3}}}}, p.generator) ==
             "");
  BOOST_TEST(complaint(p.family, true, {{"channels", {{"4", 3}}}}, p.generator) == "");
}

BOOST_AUTO_TEST_SUITE_END()
