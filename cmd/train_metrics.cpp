#include "cmd/train_metrics.hpp"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cmd/measure.hpp"
#include "cmd/metric_log.hpp"
#include "cmd/signals.hpp"
#include "lib/io/model.hpp"
#include "lib/metrics/equivariance_job.hpp"
#include "lib/metrics/path_length_job.hpp"
#include "lib/metrics/scores.hpp"

namespace sgan::cli {
namespace {

using Clock = std::chrono::steady_clock;
using Named = std::vector<std::pair<std::string, double>>;  // results under their official names

constexpr const char* kKnown[] = {"fid", "kid", "pr", "is", "ppl", "eqt", "eqr"};

std::vector<std::string> chosen(const Args& args) {
  std::vector<std::string> list;
  std::istringstream text(args.text("metrics", ""));
  for (std::string name; std::getline(text, name, ',');) {
    if (std::find(std::begin(kKnown), std::end(kKnown), name) == std::end(kKnown)) {
      misuse("--metrics: '", name, "' is not one of fid, kid, pr, is, ppl, eqt, eqr");
    }
    list.push_back(name);
  }
  return list;
}

}  // namespace

struct TrainMetrics::Inner {
  const Args& args;
  dist::Communicator& ranks;
  rt::Device device;
  std::vector<std::string> wanted;
  int64_t samples;
  std::unique_ptr<metrics::Features> distance, pool;
  const nets::Generator* net = nullptr;  // of the snapshot that is measured
  metrics::Samples drawn;

  bool wants(const std::string& name) const {
    return std::find(wanted.begin(), wanted.end(), name) != wanted.end();
  }
  bool wants_scores() const { return wants("fid") || wants("kid") || wants("pr") || wants("is"); }

  std::unique_ptr<metrics::Features> open(const std::vector<std::string>& networks) const {
    const std::string path = wished_features(args.text("features", ""));
    return metrics::Features::open(io::ModelFile(metrics::find_features(path, networks)), device);
  }

  metrics::JobHooks hooks() const {
    return {{}, signalled, [this](const std::string& line) { args.warn(line); }};
  }

  metrics::Table run(metrics::Job job, int64_t unit) const {
    job.samples = samples;
    job.unit = unit;
    auto table = metrics::measure(job, ranks, hooks());
    check(table.complete(), "stopped before the metrics were complete");
    return table;
  }

  int64_t batch() const { return device.is_cuda() ? 32 : 8; }

  static std::string labelled(const std::string& name, const metrics::Features& features,
                              bool published = true) {
    return features.is_published() && published ? name : name + "[" + features.name() + "]";
  }

  // Opens something on all processes, which measure together: where one cannot, none goes on.
  template <class Open>
  auto everywhere(const Open& open) const {
    decltype(open()) opened;
    std::string problem;
    try {
      opened = open();
    } catch (const Error& error) {
      problem = error.what();
    }
    double failed = !problem.empty();
    if (ranks.size() > 1) ranks.sum({&failed, 1});
    check(failed == 0, problem.empty() ? "another process could not read it" : problem);
    return opened;
  }

  void path_length(Named& results) const {
    const metrics::PathLengthSettings settings;
    const auto table =
        run(metrics::path_length_job(*net, drawn, *distance, settings, 1, device), batch());
    const auto summary = metrics::summarize_path_lengths(table.rows.to_doubles());
    results.emplace_back(labelled(metrics::path_length_name(settings), *distance), summary.mean);
  }

  void equivariance(Named& results) const {
    metrics::EquivarianceSettings settings;
    for (int k = 0; k < metrics::kEquivariances; ++k) {
      settings.wanted[k] =
          metrics::Equivariance(k) == metrics::Equivariance::rotation ? wants("eqr") : wants("eqt");
    }
    const int64_t group = 4;
    const auto table =
        run(metrics::equivariance_job(*net, drawn, settings, group, 1, device), group);
    for (int k = 0; k < metrics::kEquivariances; ++k) {
      if (!settings.wanted[k]) continue;
      const auto kind = metrics::Equivariance(k);
      results.emplace_back(metrics::kEquivarianceNames[k],
                           metrics::equivariance_decibels(kind, table.rows, group).value);
    }
  }

