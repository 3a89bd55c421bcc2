// What a run shows of itself: model files and grids of pictures.
#pragma once

#include <cstdint>
#include <string>

#include "lib/io/dataset/dataset.hpp"
#include "lib/train/trainer.hpp"

namespace sgan::train {

// A grid that shows a run: fixed latents, and real pictures beside them.
class SampleGrid {
 public:
  SampleGrid(const io::Dataset& data, const nets::GeneratorInfo& info, uint64_t seed);
  void write_reals(const io::Dataset& data, const std::string& path) const;  // throws Error
  // Whether the averaged generator draws finite numbers.
  bool finite(const Trainer& trainer, rt::Device device) const;
  // Drawn with the averaged generator.
  void write_fakes(const Trainer& trainer, rt::Device device, const std::string& path) const;

 private:
  // Pictures of the latents from one to another.
  ag::Var draw(const nets::Generator& net, double lod, rt::Device device, int64_t begin,
               int64_t end) const;

  int columns_, rows_;
  std::vector<int64_t> real_;
  rt::Tensor z_, labels_;
};

struct SnapshotText {
  std::string licence, origin;
  nlohmann::json training;  // history: configuration, data, kimg
};

// G, D and G_ema as a model file. Throws Error; an older file of the name then stays.
void write_snapshot(const Trainer& trainer, const SnapshotText& text, const std::string& path);

}  // namespace sgan::train
