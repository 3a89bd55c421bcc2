// Every training phase with 16-bit layers: gradients in float32 that point where those of float32
// networks do.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <map>
#include <vector>

#include "lib/nets/presets.hpp"
#include "lib/rt/philox.hpp"
#include "lib/train/phases.hpp"

using namespace sgan;
using namespace sgan::train;
using rt::DType;
using rt::Tensor;

namespace {

Tensor normals(const rt::Shape& shape, uint64_t seed) {
  Tensor t(shape, DType::f32);
  rt::fill_normal(t, seed, 0, 0);
  return t;
}

Vars gradients_of(const std::string& row, Phase phase, DType type, bool classes, uint64_t seed) {
  const nets::Preset p = nets::preset(
      row, {.resolution = 16, .c_dim = classes ? 2 : 0, .width = 1.0 / 64, .latent_dim = 8});
  const auto g =
      nets::make_generator(p.family, p.generator, nets::random_weights(p.family, p.generator, 3),
                           rt::cpu, DType::f32, true);
  const auto d = nets::make_discriminator(
      p.discriminator_family, p.discriminator,
      nets::random_discriminator_weights(p.discriminator_family, p.discriminator, 4), rt::cpu,
      DType::f32, true);
  const Parameters gp = Parameters::of(g->parameters()), dp = Parameters::of(d->parameters());
  LossSettings s;
  s.r1_gamma = 10;
  s.pl_weight = 2;
  s.style_mixing_prob = 0.9;
  s.precision.type = type;
  Phases phases(*g, *d, gp, dp, s);
  PhiloxSource random(seed, uint64_t(phase));
  Round round;
  round.z = normals({4, g->info().z_dim}, seed + 1);
  round.real = normals({4, 16, 16, 3}, 7);
  if (classes) {
    round.labels = round.real_labels =
        Tensor::from(std::vector<float>{1, 0, 0, 1, 0, 1, 1, 0}, {4, 2});
  }
  round.random = &random;
  return phases.run(phase, round);
}

double cosine(const Vars& a, const Vars& b) {
  BOOST_REQUIRE_EQUAL(a.size(), b.size());
  double ab = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    BOOST_REQUIRE_EQUAL(a[i].defined(), b[i].defined());
    if (!a[i].defined()) continue;
    BOOST_TEST((a[i].dtype() == DType::f32));
    const auto x = a[i].value().to_doubles(), y = b[i].value().to_doubles();
    for (size_t k = 0; k < x.size(); ++k) {
      BOOST_REQUIRE(std::isfinite(x[k]));
      ab += x[k] * y[k];
      aa += x[k] * x[k];
      bb += y[k] * y[k];
    }
  }
  BOOST_REQUIRE(bb > 0);
  BOOST_TEST(aa != bb);  // 16 bits were at work
  return ab / std::sqrt(aa * bb);
}

}  // namespace

BOOST_AUTO_TEST_CASE(phases_in_16_bits_give_the_gradients_of_float32) {
  for (const char* row : {"stylegan2-e", "stylegan3-t"}) {
    for (const Phase phase : {Phase::g_main, Phase::g_reg, Phase::d_main, Phase::d_reg}) {
      if (phase == Phase::g_reg && row != std::string("stylegan2-e")) continue;
      const bool classes = phase == Phase::d_main;
      // Of several draws the middle one: where rounding moves few numbers across the kink of a
      // leaky ReLU in so small a network, one draw's gradients turn further.
      std::map<DType, std::vector<double>> cosines;
      for (const uint64_t seed : {5, 6, 7, 8, 9}) {
        const Vars want = gradients_of(row, phase, DType::f32, classes, seed);
        for (const DType type : {DType::f16, DType::bf16}) {
          cosines[type].push_back(cosine(gradients_of(row, phase, type, classes, seed), want));
        }
      }
      for (auto& [type, found] : cosines) {
        std::sort(found.begin(), found.end());
        BOOST_TEST_CONTEXT(row << " " << name_of(phase) << " " << rt::name_of(type)) {
          BOOST_TEST(found.front() > 0.9);
          BOOST_TEST(found[found.size() / 2] > 0.995);
        }
      }
    }
  }
}