  // Official names mean all pictures, each once, whatever the run is shown.
  void scores(Named& results, const io::Dataset& shown) const {
    const auto whole = everywhere([&] { return io::open_dataset(shown.info().path); });
    const io::Dataset& data = *whole;
    metrics::ScoreSettings settings;
    settings.fid = wants("fid");
    settings.kid = wants("kid");
    settings.pr = wants("pr");
    settings.is = wants("is");
    settings.samples = samples;
    const auto columns = metrics::columns_of(*pool, settings.is);
    rt::Tensor real;
    if (settings.needs_real()) {
      const auto table = metrics::dataset_features(data, "as they are, at most all", *pool,
                                                   metrics::columns_of(*pool, false), device, ranks,
                                                   hooks(), metrics::cache_directory());
      check(table.complete(), "stopped before the metrics were complete");
      real = table.rows;
    }
    const auto generated =
        run(metrics::generated_features_job(*net, drawn, *pool, columns, 1, device), batch());
    for (const auto& score : metrics::scores(generated.rows, real, columns, settings)) {
      results.emplace_back(labelled(score.name, *pool, score.published), score.value);
    }
  }

  void log(const std::string& snapshot, const Named& results, double seconds) const {
    const size_t slash = snapshot.rfind('/');
    const std::string directory = slash == std::string::npos ? "." : snapshot.substr(0, slash);
    for (const auto& [name, value] : results) {
      const std::string problem =
          log_metric(directory, {name, value, seconds, ranks.size(), snapshot});
      if (!problem.empty()) args.warn(problem);
      args.warn(snapshot.substr(slash + 1), ": ", name, " ", value, ", ", samples, " samples");
    }
  }

  std::unique_ptr<nets::Generator> generator_of(const std::string& snapshot) const {
    const io::ModelFile file(snapshot);
    return nets::make_generator(nets::parse_family(file.settings().architecture),
                                file.generator_args(), file.network("G_ema"), device);
  }

  void measure(const io::Dataset& data, const std::string& snapshot) {
    const auto start = Clock::now();
    const auto generator = everywhere([&] { return generator_of(snapshot); });
    net = generator.get();
    const nets::GeneratorInfo& info = net->info();
    drawn = {0, info.z_dim, info.c_dim};
    if (info.c_dim > 0 && data.info().label_dim == info.c_dim) drawn.data = &data;
    Named results;
    if (wants_scores()) scores(results, data);
    if (wants("ppl")) path_length(results);
    if (wants("eqt") || wants("eqr")) {
      if (info.has_transform) {
        equivariance(results);
      } else if (ranks.first()) {
        args.warn("no equivariance: ", nets::name_of(info.family), " has no input transform");
      }
    }
    if (ranks.first()) {
      log(snapshot, results, std::chrono::duration<double>(Clock::now() - start).count());
    }
  }
};

TrainMetrics::TrainMetrics(const Args& args, dist::Communicator& ranks, rt::Device device)
    : in_(new Inner{args,
                    ranks,
                    device,
                    chosen(args),
                    args.integer("metrics-n", 50000, 2, int64_t{1} << 32),
                    nullptr,
                    nullptr,
                    nullptr,
                    {}}) {
  if (in_->wanted.empty() && (args.has("metrics-n") || args.has("features"))) {
    misuse(args.has("features") ? "--features" : "--metrics-n", ": only with --metrics");
  }
  if (in_->wants("ppl")) {
    in_->distance = in_->open({"vgg16-lpips", "classifier"});
    check(in_->distance->has_distance(), "--metrics ppl: the feature network ",
          in_->distance->name(), " gives no perceptual distance; vgg16-lpips does");
  }
  if (in_->wants_scores()) {
    in_->pool = in_->open({"inception-v3", "classifier"});
    metrics::columns_of(*in_->pool, in_->wants("is"));
  }
}

TrainMetrics::~TrainMetrics() = default;

bool TrainMetrics::any() const { return !in_->wanted.empty(); }

void TrainMetrics::operator()(const io::Dataset& data, const std::string& snapshot) try {
  if (signalled()) return;  // who stops a run does not want to wait for its metrics
  in_->measure(data, snapshot);
} catch (const Error& error) {
  in_->args.warn("metrics of ", snapshot, ": ", error.what());
}

}  // namespace sgan::cli
