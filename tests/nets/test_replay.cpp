// Batches drawn by way of recordings: the numbers of Generator::synthesize(), whatever changes from
// batch to batch.
#include "lib/nets/replay.hpp"
#include "lib/rt/cuda.hpp"
#include "tests/gpu.hpp"
#include "tests/nets/preset_test.hpp"

using namespace sgan;
using namespace sgan::nets;
using namespace sgan::nets::presets_test;
using rt::Tensor;

namespace {

bool same(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && a.to_doubles() == b.to_doubles();
}

// Three batches of two and a last one of one, as sgan-synth draws them.
void check_batches(const Generator& net, Replay& replay, SynthesisOptions options,
                   rt::Device device) {
  const ag::NoGrad quiet;
  for (const int64_t n : {2, 2, 2, 1}) {
    Tensor ws({n, net.info().num_ws, net.info().w_dim}, rt::DType::f32, device);
    rt::fill_normal(ws, uint64_t(options.first_index), 5);
    const Tensor want = net.synthesize(ws, options).value();
    BOOST_TEST(same(replay(ws, options), want));
    options.first_index += n;
  }
}

SynthesisOptions random_noise_options() {
  SynthesisOptions o;
  o.noise = NoiseMode::random;
  o.noise_seed = 4;
  return o;
}

std::unique_ptr<Generator> on(const char* name, rt::Device device) {
  const Preset p = preset(name, tiny());
  return make_generator(p.family, p.generator, weights_of(p), device);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(replay)

BOOST_AUTO_TEST_CASE(batches_are_those_of_plain_passes) {
  for (const char* name : {"progan", "stylegan1-f", "stylegan2-e", "stylegan3-t"}) {
    BOOST_TEST_CONTEXT(name) {
      const auto net = on(name, rt::cpu);
      Replay plain(*net), everywhere(*net, true);
      for (SynthesisOptions o : {SynthesisOptions(), random_noise_options()}) {
        if (net->info().has_half) o.precision.type = rt::DType::f16;
        check_batches(*net, plain, o, rt::cpu);
        check_batches(*net, everywhere, o, rt::cpu);
      }
      BOOST_TEST(plain.stats().plain == 0);
      // The first pass with random noise tells its layers.
      BOOST_TEST(everywhere.stats().plain == (net->info().has_noise ? 7 : 8));
    }
  }
}

BOOST_AUTO_TEST_CASE(levels_of_detail_have_noise_of_their_own) {
  const auto net = on("stylegan1-f", rt::cpu);
  Replay replay(*net, true);
  for (const double lod : {0.0, 1.5, 3.0, 1.5, 0.0}) {
    SynthesisOptions o = random_noise_options();
    o.lod = lod;
    check_batches(*net, replay, o, rt::cpu);
  }
}

BOOST_AUTO_TEST_CASE(what_tests_look_into_is_not_recorded) {
  const auto net = on("stylegan2-e", rt::cpu);
  Replay replay(*net, true);
  int seen = 0;
  SynthesisOptions o;
  o.probe = [&](const std::string&, const ag::Var&) { ++seen; };
  check_batches(*net, replay, o, rt::cpu);
  BOOST_TEST(seen > 0);
  BOOST_TEST(replay.stats().plain == 0);
}

BOOST_AUTO_TEST_CASE(a_gpu_repeats_without_waiting, *needs_gpu()) {
  for (const char* name : {"stylegan2-e", "stylegan2-gresnet-dorig", "stylegan3-t", "stylegan3-r",
                           "stylegan1-f", "progan"}) {
    for (const auto type : {rt::DType::f32, rt::DType::f16, rt::DType::bf16}) {
      BOOST_TEST_CONTEXT(name << " " << rt::name_of(type)) {
        const auto net = on(name, gpu);
        if (type != rt::DType::f32 && !net->info().has_half) continue;
        Replay replay(*net);
        for (SynthesisOptions o : {SynthesisOptions(), random_noise_options()}) {
          o.precision.type = type;
          check_batches(*net, replay, o, gpu);
          if (!net->info().has_noise) break;
          const Tensor ws =
              Tensor::full({2, net->info().num_ws, net->info().w_dim}, 0.5, rt::DType::f32, gpu);
          for (int i = 0; i < 3; ++i) replay(ws, o);
          const int64_t waits = rt::cuda::waits();
          replay(ws, o);
          BOOST_TEST(rt::cuda::waits() == waits);
        }
        BOOST_TEST(replay.stats().refusal == "");
        BOOST_TEST(replay.stats().recorded > 0);
        BOOST_TEST(replay.stats().repeated > 0);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
