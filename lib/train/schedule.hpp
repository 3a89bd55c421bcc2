// Progressive growing (1710.10196, section 2 and appendix A): which level of detail is trained
// when, with how many pictures a step and at which learning rate.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>

namespace sgan::train {

struct GrowthSettings {
  int max_resolution = 1024, initial_resolution = 8;  // powers of two
  double train_kimg = 600, fade_kimg = 600;           // at every level; 0 and 0: it never grows
  int devices = 1;
  int minibatch_base = 32;
  std::map<int, int> minibatch;       // by resolution, instead of the base
  std::map<int, int> max_per_device;  // by resolution
  double lr_base = 0.001;
  std::map<int, double> lr;  // by resolution, instead of the base
  double lr_rampup_kimg = 0;
  int minibatch_repeats = 4;  // steps between two looks at the schedule

  // "growth" of a recipe (lib/train/recipes.hpp); one device and several have tables of their own.
  // Throws Error when the settings make no sense.
  static GrowthSettings from(const nlohmann::json& growth, int max_resolution, int devices);
};

struct GrowthStage {
  double lod = 0;      // level of detail: 0 full resolution, 1 half of it, 1.5 on the way from the
                       // fourth to the half
  int resolution = 0;  // of the finer level that shows
  int minibatch = 0;   // pictures a step, all devices together; a multiple of their number
  double lr = 0;
};

// After `kimg` thousand pictures.
GrowthStage growth_stage(const GrowthSettings& settings, double kimg);

// Whether Adam's means belong to other layers from now on: a level began or ended its fading.
bool resets_adam(double lod_before, double lod_now);

// The schedule as a training loop goes through it.
class Growth {
 public:
  explicit Growth(const GrowthSettings& settings) : settings_(settings) {}
  // Before each step, with the pictures shown so far. The schedule is looked at every
  // minibatch_repeats steps; in between the last stage stays.
  const GrowthStage& step(int64_t nimg);
  // Whether the last step() asks for Adam's state to be forgotten, of G and D.
  bool reset_due() const { return reset_; }

  // For checkpoints.
  nlohmann::json state() const;
  void restore(const nlohmann::json& state);

 private:
  GrowthSettings settings_;
  GrowthStage stage_;
  int steps_left_ = 0;
  bool started_ = false, reset_ = false;
};

}  // namespace sgan::train
