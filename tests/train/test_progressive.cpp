// The steps of training networks that grow: gradients against differences in double, styles mixed
// among the layers that show, running means.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "lib/nets/discriminator.hpp"
#include "lib/ops/reduce.hpp"
#include "lib/rt/error.hpp"
#include "lib/rt/philox.hpp"
#include "lib/train/phases.hpp"
#include "lib/train/recipes.hpp"

using namespace sgan;
using ag::Var;
using nlohmann::json;
using train::Loss;
using train::Phase;

namespace {

constexpr int side = 16, labels = 3, batch = 4;

rt::Tensor normal(const rt::Shape& shape, uint64_t stream) {
  rt::Tensor t(shape, rt::DType::f32);
  rt::fill_normal(t, 5, stream);
  return t.to(rt::DType::f64);
}

// Row n is class n mod labels.
rt::Tensor one_hot() {
  std::vector<double> v(size_t(batch * labels), 0);
  for (int n = 0; n < batch; ++n) v[size_t(n * labels + n % labels)] = 1;
  return rt::Tensor::from(v, rt::Shape({batch, labels}));
}

struct Training {
  std::unique_ptr<nets::Generator> g;
  std::unique_ptr<nets::Discriminator> d;
  train::Parameters g_parameters, d_parameters;
  std::unique_ptr<train::Phases> phases;
  train::Round round;
  double total = 0;  // of the last run: mean loss plus mean penalty
  std::map<std::string, std::vector<double>> told;

  Training(nets::Family family, bool labelled, const train::LossSettings& loss,
           nets::Family d_family) {
    const bool grows = family != nets::Family::stylegan2;
    json g_args, d_args = {{"resolution", side},
                           {"num_channels", 3},
                           {"fmap_base", 32},
                           {"fmap_max", 6},
                           {"label_size", labelled ? labels : 0}};
    if (grows) {
      g_args = d_args;
      g_args.update(
          {{"latent_size", 5}, {"dlatent_size", 6}, {"mapping_fmaps", 6}, {"mapping_layers", 2}});
    } else {
      g_args = {{"img_resolution", side},
                {"z_dim", 5},
                {"w_dim", 6},
                {"channel_base", 64},
                {"channel_max", 6},
                {"c_dim", labelled ? labels : 0},
                {"architecture", "grow"},
                {"mapping_kwargs", {{"num_layers", 2}}}};
    }
    const auto f64 = rt::DType::f64;
    g = nets::make_generator(family, g_args, nets::random_weights(family, g_args, 3), rt::cpu, f64,
                             true);
    d = nets::make_discriminator(d_family, d_args,
                                 nets::random_discriminator_weights(d_family, d_args, 4), rt::cpu,
                                 f64, true);
    g_parameters = train::Parameters::of(g->parameters());
    d_parameters = train::Parameters::of(d->parameters());
    // Away from the initial zeros of biases, so that every gradient is there.
    for (const auto* p : {&g_parameters, &d_parameters}) {
      for (size_t i = 0; i < p->vars.size(); ++i) {
        if (!p->names[i].ends_with("bias")) continue;
        rt::Tensor t = p->vars[i].value();
        const auto noise = normal(t.shape(), 50 + i).to_doubles();
        for (size_t k = 0; k < noise.size(); ++k) t.data<double>()[k] += 0.1 * noise[k];
      }
    }
    phases = std::make_unique<train::Phases>(*g, *d, g_parameters, d_parameters, loss);
    phases->report = [this](const std::string& name, const Var& v) {
      told[name] = v.value().to_doubles();
    };
    round.z = normal({batch, 5}, 1);
    round.real = normal({batch, side, side, 3}, 2);
    if (labelled) round.labels = round.real_labels = one_hot();
  }
  Training(nets::Family family, bool labelled, const train::LossSettings& loss)
      : Training(family, labelled, loss, family) {}

