// A run that trains a classifier of attributes: a run directory like a generator's, whose snapshots
// are feature files. One process trains it.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "lib/train/run.hpp"

namespace sgan::train {

// The name of the configuration, where generators' runs have their row.
inline constexpr const char* kClassifierConfig = "classifier";

// What makes the run; its recipe is of classifier_recipe().
struct ClassifierOptions : CommonOptions {
  std::vector<std::string> attributes;
  std::string table;  // of attributes; empty: the data set's classes
  std::string name;   // of the feature network; empty: from the attributes

  nlohmann::json to_json() const;
  static ClassifierOptions from_json(const nlohmann::json& settings);  // throws Error
  void apply(const RunChanges& changes) { apply_common(changes); }
};

// What the run's snapshots say of themselves, without training: for --dry-run.
nlohmann::json describe_classifier(const ClassifierOptions& options);

class ClassifierRun {
 public:
  // A new run; makes its directory.
  ClassifierRun(const ClassifierOptions& options, const RunHooks& hooks);
  // Whether what is saved in `directory` is such a run. Throws Error when nothing is.
  static bool is_in(const std::string& directory);
  static std::unique_ptr<ClassifierRun> resume(const std::string& directory,
                                               const RunChanges& changes, const RunHooks& hooks);
  ~ClassifierRun();
  // As Run's.
  bool go();
  const std::string& directory() const;
  bool has_state() const;

 private:
  struct Inner;
  explicit ClassifierRun(std::unique_ptr<Inner> inner);
  std::unique_ptr<Inner> in_;
};

}  // namespace sgan::train
