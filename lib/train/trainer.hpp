// Trains a generator against a discriminator, one batch at a time. Everything random follows from
// the seed and the number of the step, so that a run that goes on from a saved state draws what an
// uninterrupted one would have drawn.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>

#include "lib/dist/communicator.hpp"
#include "lib/io/dataset/dataset.hpp"
#include "lib/nets/presets.hpp"
#include "lib/train/adam.hpp"
#include "lib/train/average.hpp"
#include "lib/train/phases.hpp"

namespace sgan::train {

struct TrainerSettings {
  nets::Preset preset;
  nlohmann::json recipe;  // of train::recipe()
  int batch_gpu = 0;      // pictures a round of accumulation on one device; 0: all at once
  int freeze_d = 0;       // layers of the discriminator, from the picture on, that stay as they are
  uint64_t seed = 0;
  rt::Device device;
};

// Training cannot go on: gradients have not been finite for many steps.
class Diverged : public Error {
 public:
  using Error::Error;
};

class Trainer {
 public:
  // Initial weights follow from the seed. `labels` is what labels of generated pictures are drawn
  // from; it has to stay. Throws Error for settings that do not go together.
  Trainer(const TrainerSettings& settings, const io::Dataset& labels, dist::Communicator& ranks);
  ~Trainer();

  int64_t batch();         // pictures of the coming step, all ranks together
  double lod() const;      // level of detail of the last step; < 0: nothing grows
  int64_t images() const;  // real pictures shown so far, all ranks together
  int64_t steps() const;
  double augment_p() const;
  int64_t not_finite() const;  // numbers in gradients that were not finite, so far
  int bad_steps() const;       // the last ones without a break whose gradients were not all finite
  bool finite() const;         // all weights and their average
  // One step of every phase whose turn it is. `reals`: this rank's share of the batch.
  void step(const io::Batch& reals);
  // Called with names of the official log and values a sample.
  void report_to(Phases::Report report);

  // Starts from other weights: every tensor of the same name is taken over, all others stay.
  // Throws Error when a shape differs or nothing fits. Returns how many tensors of G and D stay.
  size_t take_over(const nets::TensorMap& g, const nets::TensorMap& d,
                   const nets::TensorMap& g_ema);

  const nets::Preset& preset() const;
  nets::TensorMap generator() const;  // official names and layouts, copies
  nets::TensorMap discriminator() const;
  nets::TensorMap averaged_generator() const;

  // The whole state: tensors with "G.", "D.", "G_ema.", "adam_G.", "adam_D." before their names,
  // and counters.
  nets::TensorMap state() const;
  nlohmann::json counters() const;
  void restore(const nets::TensorMap& state, const nlohmann::json& counters);

 private:
  struct Inner;
  std::unique_ptr<Inner> in_;
};

}  // namespace sgan::train