  // Random numbers and running means start alike every time.
  ag::Vars run(Phase phase, double lod) {
    train::PhiloxSource random(7, 8);
    round.random = &random;
    told.clear();
    phases->pl_mean().copy_from(rt::Tensor::full({}, 0.1, rt::DType::f64));
    round.lod = lod;
    const ag::Vars gradients = phases->run(phase, round);
    total = 0;
    for (const char* name : {"Loss/G/loss", "Loss/G/reg", "Loss/D/loss", "Loss/D/reg"}) {
      const auto found = told.find(name);
      if (found == told.end()) continue;
      double sum = 0;
      for (const double v : found->second) sum += v;
      total += sum / double(found->second.size());
    }
    return gradients;
  }
  const train::Parameters& of(Phase phase) const {
    return train::trains_generator(phase) ? g_parameters : d_parameters;
  }
};

// Gradients against central differences at one number of every parameter. Returns how many
// parameters had a gradient.
int check_gradients(Training& t, Phase phase, double lod) {
  const ag::Vars gradients = t.run(phase, lod);
  const train::Parameters& p = t.of(phase);
  BOOST_REQUIRE_EQUAL(gradients.size(), p.vars.size());
  const double h = 1e-6;
  double largest = 0;
  for (const Var& g : gradients) {
    if (!g.defined()) continue;
    for (const double v : g.value().to_doubles()) largest = std::max(largest, std::abs(v));
  }
  BOOST_TEST(largest > 1e-3);
  int present = 0;
  for (size_t i = 0; i < p.vars.size(); ++i) {
    present += gradients[i].defined();
    const rt::Tensor value = p.vars[i].value();
    const auto got = gradients[i].defined() ? gradients[i].value().to_doubles()
                                            : std::vector<double>(size_t(value.numel()), 0);
    const int64_t k = int64_t(7 * i) % value.numel();
    double& at = value.data<double>()[k];
    const double kept = at;
    at = kept + h;
    t.run(phase, lod);
    const double above = t.total;
    at = kept - h;
    t.run(phase, lod);
    const double below = t.total;
    at = kept;
    const double expected = (above - below) / (2 * h);
    BOOST_TEST_CONTEXT(train::name_of(phase) << " lod " << lod << " " << p.names[i] << " " << k) {
      BOOST_CHECK_SMALL(got[size_t(k)] - expected, 2e-6 * (largest + std::abs(t.total)));
    }
  }
  return present;
}

train::LossSettings wgan_gp() { return train::LossSettings::from(train::recipe("progan", side)); }

}  // namespace

BOOST_AUTO_TEST_SUITE(progressive)

BOOST_AUTO_TEST_CASE(progan_wgan_gp_with_labels) {
  Training t(nets::Family::progan, true, wgan_gp());
  const int g = check_gradients(t, Phase::g_both, 0.4), d = check_gradients(t, Phase::d_both, 0.4);
  // Only the coarsest colours do not show between the two finest of three levels.
  BOOST_TEST(g == int(t.g_parameters.vars.size()) - 2);
  BOOST_TEST(d == int(t.d_parameters.vars.size()) - 2);
  BOOST_TEST(t.told.count("Loss/gradient_penalty") == 1);
  // Layers that do not show have no gradient.
  const int coarse = check_gradients(t, Phase::d_both, 1);
  BOOST_TEST(coarse < d);
}

BOOST_AUTO_TEST_CASE(stylegan1_logistic_with_r1) {
  auto loss = train::LossSettings::from(train::recipe("stylegan1-f", side));
  loss.style_mixing_prob = 1;
  Training t(nets::Family::stylegan1, false, loss);
  check_gradients(t, Phase::g_both, 0.4);
  check_gradients(t, Phase::d_both, 0.4);
  check_gradients(t, Phase::d_reg, 1);
}

BOOST_AUTO_TEST_CASE(stylegan1_conditional_hinge_with_r2) {
  train::LossSettings loss;
  loss.loss = Loss::hinge;
  loss.r2_gamma = 3;
  loss.gp_lambda = 2;
  loss.gp_target = 5;
  Training t(nets::Family::stylegan1, true, loss);
  check_gradients(t, Phase::d_both, 0.3);
  check_gradients(t, Phase::g_main, 0.3);
}

// StyleGAN2's rows B to D: its generator grows beside StyleGAN1's discriminator.
BOOST_AUTO_TEST_CASE(stylegan2_growing_with_path_length) {
  auto loss = train::LossSettings::from(train::recipe("stylegan2-d", side));
  Training t(nets::Family::stylegan2, false, loss, nets::Family::stylegan1);
  check_gradients(t, Phase::g_both, 0.4);
}

// Main and regularisation phase together are the "both" phase, where nothing is drawn twice.
BOOST_AUTO_TEST_CASE(phases_add_up) {
  train::LossSettings loss;
  loss.r1_gamma = 10;
  Training t(nets::Family::stylegan1, false, loss);
  const ag::Vars both = t.run(Phase::d_both, 0.4);
  ag::Vars sum = t.run(Phase::d_main, 0.4);
  train::add_gradients(sum, t.run(Phase::d_reg, 0.4));
  for (size_t i = 0; i < both.size(); ++i) {
    BOOST_REQUIRE_EQUAL(both[i].defined(), sum[i].defined());
    if (!both[i].defined()) continue;
    const auto a = both[i].value().to_doubles(), b = sum[i].value().to_doubles();
    for (size_t k = 0; k < a.size(); ++k) BOOST_CHECK_SMALL(a[k] - b[k], 1e-9);
  }
  t.round.gain = 16;
  const ag::Vars lazy = t.run(Phase::d_reg, 0.4);
  t.round.gain = 1;
  const ag::Vars once = t.run(Phase::d_reg, 0.4);
  BOOST_CHECK_CLOSE(lazy[0].value().to_doubles()[0], 16 * once[0].value().to_doubles()[0], 1e-6);
}

