// Trains a classifier of attributes, one batch at a time. Everything random follows from the seed
// and the number of the step.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>

#include "lib/io/dataset/dataset.hpp"
#include "lib/nets/classifier.hpp"
#include "lib/train/stats.hpp"

namespace sgan::train {

// How classifiers are trained: batch, learning rate and Adam's numbers as the StyleGAN paper has
// them (1812.04948, appendix C); the others are ours. "augment" holds AugmentSettings, under their
// official names; colours are left alone, for they may be what is asked for.
nlohmann::json classifier_recipe();
// Changes one setting, "lr" or "augment.noise_std"; throws Error when there is none of that name,
// or the value is of another kind or out of range.
void change_classifier(nlohmann::json& recipe, const std::string& key, const nlohmann::json& value);

class ClassifierTrainer {
 public:
  // `features` as nets::Classifier reads it.
  ClassifierTrainer(const nlohmann::json& features, const nlohmann::json& recipe, uint64_t seed,
                    rt::Device device);
  ~ClassifierTrainer();

  int64_t images() const;
  int64_t not_finite() const;  // numbers in gradients that were not, so far
  int bad_steps() const;       // the last ones without a break whose gradients were not all finite
  bool finite() const;         // all weights and their averages
  // Labels: classes' numbers, [N, attributes], -1 where unknown. Reports "Loss/NAME" and
  // "Accuracy/NAME" of every attribute, before the step.
  void step(const io::Batch& batch, Stats& stats);
  // Share of right answers an attribute of the averaged network for up to `most` pictures, spread
  // evenly; NaN where nothing is known.
  std::vector<double> accuracy(const io::Dataset& data, int64_t most) const;

  nets::TensorMap averaged() const;  // official names and layouts
  nets::TensorMap state() const;     // with "D.", "D_ema.", "adam_D." before the names
  nlohmann::json counters() const;
  void restore(const nets::TensorMap& state, const nlohmann::json& counters);

 private:
  struct Inner;
  std::unique_ptr<Inner> in_;
};

}  // namespace sgan::train
