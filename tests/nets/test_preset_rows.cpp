// A row of a table differs from the row before it in what the table says, and in nothing else.
#include <set>

#include "lib/nets/stylegan3_layers.hpp"
#include "tests/nets/preset_test.hpp"

using namespace sgan;
using namespace sgan::nets;
using namespace sgan::nets::presets_test;

namespace {

using Shapes = std::map<std::string, rt::Shape>;
using Names = std::set<std::string>;

Shapes shapes_of(const std::string& name) {
  const Preset p = preset(name);
  return generator_shapes(p.family, p.generator);
}

struct Difference {
  Names gone, added, changed;
  Difference(const std::string& before, const std::string& after) {
    const Shapes a = shapes_of(before), b = shapes_of(after);
    for (const auto& [name, shape] : a) {
      const auto found = b.find(name);
      if (found == b.end()) {
        gone.insert(name);
      } else if (found->second != shape) {
        changed.insert(name);
      }
    }
    for (const auto& [name, shape] : b) {
      if (!a.count(name)) added.insert(name);
    }
  }
};

template <class Predicate>
bool all(const Names& names, Predicate predicate) {
  return std::all_of(names.begin(), names.end(), predicate);
}

bool has(const std::string& name, std::string_view part) {
  return name.find(part) != std::string::npos;
}

void check_same(const std::string& a, const std::string& b, bool discriminator_too = true) {
  const Preset p = preset(a), q = preset(b);
  BOOST_CHECK(p.family == q.family && p.generator == q.generator);
  if (!discriminator_too) return;
  BOOST_CHECK(p.discriminator_family == q.discriminator_family);
  BOOST_CHECK(p.discriminator == q.discriminator);
}

// Settings whose values differ, or which only one of the two has.
Names different_settings(const std::string& before, const std::string& after) {
  const auto a = preset(before).generator, b = preset(after).generator;
  Names keys;
  for (const auto& [key, value] : a.items()) {
    if (!b.contains(key) || b[key] != value) keys.insert(key);
  }
  for (const auto& [key, value] : b.items()) {
    if (!a.contains(key)) keys.insert(key);
  }
  return keys;
}

Stylegan3Table table_of(const std::string& name, int resolution = 256) {
  return stylegan3_table(preset(name, {.resolution = resolution}).generator);
}

// How well moving the input by (x, 0) and (0, y) pixels of the picture moves the picture: its mean
// square over that of the error, in decibels, over the part that both pictures show. The paper's
// EQ-T (2106.12423, section 2) puts the range of pictures, 2, above; fresh networks have other
// ones.
double translation_db(const std::string& name, int resolution, int pixels) {
  const Preset p = preset(name, {.resolution = resolution, .width = 1.0 / 32, .latent_dim = 16});
  const auto net = generator_of(p);
  const ag::Var ws = net->map(latents(*net, 2), {}, 1, -1);
  SynthesisOptions options;
  options.noise = NoiseMode::none;
  const auto still = net->synthesize(ws, options).value().to_doubles();
  double error = 0, signal = 0;
  for (int axis = 0; axis < 2; ++axis) {
    const int dx = axis == 0 ? pixels : 0, dy = axis == 1 ? pixels : 0;
    options.transform = input_transform(double(dx) / resolution, double(dy) / resolution, 0);
    const auto moved = net->synthesize(ws, options).value().to_doubles();
    for (int n = 0; n < 2; ++n)
      for (int y = dy; y < resolution; ++y)
        for (int x = dx; x < resolution; ++x)
          for (int c = 0; c < 3; ++c) {
            const auto at = [&](int yy, int xx) {
              return size_t(((n * resolution + yy) * resolution + xx) * 3 + c);
            };
            const double d = moved[at(y, x)] - still[at(y - dy, x - dx)];
            BOOST_REQUIRE(std::isfinite(d));
            error += d * d;
            signal += still[at(y - dy, x - dx)] * still[at(y - dy, x - dx)];
          }
  }
  return 10 * std::log10(signal / error);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(preset_rows)

BOOST_AUTO_TEST_CASE(stylegan1) {
  check_same("progan", "stylegan1-a");
  const Difference c("stylegan1-b", "stylegan1-c");
  BOOST_TEST(c.changed.empty());
  BOOST_TEST(c.gone.empty());
  BOOST_TEST(c.added.size() == 2u * 8 + 2 * 14);
  BOOST_TEST(all(c.added, [](auto& n) { return has(n, "mapping/Dense") || has(n, "/StyleMod/"); }));
  BOOST_TEST(generator_info(Family::stylegan1, preset("stylegan1-c").generator).num_ws == 14 + 1);
  const Difference d("stylegan1-c", "stylegan1-d");
  BOOST_TEST(d.changed.empty());
  BOOST_TEST(all(d.gone, [](auto& n) { return has(n, "synthesis/4x4/Dense/"); }));
  BOOST_TEST(all(d.added, [](auto& n) { return has(n, "synthesis/4x4/Const/"); }));
  BOOST_TEST(d.added.count("synthesis/4x4/Const/const"));
  const Difference e("stylegan1-d", "stylegan1-e");
  BOOST_TEST(e.gone.empty());
  BOOST_TEST(e.changed.empty());
  BOOST_TEST(e.added.size() == 2u * 14);
  BOOST_TEST(
      all(e.added, [](auto& n) { return has(n, "/Noise/weight") || has(n, "synthesis/noise"); }));
  check_same("stylegan1-e", "stylegan1-f");
}

// Row C: the input layer reads z, and truncation leaves z alone.
BOOST_AUTO_TEST_CASE(stylegan1_c_feeds_z) {
  ag::NoGrad inference;
  const auto net = generator_of(preset("stylegan1-c", tiny()));
  const ag::Var z = latents(*net, 1);
  const rt::Tensor full = net->map(z, {}, 1, -1).value(), mean = net->map(z, {}, 0, -1).value();
  const int last = net->info().num_ws - 1;
  const auto row = [](const rt::Tensor& t, int i) {
    return t.reshape({t.size(1), t.size(2)}).rows(i, i + 1);
  };
  BOOST_TEST(relative_error(row(mean, last), row(full, last)) == 0);
  BOOST_TEST(rms(row(mean, 0)) == 0);  // the fresh network's mean w
  BOOST_TEST(std::abs(rms(row(full, last)) - 1) < 1e-3);
  rt::Tensor other = full.clone();
  for (float& v : row(other, last).span<float>()) v = -v;
  BOOST_TEST(relative_error(net->synthesize(other, {}).value(), net->synthesize(full, {}).value()) >
             0.01);
}

BOOST_AUTO_TEST_CASE(stylegan2) {
  check_same("stylegan1-f", "stylegan2-a");
  const Preset a = preset("stylegan2-a"), b = preset("stylegan2-b"), e = preset("stylegan2-e");
  BOOST_CHECK(b.family == Family::stylegan2 && b.discriminator_family == Family::stylegan1);
  BOOST_CHECK(a.discriminator == b.discriminator);
  BOOST_TEST(generator_info(b.family, b.generator).has_lod);
  // The same numbers of feature maps as before.
  BOOST_CHECK(shapes_of("stylegan2-a").at("synthesis/128x128/Conv1/weight") ==
              shapes_of("stylegan2-b").at("synthesis.b128.conv1.weight"));
  check_same("stylegan2-b", "stylegan2-c");
  check_same("stylegan2-c", "stylegan2-d");
  BOOST_CHECK((different_settings("stylegan2-d", "stylegan2-e") == Names{"architecture"}));
  BOOST_CHECK(e.discriminator_family == Family::stylegan2);
  const Difference f("stylegan2-e", "stylegan2-f");
  BOOST_TEST(f.gone.empty());
  BOOST_TEST(f.added.empty());
  BOOST_TEST(!f.changed.empty());
  BOOST_TEST(all(f.changed, [](auto& n) {  // below, both have 512 maps
    return has(n, ".b64.") || has(n, ".b128.") || has(n, ".b256.");
  }));
}

// Layers beyond the level of detail are left out, which changes nothing. A probe wants to see them
// all, so that with one they are computed.
BOOST_AUTO_TEST_CASE(stylegan2_that_grows_leaves_hidden_layers_out) {
  ag::NoGrad inference;
  const auto net = generator_of(preset("stylegan2-d", tiny()));
  const ag::Var ws = net->map(latents(*net, 2), {}, 1, -1);
  for (const double lod : {0.0, 0.5, 1.0, 1.25, 2.0}) {
    SynthesisOptions options;
    options.lod = lod;
    const rt::Tensor quick = net->synthesize(ws, options).value();
    options.probe = [](const std::string&, const ag::Var&) {};
    const rt::Tensor whole = net->synthesize(ws, options).value();
    BOOST_TEST_CONTEXT("lod " << lod) {
      BOOST_REQUIRE(quick.shape() == whole.shape());
      BOOST_TEST(relative_error(quick, whole) == 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(stylegan2_grid) {
  check_same("stylegan2-e", "stylegan2-gskip-dresnet");
  const Difference orig("stylegan2-gskip-dskip", "stylegan2-gorig-dskip");
  BOOST_TEST(orig.added.empty());
  BOOST_TEST(orig.changed.empty());
  BOOST_TEST(orig.gone.size() == 4u * 6);
  BOOST_TEST(all(orig.gone, [](auto& n) { return has(n, ".torgb."); }));
  const Difference resnet("stylegan2-gorig-dskip", "stylegan2-gresnet-dskip");
  BOOST_TEST(resnet.gone.empty());
  BOOST_TEST(resnet.changed.empty());
  BOOST_TEST(resnet.added.size() == 6u);
  BOOST_TEST(all(resnet.added, [](auto& n) { return has(n, ".skip.weight"); }));
  for (const char* g : {"orig", "skip", "resnet"}) {
    for (const char* d : {"orig", "skip", "resnet"}) {
      const Preset p = preset(cat("stylegan2-g", g, "-d", d));
      BOOST_TEST(p.generator["architecture"] == g);
      BOOST_TEST(p.discriminator["architecture"] == d);
    }
  }
}

BOOST_AUTO_TEST_CASE(stylegan3_b_to_d) {
  check_same("stylegan2-f", "stylegan3-a");
  const Difference b("stylegan3-a", "stylegan3-b");
  BOOST_TEST(b.changed.empty());
  BOOST_CHECK(b.gone == Names{"synthesis.b4.const"});
  BOOST_CHECK((b.added == Names{"synthesis.input.weight", "synthesis.input.freqs",
                                "synthesis.input.phases", "synthesis.input.transform"}));
  const Difference c("stylegan3-b", "stylegan3-c");
  BOOST_TEST(c.changed.empty());
  BOOST_TEST(c.added.empty());
  BOOST_TEST(c.gone.size() == 2u * 13);
  BOOST_TEST(all(c.gone, [](auto& n) { return has(n, ".noise_"); }));
  const Difference d("stylegan3-c", "stylegan3-d");
  BOOST_TEST(d.changed.empty());
  BOOST_TEST(d.added.size() == 13u + 1);
  BOOST_TEST(all(d.added, [](auto& n) { return n.ends_with(".magnitude_ema"); }));
  BOOST_TEST(d.gone.size() == 2u * 6 + 4 * 6);
  BOOST_TEST(all(d.gone, [](auto& n) { return has(n, "mapping.fc") || has(n, ".torgb."); }));
}

BOOST_AUTO_TEST_CASE(stylegan3_e_to_r) {
  // D and E: the same convolutions under other names.
  std::multiset<std::vector<int64_t>> before, after;
  for (const auto& [name, shape] : shapes_of("stylegan3-d")) before.insert(shape.dims());
  for (const auto& [name, shape] : shapes_of("stylegan3-e")) after.insert(shape.dims());
  BOOST_CHECK(before == after);
  BOOST_CHECK((different_settings("stylegan3-e", "stylegan3-f") ==
               Names{"lrelu_upsampling", "upsample_first"}));
  BOOST_CHECK(shapes_of("stylegan3-e") == shapes_of("stylegan3-f"));
  BOOST_CHECK((different_settings("stylegan3-f", "stylegan3-g") == Names{"num_critical"}));
  BOOST_CHECK((different_settings("stylegan3-g", "stylegan3-h") == Names{"input"}));
  const Difference h("stylegan3-g", "stylegan3-h");
  BOOST_TEST(h.gone.empty());
  BOOST_TEST(h.changed.empty());
  BOOST_CHECK((h.added == Names{"synthesis.input.affine.weight", "synthesis.input.affine.bias"}));
  BOOST_CHECK(
      (different_settings("stylegan3-h", "stylegan3-t") ==
       Names{"first_cutoff", "first_stopband", "last_stopband_rel", "layers", "num_layers"}));
  BOOST_CHECK((different_settings("stylegan3-t", "stylegan3-r") ==
               Names{"conv_kernel", "use_radial_filters", "channel_base", "channel_max"}));
  BOOST_TEST(table_of("stylegan3-t").layers.size() == 15u);
  for (char row = 'a'; row < 'h'; ++row) {
    const Preset p = preset(std::string("stylegan3-") + row);
    BOOST_TEST(generator_info(p.family, p.generator).num_ws == 14);
    BOOST_CHECK(p.discriminator == preset("stylegan3-r").discriminator);
  }
}

BOOST_AUTO_TEST_CASE(layer_tables_of_e_to_g) {
  const double band = std::sqrt(2.0) - 1;
  for (const char* name : {"stylegan3-e", "stylegan3-f", "stylegan3-g", "stylegan3-h"}) {
    BOOST_TEST_CONTEXT(name) {
      const auto table = table_of(name);
      BOOST_REQUIRE(table.layers.size() == 14u);
      BOOST_TEST(table.input.size == 24);
      BOOST_TEST(table.input.sampling_rate == 4);
      BOOST_TEST(table.input.bandwidth == table.layers[0].in_cutoff);
      const bool critical = name < std::string("stylegan3-g"), row_e = name[10] == 'e';
      for (size_t i = 0; i < table.layers.size(); ++i) {
        const auto& l = table.layers[i];
        const double s = std::min(4 << (i + 1) / 2, 256);
        BOOST_TEST(l.out_sampling_rate == s);
        BOOST_TEST(l.out_half_width == band * s / 2, boost::test_tools::tolerance(1e-12));
        const double cutoff = critical || s == 256 ? s / 2 : s / 2 - band * s / 2;
        BOOST_TEST(l.out_cutoff == cutoff, boost::test_tools::tolerance(1e-12));
        BOOST_TEST(l.out_size == (i < 12 ? s + 20 : 256));
        if (i < 13) BOOST_TEST(l.out_channels == std::min(512, int(std::lround(16384 / cutoff))));
        BOOST_TEST(l.upsample_first == (row_e && !l.is_torgb));
        if (l.is_torgb) continue;
        const int up = l.out_sampling_rate > l.in_sampling_rate ? 2 : 1;
        BOOST_TEST(l.up_factor == (row_e ? up : 2 * up));
        BOOST_TEST(l.down_factor == (row_e ? 1 : 2));
        BOOST_TEST(l.up_taps == (l.up_factor == 1 ? 1 : 6 * l.up_factor));
      }
    }
  }
}

// The large steps of table 3's EQ-T, on fresh networks.
BOOST_AUTO_TEST_CASE(translations_move_the_picture) {
  ag::NoGrad inference;
  // Whole pixels of every layer's map, so that what remains is what the borders leak; and a pixel
  // of the picture, a fraction of one elsewhere, which also shows aliasing.
  std::map<char, double> whole, fraction;
  for (char row : std::string("bcdefghtr")) {
    const std::string name = std::string("stylegan3-") + row;
    const bool flexible = row == 't' || row == 'r';  // the input has 16 pixels a side, else 4
    whole[row] = translation_db(name, 64, flexible ? 4 : 16);
    fraction[row] = translation_db(name, 64, 1);
    BOOST_TEST_MESSAGE(name << ": moved by a pixel of the input " << whole[row]
                            << " dB, by a pixel of the picture " << fraction[row] << " dB");
  }
  // Row E's margin is what keeps borders out. T has more layers at low rates, where the same margin
  // is eaten up sooner.
  for (char row : std::string("bcd")) BOOST_TEST(whole[row] < 20);
  for (char row : std::string("efghr")) BOOST_TEST(whole[row] > 80);
  BOOST_TEST(whole['t'] > 40);
  // Aliasing: of unfiltered nonlinearities up to E, of critical sampling in F. The smaller steps,
  // also that from H to T, depend on the latents here.
  for (char row : std::string("bcde")) BOOST_TEST(fraction[row] < 30);
  BOOST_TEST(fraction['f'] > fraction['e'] + 3);
  for (char row : std::string("ghtr")) BOOST_TEST(fraction[row] > fraction['f'] + 15);
}

BOOST_AUTO_TEST_SUITE_END()