BOOST_AUTO_TEST_CASE(styles_are_cut_where_layers_show) {
  train::PhiloxSource random(1, 2);
  std::map<int64_t, int> counts;
  for (int i = 0; i < 6000; ++i) ++counts[train::mixing_cutoff(random, 0.9, 6)];
  BOOST_TEST(counts.size() == 6);
  BOOST_TEST(counts.begin()->first == 1);
  BOOST_CHECK_SMALL(counts[6] - 600.0, 100.0);  // no mixing
  for (int cut = 1; cut < 6; ++cut) BOOST_CHECK_SMALL(counts[cut] - 1080.0, 130.0);
  BOOST_TEST(train::mixing_cutoff(random, 0, 6) == 6);
  BOOST_TEST(train::mixing_cutoff(random, 1, 2) == 1);
  BOOST_TEST(train::mixing_cutoff(random, 1, 1) == 1);
}

// At 4x4 there are two layers, so that a mixed picture is cut between them; ProGAN has nothing to
// mix.
BOOST_AUTO_TEST_CASE(mixing_at_the_coarsest_level) {
  train::LossSettings loss;
  loss.style_mixing_prob = 1;
  struct Cuts : train::PhiloxSource {
    using PhiloxSource::PhiloxSource;
    std::set<int64_t> highs;
    int64_t integer(int64_t low, int64_t high) override {
      highs.insert(high);
      return PhiloxSource::integer(low, high);
    }
  };
  Cuts cuts(7, 8);
  Training t(nets::Family::stylegan1, false, loss);
  t.round.random = &cuts;
  for (const double lod : {2.0, 1.5, 1.0, 0.5, 0.0}) {
    t.round.lod = lod;
    t.phases->run(Phase::g_main, t.round);
  }
  BOOST_TEST(cuts.highs == std::set<int64_t>({1, 3, 5}), boost::test_tools::per_element());
  Training p(nets::Family::progan, false, loss);
  Cuts none(7, 8);
  p.round.random = &none;
  p.round.lod = 0;
  p.phases->run(Phase::g_main, p.round);
  BOOST_TEST(none.highs.empty());
}

BOOST_AUTO_TEST_CASE(the_mean_w_follows_the_first_latents) {
  train::LossSettings loss;
  loss.style_mixing_prob = 1;
  loss.w_avg_beta = 0.9;
  Training t(nets::Family::stylegan1, false, loss);
  const auto before = t.g->mean_w().to_doubles();
  Var w;
  {
    const ag::NoGrad quiet;
    w = ops::mean(t.g->map(t.round.z, {}, 1, -1), {0, 1});
  }
  t.run(Phase::d_main, 0);
  const auto now = w.value().to_doubles(), after = t.g->mean_w().to_doubles();
  for (size_t i = 0; i < after.size(); ++i) {
    BOOST_CHECK_CLOSE(after[i], 0.1 * now[i] + 0.9 * before[i], 1e-9);
  }
  t.run(Phase::d_reg, 0);
  BOOST_TEST(t.g->mean_w().to_doubles() == after, boost::test_tools::per_element());
}

// What the discriminator sees can be changed on the way, for generated and real pictures.
BOOST_AUTO_TEST_CASE(a_view) {
  train::LossSettings loss;
  loss.r1_gamma = 10;
  Training t(nets::Family::stylegan1, false, loss);
  int seen = 0;
  t.round.view = [&](const Var& x) {
    ++seen;
    return ops::scale(x, 0.5);
  };
  check_gradients(t, Phase::g_main, 0);
  seen = 0;
  t.run(Phase::d_both, 0);
  BOOST_TEST(seen == 2);
}

BOOST_AUTO_TEST_CASE(bad_input) {
  Training t(nets::Family::progan, false, wgan_gp());
  t.round.random = nullptr;
  BOOST_CHECK_THROW(t.phases->run(Phase::g_main, t.round), Error);
  t.round.real = normal({batch - 1, side, side, 3}, 2);
  BOOST_CHECK_THROW(t.run(Phase::d_both, 0), Error);
  BOOST_CHECK_THROW(train::LossSettings::from({{"loss", "lsgan"}}), Error);
  BOOST_CHECK_THROW(train::LossSettings::from(json::object()), Error);
}

BOOST_AUTO_TEST_SUITE_END()
