// Perceptual path length of a model.
#include "cmd/measure.hpp"
#include "lib/io/output.hpp"
#include "lib/metrics/path_length_job.hpp"

namespace {

using namespace sgan;
using metrics::PathLengthSettings;

const cli::MeasuringOptions kCommon = {.samples = 50000};

const cli::Program kProgram = {
    .name = "sgan-ppl",
    .synopsis = "",
    .description =
        "Measures the perceptual path length of a model: how far its pictures move, perceptually,\n"
        "over a small step between two latents. Less is smoother.",
    .options = cli::measuring_options(
        {{"space", "w|z", "where the latents are interpolated (default w)"},
         {"sampling", "end|full", "steps at the start of the path, or anywhere (default end)"},
         {"epsilon", "E", "length of the step (default 0.0001)"},
         {"crop", "", "compare the part where the face of an aligned portrait is"},
         {"variant", "sg3|sg1",
          "as stylegan2-ada and stylegan3 measure it, or as stylegan and stylegan2 (default sg3)"},
         {"data", "DATASET", "draw the labels of samples from this data set"},
         {"distances", "FILE", "write the length of every path to FILE, one a line"}},
        kCommon),
    .examples =
        "  sgan-ppl --n 1000\n"
        "  sgan-ppl -m ffhq.sgan --features vgg16-lpips.sgan --json\n"
        "  mpirun -n 4 sgan-ppl -m ffhq.sgan --space z --sampling full --checkpoint ppl.part",
    .see_also = "sgan-linsep(1), sgan-fid(1), sgan-eq(1), sgan(7)",
    .max_files = 0,
};

PathLengthSettings settings_of(const cli::Args& args) {
  PathLengthSettings s;
  s.space = PathLengthSettings::Space(1 - args.choice("space", "w", "w|z"));
  s.sampling = PathLengthSettings::Sampling(1 - args.choice("sampling", "end", "end|full"));
  s.variant = PathLengthSettings::Variant(1 - args.choice("variant", "sg3", "sg3|sg1"));
  s.epsilon = args.number("epsilon", 1e-4, 1e-9, 1);
  s.crop = args.has("crop");
  return s;
}

void body(cli::Args& args) {
  const PathLengthSettings settings = settings_of(args);
  const cli::Model model(args);
  cli::Measuring measuring(args, kCommon);
  std::unique_ptr<io::Output>
      list;  // opened now: after hours it would be late to find it cannot be
  if (args.has("distances") && measuring.ranks().first()) {
    list = std::make_unique<io::Output>(args.text("distances", ""), false);
  }
  if (settings.epsilon < 1e-6 && measuring.ranks().first()) {
    args.warn("--epsilon ", settings.epsilon,
              ": such a step is lost in the rounding of float32; the figure is noise");
  }
  measuring.set_model(model);
  const auto data = measuring.label_data(model);
  const cli::Sampler sampler(args, model, data.get());
  const metrics::Features& features = measuring.features({"vgg16-lpips", "classifier"});
  const rt::Device device = measuring.device();
  const int64_t batch = measuring.batch(model);
  model.require_memory(2 * std::min(batch, measuring.samples()), {}, device);
  const auto net = model.generator(device);

  metrics::Job job =
      metrics::path_length_job(*net, sampler.samples(), features, settings, sampler.psi(), device);
  job.unit = batch;
  cli::Result result;
  result.metric = metrics::path_length_name(settings);
  const auto table =
      measuring.run(job, cat(result.metric, " ", args.text("variant", "sg3"), "; epsilon ",
                             settings.epsilon, "; ", sampler.identity()));
  const auto distances = table.rows.to_doubles();
  const auto summary = metrics::summarize_path_lengths(distances);
  result.value = summary.mean;
  if (summary.kept > 1)
    result.interval = {summary.mean - 1.96 * summary.error, summary.mean + 1.96 * summary.error};
  result.count = table.done();
  result.texts["variant"] = args.text("variant", "sg3");
  result.numbers["epsilon"] = settings.epsilon;
  if (list) {
    for (const double d : distances) list->write(cat(d, "\n"));
    list->finish();
  }
  measuring.report({result});
  measuring.finish();
}

}  // namespace

int main(int argc, char** argv) { return cli::run(argc, argv, kProgram, body); }
