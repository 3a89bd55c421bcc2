// Average power spectra of a model's pictures, of a data set, or of a stream of pictures.
#include <iomanip>
#include <nlohmann/json.hpp>

#include "cmd/picture_source.hpp"
#include "lib/io/output.hpp"
#include "lib/metrics/spectra_pictures.hpp"

namespace {

using namespace sgan;
using Json = nlohmann::ordered_json;

const cli::Program kProgram = {
    .name = "sgan-spectra",
    .synopsis = "[FILE]",
    .description =
        "Average power spectrum of pictures: of the model, or of the data set or the stream of\n"
        "pictures (-: stdin) in FILE. Writes its slices at 0 and 45 degrees as CSV.",
    .options = {{"data", "FILE", "the data set whose mean and deviation pictures are measured by"},
                {"mean", "X", "that mean itself, 0 to 255"},
                {"std", "X", "that deviation itself"},
                {"n", "N", "pictures (default 1000 of a model, else all)"},
                {"psi", "PSI", "truncation, of a model (default 1, none)"},
                {"class", "N", "pictures of one class, of a model (default: of all)"},
                {"batch", "N", "pictures in one pass, of a model (default: by its size)"},
                {"beta", "X", "shape of the Kaiser window (default 8)"},
                {"interp", "N", "values of the spectrum for each cycle per picture (default 4)"},
                {"smooth", "X", "smoothing, in cycles per picture; 0: none (default 1.25)"},
                {"range", "LOW,HIGH", "decibels that the pictures show (default: what there is)"},
                {"heat-map", "FILE", "draw the spectrum, a PNG"},
                {"plot", "FILE", "draw the slices, a PNG"},
                {"checkpoint", "FILE", "keep the sums so far in FILE, and go on from them"},
                {"o,output", "FILE", "write to FILE, not to stdout"},
                {"json", "", "a JSON object instead of CSV"}},
    .examples =
        "  sgan-spectra faces.zip --plot data.png > data.csv\n"
        "  sgan-spectra -m model.sgan --data faces.zip --plot model.png > model.csv\n"
        "  sgan-synth --format stream < w.bin |\n"
        "      sgan-spectra - --mean 112.7 --std 69.5 --heat-map map.png > slices.csv",
    .see_also = "sgan-eq(1), sgan-synth(1), sgan-stream(5), sgan(7)",
};

struct Settings {
  metrics::SpectraSettings spectra;
  double smooth = 1.25;
  std::optional<metrics::DecibelRange> range;
};

Settings settings_of(const cli::Args& args) {
  Settings s;
  s.spectra.beta = args.number("beta", 8, 0, 500);
  s.spectra.interp = int(args.integer("interp", 4, 1, 16));
  s.spectra.mean = args.number("mean", 0, 0, 255);
  s.spectra.deviation = args.number("std", 1, 1e-6, 255);
  s.smooth = args.number("smooth", 1.25, 0, 1000);
  const auto range = args.numbers("range", 2);
  if (!range.empty()) {
    if (!(range[0] < range[1])) cli::misuse("--range: the first number is not below the second");
    s.range = {range[0], range[1]};
  }
  if (args.has("mean") != args.has("std")) cli::misuse("--mean and --std go together");
  if (args.has("mean") && args.has("data")) cli::misuse("--mean and --data exclude each other");
  const bool twice = !args.files().empty() && args.input() != "-";
  if (!args.has("mean") && !args.has("data") && !twice) {
    cli::misuse("give --data, or --mean and --std, by which all spectra are to be measured");
  }
  return s;
}

// Mean and deviation of --data, or of the pictures themselves.
void take_statistics(cli::Measuring& measuring, const cli::PictureSource& pictures,
                     metrics::SpectraSettings& settings) {
  const cli::Args& args = measuring.args();
  if (args.has("mean")) return;
  const cli::PictureSource data =
      args.has("data") ? cli::data_pictures(args.text("data", ""), 0, 0) : pictures;
  metrics::PixelStatistics statistics;
  measuring.run(
      data.sum(statistics.sums(), [&](const rt::Tensor& batch) { statistics.add(batch); }),
      "statistics");
  check(!measuring.interrupted(), "stopped before anything was measured");
  settings.mean = statistics.mean();
  settings.deviation = statistics.deviation();
}

void write_file(const std::string& path, std::string_view bytes, bool binary) {
  io::Output output(path, binary);
  output.write(bytes.data(), bytes.size());
  output.finish();
}

// `partial`: "13/1000", or "13" of a stream, where the user has stopped it; else empty.
void write_results(const cli::Args& args, const Settings& settings,
                   const cli::PictureSource& source, const metrics::SpectraAverage& average,
                   const std::string& partial) {
  const rt::Tensor map =
      metrics::spectrum_heat_map(average.spectrum(), average.size(), settings.smooth);
  const metrics::Slice straight = metrics::slice_0(map, average.size());
  const metrics::Slice diagonal = metrics::slice_45(map, average.size());
  const auto range = settings.range.value_or(metrics::range_of(map));
  if (args.has("heat-map")) {
    write_file(args.text("heat-map", ""), metrics::heat_map_png(map, range), true);
  }
  if (args.has("plot")) {
    write_file(args.text("plot", ""), metrics::slices_png(straight, diagonal, range, partial),
               true);
  }
  std::string numbers = metrics::slices_csv(straight, diagonal);
  if (args.has("json")) {
    const auto slice = [](const metrics::Slice& s) {
      return Json{{"frequency", s.frequency}, {"decibels", s.decibels}};
    };
    Json json = {{"metric", "avg_spectra"},       {"count", average.pictures()},
                 {"source", source.name},         {"hash", source.hash},
                 {"seed", args.seed()},           {"resolution", average.size()},
                 {"mean", settings.spectra.mean}, {"std", settings.spectra.deviation},
                 {"beta", settings.spectra.beta}, {"interp", settings.spectra.interp},
                 {"smooth", settings.smooth},     {"slice0", slice(straight)},
                 {"slice45", slice(diagonal)}};
    if (!partial.empty()) json["wanted"] = source.count < 0 ? Json() : Json(source.count);
    numbers = json.dump() + "\n";
  }
  write_file(args.text("output", "-"), numbers, false);
  if (!partial.empty()) args.say(cat("stopped: the spectrum is of ", partial, " pictures"));
  args.info(average.pictures(), " pictures, mean ", settings.spectra.mean, ", deviation ",
            settings.spectra.deviation);
}

void body(cli::Args& args) {
  Settings settings = settings_of(args);
  cli::Measuring measuring(args, {.features = false});
  const cli::PictureSource source = cli::picture_source(measuring, 1000);
  take_statistics(measuring, source, settings.spectra);
  metrics::SpectraAverage average(source.size, settings.spectra);
  const auto& by = settings.spectra;
  metrics::SumJob job =
      source.sum(average.sums(), [&](const rt::Tensor& batch) { average.add(batch); });
  job.checkpoint = args.text("checkpoint", "");
  measuring.run(job, cat(std::setprecision(17), source.identity, "; mean ", by.mean, "; deviation ",
                         by.deviation, "; beta ", by.beta, "; interp ", by.interp));
  check(average.pictures() > 0, "stopped before anything was measured");
  std::string partial;
  if (measuring.interrupted()) {
    partial = cat(average.pictures(), source.count < 0 ? "" : cat("/", source.count));
  }
  if (measuring.ranks().first()) write_results(args, settings, source, average, partial);
  measuring.finish();
}

}  // namespace

int main(int argc, char** argv) { return cli::run(argc, argv, kProgram, body); }
