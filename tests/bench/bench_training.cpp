// Seconds for 1000 pictures of training and its peak memory, with random pictures and weights, and
// where the time goes: bench_training [CONFIG [rounds]]; without a config it lists them.
// SGAN_DEVICE names the device; on a GPU the four highest resolutions are float16, as in training.
// A round is what 16 iterations have on average: generator and discriminator steps, path length
// every 4th, R1 every 16th, each with its step of the optimiser.
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <nlohmann/json.hpp>

#include "kernels/activation.hpp"
#include "lib/ag/profile.hpp"
#include "lib/nets/discriminator.hpp"
#include "lib/nets/generator.hpp"
#include "lib/ops/bias_act.hpp"
#include "lib/ops/reduce.hpp"
#include "lib/rt/memory.hpp"
#include "lib/rt/philox.hpp"
#include "lib/train/adam.hpp"
#include "tests/bench/machine.hpp"

using namespace sgan;
using ag::Var;
using ag::Vars;
using nlohmann::json;

namespace {

struct Config {
  const char* name;
  nets::Family family;
  int resolution, base, most, batch;
  bool path_length, gpu = false;
};

constexpr Config configs[] = {
    {"stylegan2-32", nets::Family::stylegan2, 32, 2048, 128, 32, true},
    {"stylegan2-64", nets::Family::stylegan2, 64, 8192, 256, 16, true},
    {"stylegan3-t-32", nets::Family::stylegan3, 32, 2048, 64, 16, false},
    {"stylegan2-256", nets::Family::stylegan2, 256, 16384, 512, 32, true, true},
    {"stylegan3-t-256", nets::Family::stylegan3, 256, 32768, 512, 32, false, true},
};

class Training {
 public:
  Training(const Config& c, rt::Device device)
      : c_(c),
        device_(device),
        precision_{device.is_cuda() ? rt::DType::f16 : rt::DType::f32, 4},
        args_{{"img_resolution", c.resolution}, {"channel_base", c.base}, {"channel_max", c.most}},
        g_(nets::make_generator(c.family, args_, nets::random_weights(c.family, args_, 1), device,
                                rt::DType::f32, true)),
        d_(nets::make_discriminator(
            nets::Family::stylegan2, args_,
            nets::random_discriminator_weights(nets::Family::stylegan2, args_, 2), device,
            rt::DType::f32, true)),
        g_parameters_(train::Parameters::of(g_->parameters())),
        d_parameters_(train::Parameters::of(d_->parameters())) {}

  void generator() {
    const Var verdict = score(pictures(c_.batch));
    step(mean_softplus(verdict, -1), g_parameters_.vars, g_optimiser_);
  }

  void path_length() {
    const int n = c_.batch / 2;
    const Var ws = g_->map(normal({n, g_->info().z_dim}), {}, 1, -1);
    const Var image = synthesize(ws);
    const Var y = ops::scale(normal(image.shape()), 1.0 / c_.resolution);
    const Var slope =
        ag::grad(ops::sum_all(ops::multiply(image, y)), std::span(&ws, 1), {}, true)[0];
    const Var length = ops::sqrt(ops::mean(ops::sum(ops::square(slope), {2}), {1}));
    step(ops::mean(ops::square(ops::affine(length, 1, -0.5)), {0}), g_parameters_.vars,
         g_optimiser_);
  }

  void discriminator() {
    Var fake;
    {
      const ag::NoGrad quiet;
      fake = pictures(c_.batch);
    }
    // One step with both gradients.
    Vars sum = gradients(mean_softplus(score(fake), 1), d_parameters_.vars);
    const Vars more = gradients(mean_softplus(score(reals()), -1), d_parameters_.vars);
    for (size_t i = 0; i < sum.size(); ++i) {
      if (more[i].defined()) sum[i] = sum[i].defined() ? ops::add(sum[i], more[i]) : more[i];
    }
    check(d_optimiser_.step(sum) == 0, "a gradient is not a number");
  }

  void r1() {
    const Var real = Var::leaf(reals().value());
    const Var verdict = ops::sum_all(score(real));
    const Var slope = ag::grad(verdict, std::span(&real, 1), {}, true)[0];
    step(ops::scale(ops::sum_all(ops::square(slope)), 0.5 / c_.batch), d_parameters_.vars,
         d_optimiser_);
  }

