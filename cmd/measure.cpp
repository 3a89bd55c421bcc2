#include "cmd/measure.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "cmd/metric_log.hpp"
#include "cmd/ranks.hpp"
#include "cmd/signals.hpp"
#include "lib/io/output.hpp"
#include "lib/io/sha256.hpp"

namespace sgan::cli {
namespace {

using Json = nlohmann::ordered_json;

// Options that change a figure: it has to say so.
constexpr const char* kTelling[] = {"psi",     "class",         "epsilon",    "crop",
                                    "mirror",  "max-real",      "neighbours", "splits",
                                    "variant", "translate-max", "rotate-max"};

std::string short_hash(const std::string& hash) { return hash.substr(0, 12); }

std::string shown(double value) {
  char text[32];
  std::snprintf(text, sizeof text, std::abs(value) < 1 ? "%.5f" : "%.4f", value);
  return text;
}

}  // namespace

std::vector<Option> measuring_options(std::vector<Option> own, const MeasuringOptions& common) {
  if (common.model) {
    own.push_back({"psi", "PSI", "truncation of the samples (default 1, none, as published)"});
    own.push_back({"class", "N", "samples of one class (default: of all, or as in the data)"});
  }
  if (common.features) {
    own.push_back({"features", "FILE",
                   "feature file or a directory of them (default: $SGAN_FEATURES, else a small "
                   "network of our own)"});
  }
  own.push_back({"n", "N", "samples (the default is that of published figures)"});
  own.push_back({"batch", "N", "samples in one pass"});
  own.push_back({"json", "", "results as JSON, one object a line"});
  own.push_back({"checkpoint", "FILE", "keep what is measured so far in FILE, and go on from it"});
  own.push_back({"run-dir", "DIR", "add the results to DIR/metric-NAME.jsonl as well"});
  return own;
}

Measuring::Measuring(const Args& args, const MeasuringOptions& common)
    : args_(args), start_(std::chrono::steady_clock::now()) {
  samples_ = args.integer("n", common.samples, 1, int64_t{1} << 32);
  args.integer("batch", 1, 1, 1 << 16);
  for (const char* option : {"checkpoint", "distances", "directions"}) {
    if (args.has(option) && args.text(option, "") == "-") {
      misuse("--", option, ": needs a file; standard output carries the results");
    }
  }
  if (args.has("run-dir")) {
    const std::string dir = args.text("run-dir", "");
    check(access(dir.c_str(), W_OK) == 0, "--run-dir: ", dir, " is no directory to write into");
  }
  catch_signals();  // before the processes meet
  device_ = rank_device(args);
  ranks_ = join_ranks(args, device_);
  if (ranks_->size() > 1) args.info(ranks_->describe());
}

int64_t Measuring::batch(const Model& model) const {
  return args_.has("batch") ? args_.integer("batch", 1, 1, 1 << 16) : model.default_batch(device_);
}

std::string wished_features(const std::string& option) {
  std::string wish = option;
  const char* set = std::getenv("SGAN_FEATURES");
  if (wish.empty() && set) wish = set;
  if (wish.empty()) wish = data_directory() + "/emoji-features.sgan";
  check(access(wish.c_str(), F_OK) == 0, "no feature network: there is no ", wish,
        "; give --features FILE or set SGAN_FEATURES (fetch-features, see sgan(7), gets the public "
        "ones)");
  return wish;
}

void Measuring::open_features(const std::string& path, const std::string& published) {
  const io::ModelFile file(path);
  file.verify();
  features_.push_back(metrics::Features::open(file, device_));
  if (!features_.back()->is_published() && ranks_->first()) {
    args_.info("features ", features_.back()->name(),
               ": figures are not comparable with published ones, which need ", published);
  }
}

const metrics::Features& Measuring::features(const std::vector<std::string>& networks) {
  if (features_.empty()) {
    const std::string wish = wished_features(args_.text("features", ""));
    open_features(metrics::find_features(wish, networks),
                  networks[0] + " (see fetch-features in sgan(7))");
  }
  return *features_[0];
}

const metrics::Classifiers& Measuring::classifiers() {
  if (!features_.empty()) return features_;
  auto wishes = args_.all("features");
  if (wishes.empty()) wishes.push_back("");
  for (const std::string& wish : wishes) {
    const std::string path = wished_features(wish);
    const auto files = metrics::find_all_features(path, "classifier");
    check(!files.empty(), path, ": no feature file (*.sgan) of a classifier in this directory; ",
          "sgan-import makes them of the official ones, sgan-train --classifier of your own");
    for (const auto& file : files) open_features(file, "the 40 classifiers of StyleGAN");
  }
  return features_;
}

std::string Measuring::feature_name() const {
  return features_.size() == 1 ? features_[0]->name() : cat(features_.size(), " classifiers");
}

std::string Measuring::feature_hash() const {
  if (features_.size() == 1) return features_[0]->hash();
  std::string all;
  for (const auto& f : features_) all += f->hash();
  return all.empty() ? all : io::sha256_hex(all);
}

std::string Measuring::identity(const std::string& rest) const {
  return cat("program ", args_.program(), "; model ", model_hash_, "; features ",
             features_.empty() ? "none" : feature_hash(), "; data ", data_hash_, "; seed ",
             args_.seed(), "; ", rest);
}

metrics::JobHooks Measuring::hooks(Progress& progress) const {
  return {[&](int64_t count) { progress.add(count * ranks_->size()); }, signalled,
          [&](const std::string& line) { args_.warn(line); }};
}

metrics::Table Measuring::run(metrics::Job job, const std::string& rest) {
  job.samples = samples_;
  job.checkpoint = args_.text("checkpoint", "");
  job.identity = identity(rest);
  Progress progress(args_, "samples", samples_);
  const auto table = metrics::measure(job, *ranks_, hooks(progress));
  check(table.done() > 0 || !interrupted(), "stopped before anything was measured");
  return table;
}

int64_t Measuring::run(metrics::SumJob job, const std::string& rest) {
  job.identity = identity(rest);
  Progress progress(args_, "pictures", std::max<int64_t>(job.samples, 0));
  return metrics::measure_sum(job, *ranks_, hooks(progress));
}

bool Measuring::interrupted() const { return signalled(); }

void Measuring::set_model(const Model& model) {
  model.file().verify();  // results and checkpoints go by the hash
  set_model(model.file().name(), model.hash());
}

void Measuring::set_model(const std::string& name, const std::string& hash) {
  model_name_ = name;
  model_hash_ = hash;
}

void Measuring::set_data(const io::DatasetInfo& data) { data_hash_ = data.hash; }

std::string Measuring::label(const Result& r) const {
  const bool own = !features_.empty() && !(features_[0]->is_published() && r.published);
  return own ? r.metric + "[" + feature_name() + "]" : r.metric;
}

double Measuring::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

std::unique_ptr<io::Dataset> Measuring::label_data(const Model& model) {
  if (!args_.has("data")) return nullptr;
  const bool labels = model.info().c_dim > 0 && !args_.has("class");
  auto data = io::open_dataset(args_.text("data", ""), {.labels = labels});
  set_data(data->info());
  return data;
}

Json Measuring::json_of(const Result& r) const {
  Json json = {{"metric", label(r)}};
  json["value"] = std::isfinite(r.value) ? Json(r.value) : Json();
  if (r.interval) json["interval95"] = {r.interval->first, r.interval->second};
  json["count"] = r.count;
  if (interrupted()) json["wanted"] = samples_;
  json["seed"] = args_.seed();
  if (!model_hash_.empty()) json["model"] = model_hash_;
  if (!data_hash_.empty()) json["data"] = data_hash_;
  if (!features_.empty()) {
    json["features"] = feature_name();
    json["features_hash"] = feature_hash();
  }
  for (const char* option : kTelling) {
    if (!args_.has(option)) continue;
    const std::string value = args_.text(option, "");
    std::string key = option;
    std::replace(key.begin(), key.end(), '-', '_');
    json[key] = value.empty() ? Json(true) : Json(value);
  }
  for (const auto& [key, value] : r.texts) json[key] = value;
  for (const auto& [key, value] : r.numbers) json[key] = value;
  json["seconds"] = seconds();
  return json;
}

std::string Measuring::line_of(const Result& r) const {
  std::string line = cat(label(r), "  ", shown(r.value), r.unit);
  if (r.interval)
    line += cat("  (95 %: ", shown(r.interval->first), " to ", shown(r.interval->second), ")");
  line += cat("  ", r.count, r.count == 1 ? " sample" : " samples");
  if (interrupted()) line += cat(" of ", samples_);
  line += cat(", seed ", args_.seed());
  for (const char* option : kTelling) {
    if (!args_.has(option)) continue;
    const std::string value = args_.text(option, "");
    line += cat(", ", option, value.empty() ? "" : " ", value);
  }
  if (!model_hash_.empty()) line += ", model " + short_hash(model_hash_);
  if (!data_hash_.empty()) line += ", data " + short_hash(data_hash_);
  if (!features_.empty()) line += ", features " + short_hash(feature_hash());
  return line + "\n";
}

void Measuring::report(const std::vector<Result>& results) {
  if (!ranks_->first()) return;
  io::Output out("-", false);
  for (const Result& r : results) {
    out.write(args_.has("json") ? json_of(r).dump() + "\n" : line_of(r));
  }
  out.finish();
  if (args_.has("run-dir") && !interrupted()) log_to_run(results);
  args_.report_memory(device_);
}

void Measuring::log_to_run(const std::vector<Result>& results) const {
  for (const Result& r : results) {
    if (r.detail) continue;
    const std::string problem = log_metric(
        args_.text("run-dir", ""), {label(r), r.value, seconds(), ranks_->size(), model_name_});
    check(problem.empty(), problem);
  }
}

void Measuring::finish() const {
  if (ranks_->size() > 1) ranks_->barrier();
  end_as_signalled();
}

Sampler::Sampler(const Args& args, const Model& model, const io::Dataset* data)
    : samples_{args.seed(), model.info().z_dim, model.info().c_dim},
      psi_(args.number("psi", 1, -10, 10)) {
  const int64_t c_dim = samples_.c_dim;
  if (args.has("class")) {
    if (c_dim == 0) misuse("--class: the model knows no classes");
    samples_.label = args.integer("class", 0, 0, c_dim - 1);
  }
  if (psi_ != 1 && !model.info().has_average) {
    misuse("--psi: the model has no mean w to truncate towards");
  }
  if (!data || c_dim == 0 || samples_.label >= 0 || data->info().label_dim == 0) return;
  check(data->info().label_dim == c_dim, data->info().path, ": has labels of ",
        data->info().label_dim, " numbers, the model takes ", c_dim);
  samples_.data = data;
}

std::string Sampler::identity() const {
  return cat(
      "psi ", psi_, "; class ", samples_.label, "; labels of ",
      samples_.data ? cat(samples_.data->info().count, " of ", samples_.data->info().hash) : "any");
}

}  // namespace sgan::cli
