// What the measuring programs share: their options, the samples of a model, processes, Ctrl-C, and
// how results are said.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cmd/model.hpp"
#include "lib/dist/communicator.hpp"
#include "lib/metrics/features.hpp"
#include "lib/metrics/measure.hpp"
#include "lib/metrics/measure_sum.hpp"
#include "lib/metrics/samples.hpp"
#include "lib/metrics/separability_job.hpp"

namespace sgan::cli {

// The program's own options and, behind them, the common ones: --n, --batch, --json, --checkpoint,
// --run-dir, and with `features` --features, with `model` --psi and --class.
struct MeasuringOptions {
  int64_t samples = 50000;  // by default
  bool features = true, model = true;
};
std::vector<Option> measuring_options(std::vector<Option> own, const MeasuringOptions& common);

// One result. `metric` is the official name; with features that published figures are not taken
// with, their name is put behind it: "ppl2_wend[emoji-features]".
struct Result {
  std::string metric;
  double value = 0;
  const char* unit = "";
  std::optional<std::pair<double, double>> interval;  // of 95 % confidence
  int64_t count = 0;                                  // samples it rests on
  bool published = true;  // the features, where they are public ones, are those of this metric
  bool detail = false;    // of another result; not logged to a run
  // Further members of the JSON.
  std::map<std::string, std::string> texts;
  std::map<std::string, double> numbers;
};

// The feature file, or the directory of them, that an option, else $SGAN_FEATURES, else the
// installation names. Throws Error when there is none.
std::string wished_features(const std::string& option);

class Measuring {
 public:
  Measuring(const Args& args, const MeasuringOptions& common);

  const Args& args() const { return args_; }
  dist::Communicator& ranks() { return *ranks_; }
  rt::Device device() const { return device_; }
  int64_t samples() const { return samples_; }
  void set_samples(int64_t count) { samples_ = count; }  // where the pictures that come decide
  int64_t batch(const Model& model) const;  // --batch or what suits the model and the device

  // The network that --features, $SGAN_FEATURES or the installed default names, the first of
  // `networks` where it is a directory. Says whose figures they are when they are not the published
  // ones.
  const metrics::Features& features(const std::vector<std::string>& networks);
  // Classifiers: of every --features that is given, all of a directory.
  const metrics::Classifiers& classifiers();

  // Rows of the table that the options make of this job: count, checkpoint, processes, progress,
  // Ctrl-C. `identity`: what the result depends on besides model, features, seed and count.
  metrics::Table run(metrics::Job job, const std::string& identity);
  // The same of a sum: the number of samples in it. Its own checkpoint is kept, or none.
  int64_t run(metrics::SumJob job, const std::string& identity);
  bool interrupted() const;

  // What else results name.
  void set_model(const Model& model);
  void set_model(const std::string& name, const std::string& hash);  // either may be empty
  void set_data(const io::DatasetInfo& data);
  // The data set of --data that labels of the model's samples are drawn from; null without.
  std::unique_ptr<io::Dataset> label_data(const Model& model);

  // On the first process: a line or a JSON object on stdout, a line in the run's
  // metric-NAME.jsonl.
  void report(const std::vector<Result>& results);
  // Ends the program as the signal would have, when one came.
  void finish() const;

 private:
  std::string identity(const std::string& rest) const;  // of what is measured, for checkpoints
  metrics::JobHooks hooks(Progress& progress) const;
  nlohmann::ordered_json json_of(const Result& result) const;
  std::string line_of(const Result& result) const;
  std::string label(const Result& result) const;  // the metric's name, and whose features
  double seconds() const;                         // since the start
  void log_to_run(const std::vector<Result>& results) const;
  void open_features(const std::string& path, const std::string& published);
  std::string feature_name() const;  // of one network, or how many
  std::string feature_hash() const;  // empty when there is none

  const Args& args_;
  rt::Device device_;
  std::unique_ptr<dist::Communicator> ranks_;
  std::vector<std::unique_ptr<metrics::Features>> features_;
  int64_t samples_ = 0;
  std::string model_name_, model_hash_, data_hash_;
  std::chrono::steady_clock::time_point start_;
};

// What is drawn from a model: --seed, --class, --psi, and a labelled data set where there is one
// (may be null).
class Sampler {
 public:
  Sampler(const Args& args, const Model& model, const io::Dataset* data = nullptr);
  const metrics::Samples& samples() const { return samples_; }
  rt::Tensor z(int64_t first, int64_t count) const { return samples_.z(first, count); }
  rt::Tensor labels(int64_t first, int64_t count) const { return samples_.labels(first, count); }
  double psi() const { return psi_; }
  std::string identity() const;

 private:
  metrics::Samples samples_;
  double psi_;
};

}  // namespace sgan::cli