 private:
  Var normal(const rt::Shape& shape) {
    const rt::Tensor t(shape, rt::DType::f32);
    rt::fill_normal(t, 7, count_++);
    return t.to(device_);
  }
  Var reals() { return normal({c_.batch, c_.resolution, c_.resolution, 3}); }
  Var synthesize(const Var& ws) {
    return g_->synthesize(
        ws, {.noise = nets::NoiseMode::random, .noise_seed = count_++, .precision = precision_});
  }
  Var score(const Var& pictures) { return d_->score(pictures, {}, {.precision = precision_}); }
  Var pictures(int n) { return synthesize(g_->map(normal({n, g_->info().z_dim}), {}, 1, -1)); }
  static Var mean_softplus(const Var& score, double sign) {
    const Var terms = ops::bias_act(ops::scale(score, sign), {}, {.act = ops::Act::softplus});
    return ops::scale(ops::sum_all(terms), 1.0 / double(score.size(0)));
  }
  static Vars gradients(const Var& loss, const Vars& parameters) {
    return ag::grad(loss, parameters, {}, ag::Graph::release);
  }
  static void step(const Var& loss, const Vars& parameters, train::Adam& optimiser) {
    check(optimiser.step(gradients(loss, parameters)) == 0, "a gradient is not a number");
  }

  Config c_;
  rt::Device device_;
  nets::Precision precision_;
  json args_;
  std::unique_ptr<nets::Generator> g_;
  std::unique_ptr<nets::Discriminator> d_;
  train::Parameters g_parameters_, d_parameters_;
  train::Adam g_optimiser_{g_parameters_, {}}, d_optimiser_{d_parameters_, {}};
  uint64_t count_ = 1;
};

// Wall time and processor time: on a machine with other work only the second says much.
struct Time {
  double wall = 0, cpu = 0;
};
double cpu_now() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return double(t.tv_sec) + 1e-9 * double(t.tv_nsec);
}

void print_operators(const ag::Profile& profile) {
  double total = 0;
  std::vector<std::pair<std::string, ag::Profile::Row>> sorted;
  for (const auto& row : profile.rows()) {
    total += row.second.seconds;
    sorted.push_back(row);
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.second.seconds > b.second.seconds; });
  for (const auto& [name, row] : sorted) {
    if (row.seconds < 0.01 * total) continue;
    std::printf("      %-24s %5ld %9.1f ms %5.1f%% %8.2f GB/s\n", name.c_str(), long(row.calls),
                row.seconds * 1e3, 100 * row.seconds / total, row.work.bytes / row.seconds * 1e-9);
  }
}

int run(const Config& c, rt::Device device, int rounds) {
  Training training(c, device);
  struct Phase {
    const char* name;
    void (Training::*step)();
    double every;
  };
  std::vector<Phase> phases{{"generator", &Training::generator, 1},
                            {"discriminator", &Training::discriminator, 1},
                            {"r1", &Training::r1, 16}};
  if (c.path_length) phases.insert(phases.begin() + 1, {"path length", &Training::path_length, 4});
  Time total;
  size_t peak = 0;
  for (const Phase& p : phases) {
    rt::reset_peak(device);
    std::vector<double> walls, cpus;
    for (int i = 0; i <= rounds; ++i) {  // the first one warms up
      const double before = cpu_now();
      const auto start = std::chrono::steady_clock::now();
      (training.*p.step)();
      rt::synchronize(device);
      if (i == 0 && rounds > 0) continue;
      walls.push_back(bench::seconds_since(start));
      cpus.push_back(cpu_now() - before);
    }
    const auto median = [](std::vector<double>& v) {
      std::sort(v.begin(), v.end());
      return v[v.size() / 2];
    };
    const Time t{median(walls), median(cpus)};
    total.wall += t.wall / p.every;
    total.cpu += t.cpu / p.every;
    const size_t here = rt::memory_stats(device).peak;
    peak = std::max(peak, here);
    std::printf("    %-14s %8.3f s, processor %8.3f s, peak %5zu MiB\n", p.name, t.wall, t.cpu,
                here >> 20);
    if (device.is_cuda()) continue;  // operators return before they are done
    ag::Profile profile;
    (training.*p.step)();
    print_operators(profile);
  }
  const double kimg = 1000.0 / c.batch;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "%-16s batch %d, %d threads: %.1f s per 1000 pictures, processor %.1f s, peak %ld MiB "
      "(tensors %zu MiB)\n",
      c.name, c.batch, kernels::num_threads(), total.wall * kimg, total.cpu * kimg,
      usage.ru_maxrss / 1024, peak >> 20);
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  const char* name = std::getenv("SGAN_DEVICE");
  const rt::Device device = rt::parse_device(name ? name : "cpu");
  if (argc < 2) {
    for (const Config& c : configs) {
      if (device.is_cuda() || !c.gpu) std::puts(c.name);
    }
    return 0;
  }
  const auto c = std::find_if(std::begin(configs), std::end(configs),
                              [&](const Config& k) { return !std::strcmp(k.name, argv[1]); });
  if (c == std::end(configs)) return std::fprintf(stderr, "no config %s\n", argv[1]), 2;
  return run(*c, device, argc > 2 ? std::max(0, std::atoi(argv[2])) : 3);
} catch (const std::exception& e) {
  return std::fprintf(stderr, "bench_training: %s\n", e.what()), 1;
}
