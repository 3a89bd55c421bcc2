// How well a model's pictures follow translation and rotation of its input.
#include "cmd/measure.hpp"
#include "lib/metrics/equivariance_job.hpp"

namespace {

using namespace sgan;
using metrics::Equivariance;

const cli::MeasuringOptions kCommon = {.samples = 50000, .features = false};

const cli::Program kProgram = {
    .name = "sgan-eq",
    .synopsis = "",
    .description =
        "Measures translation and rotation equivariance of a StyleGAN3 model: EQ-T in whole "
        "pixels\n"
        "and in parts of them, and EQ-R, in decibels. More is better.",
    .options = cli::measuring_options(
        {{"metric", "int|frac|rot", "only this one (default all three, which share work)"},
         {"translate-max", "X", "largest translation, in picture widths (default 0.125)"},
         {"rotate-max", "X", "largest rotation, in half turns (default 1)"},
         {"data", "DATASET", "draw the labels of samples from this data set"}},
        kCommon),
    .examples =
        "  sgan-eq -m stylegan3-t-256.sgan --n 100\n"
        "  sgan-eq -m stylegan3-r-256.sgan --metric rot --json\n"
        "  mpirun -n 4 sgan-eq -m stylegan3-t-256.sgan --n 1000 --checkpoint eq.part",
    .see_also = "sgan-ppl(1), sgan-spectra(1), sgan-synth(1), sgan(7)",
    .max_files = 0,
};

metrics::EquivarianceSettings settings_of(const cli::Args& args) {
  metrics::EquivarianceSettings settings;
  settings.translate_max = args.number("translate-max", 0.125, 0, 1);
  settings.rotate_max = args.number("rotate-max", 1, 0, 1);
  if (!args.has("metric")) return settings;
  const int only = args.choice("metric", "int", "int|frac|rot");
  for (int k = 0; k < metrics::kEquivariances; ++k) settings.wanted[k] = k == only;
  return settings;
}

std::vector<cli::Result> results_of(const metrics::Table& table, int64_t batch,
                                    const metrics::EquivarianceSettings& settings) {
  std::vector<cli::Result> results;
  for (int k = 0; k < metrics::kEquivariances; ++k) {
    if (!settings.wanted[k]) continue;
    const auto decibels = metrics::equivariance_decibels(Equivariance(k), table.rows, batch);
    cli::Result result{
        .metric = metrics::kEquivarianceNames[k], .value = decibels.value, .unit = " dB"};
    result.interval = decibels.interval;
    result.count = table.done();
    result.numbers = {{"batch", double(batch)},
                      {"translate_max", settings.translate_max},
                      {"rotate_max", settings.rotate_max}};
    results.push_back(std::move(result));
  }
  return results;
}

void body(cli::Args& args) {
  const metrics::EquivarianceSettings settings = settings_of(args);
  const cli::Model model(args);
  check(model.info().has_transform, model.file().name(), ": ", nets::name_of(model.info().family),
        " has no input transform that would move its pictures; StyleGAN3 has");
  cli::Measuring measuring(args, kCommon);
  measuring.set_model(model);
  const auto data = measuring.label_data(model);
  const cli::Sampler sampler(args, model, data.get());
  const rt::Device device = measuring.device();
  const int64_t batch = args.integer("batch", 4, 1, 1 << 16);  // as officially: a movement for 4
  nets::SynthesisOptions synthesis;
  synthesis.noise = nets::NoiseMode::random;
  model.require_memory(std::min(batch, measuring.samples()), synthesis, device);
  const auto net = model.generator(device);
  const auto job =
      metrics::equivariance_job(*net, sampler.samples(), settings, batch, sampler.psi(), device);
  const auto table = measuring.run(
      job, cat("metric ", args.text("metric", "all"), "; translate-max ", settings.translate_max,
               "; rotate-max ", settings.rotate_max, "; batch ", batch, "; ", sampler.identity()));
  measuring.report(results_of(table, batch, settings));
  measuring.finish();
}

}  // namespace

int main(int argc, char** argv) { return cli::run(argc, argv, kProgram, body); }
