// Distances between the distributions of two sets of pictures.
#include <functional>
#include <memory>
#include <optional>

#include "cmd/measure.hpp"
#include "cmd/pictures.hpp"
#include "lib/metrics/feature_jobs.hpp"
#include "lib/metrics/scores.hpp"

namespace {

using namespace sgan;
using metrics::ScoreSettings;

const cli::MeasuringOptions kCommon = {.samples = 50000};

const cli::Program kProgram = {
    .name = "sgan-fid",
    .synopsis = "[PICTURES]",
    .description =
        "Compares the pictures of a model, or PICTURES (a folder, zip or array; - for a stream on\n"
        "stdin), with a data set: FID, KID, precision and recall, inception score.",
    .options = cli::measuring_options(
        {{"data", "DATASET", "the real pictures"},
         {"metrics", "LIST", "of fid, kid, pr, is, such as fid,pr (default fid)"},
         {"variant", "sg3|sg1",
          "covariances divided by n, as stylegan2-ada and stylegan3, or by n - 1 (default sg3)"},
         {"neighbours", "K", "of precision and recall (default 3)"},
         {"splits", "N", "of the inception score (default 10)"},
         {"mirror", "", "count every real picture mirrored as well"},
         {"max-real", "N", "a random N of the real pictures"},
         {"cache", "DIR", "where the features of data sets are kept, or none"}},
        kCommon),
    .examples =
        "  sgan-fid --data emoji.zip --n 1000\n"
        "  sgan-fid -m ffhq.sgan --data ffhq.zip --features inception.sgan --metrics "
        "fid,kid,pr,is\n"
        "  sgan-z -n 1000 | sgan-map | sgan-synth --format stream | sgan-fid --data faces.zip -\n"
        "  sgan-fid generated/ --data faces.zip --json",
    .see_also = "sgan-ppl(1), sgan-data(1), sgan(7)",
    .max_files = 1,
};

ScoreSettings settings_of(const cli::Args& args) {
  ScoreSettings s;
  try {
    metrics::choose_scores(args.text("metrics", "fid"), s);
  } catch (const Error& error) {
    cli::misuse("--metrics: ", error.what());
  }
  s.covariance = metrics::Covariance(args.choice("variant", "sg3", "sg3|sg1"));
  s.neighbours = int(args.integer("neighbours", 3, 1, 1000));
  s.splits = int(args.integer("splits", 10, 1, 100000));
  s.seed = uint32_t(args.seed());
  s.full = !args.has("max-real");
  if (s.needs_real() && !args.has("data"))
    cli::misuse("--data DATASET: the real pictures are missing");
  if (args.files().empty()) return s;
  for (const char* option : {"model", "psi", "class", "checkpoint"}) {
    if (args.has(option)) cli::misuse("--", option, " goes with a model, not with PICTURES");
  }
  return s;
}

// The features of the data set; nothing when the user has stopped it.
std::optional<rt::Tensor> real_features(cli::Measuring& measuring,
                                        const metrics::Features& features,
                                        const io::Dataset& data) {
  const cli::Args& args = measuring.args();
  const std::string choice = cat(args.has("mirror") ? "mirrored as well" : "as they are",
                                 ", at most ", args.text("max-real", "all"));
  const std::string directory =
      args.has("cache") ? args.text("cache", "") : metrics::cache_directory();
  cli::Progress progress(args, "real pictures", data.info().count);
  const auto table = metrics::dataset_features(
      data, choice, features, metrics::columns_of(features, false), measuring.device(),
      measuring.ranks(),
      {[&](int64_t count) { progress.add(count * measuring.ranks().size()); },
       [&] { return measuring.interrupted(); }, [&](const std::string& line) { args.warn(line); }},
      directory == "none" ? "" : directory);
  if (!table.complete()) return std::nullopt;
  return table.rows;
}

// What takes the features to be compared. All that may be wrong with the model or the pictures is
// said here already: those of the data set may take hours.
std::function<rt::Tensor()> generated_features(cli::Measuring& measuring,
                                               const metrics::Features& features,
                                               const metrics::Columns& columns,
                                               const io::Dataset* data) {
  const cli::Args& args = measuring.args();
  if (!args.files().empty()) return cli::features_of_pictures(measuring, features, columns);
  const auto model = std::make_shared<const cli::Model>(args);
  const auto sampler = std::make_shared<const cli::Sampler>(args, *model, data);
  const int64_t batch = measuring.batch(*model);
  measuring.set_model(*model);
  model->require_memory(std::min(batch, measuring.samples()), {.noise = nets::NoiseMode::random},
                        measuring.device());
  return [&, model, sampler, batch] {
    const auto net = model->generator(measuring.device());
    auto job = metrics::generated_features_job(*net, sampler->samples(), features, columns,
                                               sampler->psi(), measuring.device());
    job.unit = batch;
    return measuring
        .run(job,
             cat("columns ", columns.pool, " and ", columns.classes, "; ", sampler->identity()))
        .rows;
  };
}

// Scores that so few samples cannot give are said before the work, and left out of an estimate.
void leave_out(ScoreSettings& settings, int64_t samples) {
  settings.fid = settings.fid && samples >= 2;
  settings.kid = settings.kid && samples >= 2;
  settings.pr = settings.pr && samples > settings.neighbours;
  settings.is = settings.is && samples >= settings.splits;
}

void refuse_few(const ScoreSettings& settings, int64_t samples) {
  if (settings.is && samples < settings.splits) {
    cli::misuse("--n ", samples, ": fewer samples than --splits ", settings.splits);
  }
  if (settings.pr && samples <= settings.neighbours) {
    cli::misuse("--n ", samples, ": precision and recall need more than ", settings.neighbours);
  }
  if ((settings.fid || settings.kid) && samples < 2) {
    cli::misuse("--n ", samples, ": two samples at least make a distribution");
  }
}

// A conditional model draws its labels as the data set has them.
bool needs_labels(const cli::Args& args) {
  return args.files().empty() && !args.has("class") && cli::Model(args).info().c_dim > 0;
}

void body(cli::Args& args) {
  ScoreSettings settings = settings_of(args);
  const int64_t most = args.integer("max-real", 0, 1, int64_t{1} << 40);
  cli::Measuring measuring(args, kCommon);
  if (args.files().empty() || args.has("n")) refuse_few(settings, measuring.samples());
  std::unique_ptr<io::Dataset> data;
  if (args.has("data")) {
    data = io::open_dataset(
        args.text("data", ""),
        {.labels = needs_labels(args), .max_images = most, .mirror = args.has("mirror")});
    const int64_t count = data->info().count / (args.has("mirror") ? 2 : 1);
    check(count >= most, data->info().path, ": has ", count, " pictures, --max-real asks for ",
          most);
    measuring.set_data(data->info());
  }
  const auto& features = measuring.features({"inception-v3", "classifier"});
  const auto columns = metrics::columns_of(features, settings.is);
  const auto take_generated = generated_features(measuring, features, columns, data.get());
  // First the real ones: they stay, while what a model draws is gone after an interruption.
  std::optional<rt::Tensor> real;
  if (settings.needs_real()) {
    real = real_features(measuring, features, *data);
    if (!real) {
      if (measuring.ranks().first())
        args.say("stopped at the features of the data set; the next run goes on from there");
      return measuring.finish();
    }
  }
  const rt::Tensor generated = take_generated();
  settings.samples = measuring.samples();
  if (measuring.interrupted()) leave_out(settings, generated.size(0));
  for (const auto& [rows, whose] :
       {std::pair{generated, "generated"}, {real.value_or(generated), "real"}}) {
    if (settings.fid && rows.size(0) <= columns.pool && measuring.ranks().first())
      args.warn("FID of ", rows.size(0), " ", whose, " samples and ", columns.pool,
                " features: the covariance is rank deficient, which makes the distance larger");
  }
  // Every process computes them: the others would wait otherwise.
  std::vector<cli::Result> results;
  for (const auto& score :
       metrics::scores(generated, real.value_or(rt::Tensor()), columns, settings)) {
    cli::Result result{.metric = score.name, .value = score.value, .count = generated.size(0)};
    result.numbers = score.more;
    result.published = score.published;
    if (real) result.numbers["real_count"] = double(real->size(0));
    if (score.name.starts_with("fid")) result.texts["variant"] = args.text("variant", "sg3");
    results.push_back(std::move(result));
  }
  measuring.report(results);
  measuring.finish();
}

}  // namespace

int main(int argc, char** argv) { return cli::run(argc, argv, kProgram, body); }
