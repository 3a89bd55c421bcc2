#include "lib/train/snapshot.hpp"

#include <algorithm>
#include <cmath>

#include "lib/io/model.hpp"
#include "lib/io/output.hpp"
#include "lib/io/picture.hpp"
#include "lib/io/pixels.hpp"
#include "lib/nets/latents.hpp"
#include "lib/ops/layout.hpp"
#include "lib/train/filter_buffers.hpp"
#include "lib/train/random.hpp"

namespace sgan::train {
namespace {

constexpr int64_t draw_batch = 16;  // keeps memory below that of a training step

void write_picture(const rt::Tensor& pixels, const std::string& path) {
  io::PictureWriter writer("png", {});
  writer.write({pixels, path, "png", 8});
  writer.finish();
}

}  // namespace

SampleGrid::SampleGrid(const io::Dataset& data, const nets::GeneratorInfo& info, uint64_t seed)
    : columns_(std::clamp(1024 / info.resolution, 4, 16)),
      rows_(std::clamp(512 / info.resolution, 2, 8)) {
  const int64_t count = int64_t(columns_) * rows_;
  z_ = nets::philox_latents(mixed(seed, 4), 0, count, info.z_dim);
  PhiloxSource random(seed, mixed(seed, 5));
  for (int64_t i = 0; i < count; ++i) real_.push_back(random.integer(0, data.info().count - 1));
  if (info.c_dim == 0) return;
  labels_ = rt::Tensor({count, info.c_dim}, rt::DType::f32);
  for (int64_t i = 0; i < count; ++i) {
    data.label(real_[size_t(i)], labels_.data<float>() + i * info.c_dim);
  }
}

void SampleGrid::write_reals(const io::Dataset& data, const std::string& path) const {
  const auto& info = data.info();
  rt::Tensor batch({int64_t(real_.size()), info.resolution, info.resolution, info.channels},
                   rt::DType::u8);
  const int64_t step = batch.numel() / batch.size(0);
  for (size_t i = 0; i < real_.size(); ++i) {
    data.read(real_[i], batch.data<uint8_t>() + int64_t(i) * step);
  }
  io::Grid grid(columns_, rows_);
  grid.put(batch, 0);
  write_picture(grid.take(), path);
}

ag::Var SampleGrid::draw(const nets::Generator& net, double lod, rt::Device device, int64_t begin,
                         int64_t end) const {
  nets::SynthesisOptions options;
  options.lod = lod;
  const ag::Var labels =
      labels_.defined() ? ag::Var(labels_.rows(begin, end).clone().to(device)) : ag::Var();
  const ag::Var w = net.map(z_.rows(begin, end).clone().to(device), labels, 1, -1);
  return net.synthesize(w, options);
}

bool SampleGrid::finite(const Trainer& trainer, rt::Device device) const {
  const ag::NoGrad quiet;
  const auto net = nets::make_generator(trainer.preset().family, trainer.preset().generator,
                                        trainer.averaged_generator(), device);
  const int64_t end = std::min(draw_batch, z_.size(0));
  for (const double v : draw(*net, trainer.lod(), device, 0, end).value().to_doubles()) {
    if (!std::isfinite(v)) return false;
  }
  return true;
}

void SampleGrid::write_fakes(const Trainer& trainer, rt::Device device,
                             const std::string& path) const {
  const ag::NoGrad quiet;
  const auto net = nets::make_generator(trainer.preset().family, trainer.preset().generator,
                                        trainer.averaged_generator(), device);
  io::Grid grid(columns_, rows_);
  for (int64_t i = 0; i < z_.size(0); i += draw_batch) {
    const int64_t end = std::min(i + draw_batch, z_.size(0));
    grid.put(io::to_u8(draw(*net, trainer.lod(), device, i, end).value()).to(rt::cpu), 0);
  }
  write_picture(grid.take(), path);
}

void write_snapshot(const Trainer& trainer, const SnapshotText& text, const std::string& path) {
  io::ModelSettings settings;
  settings.architecture = nets::name_of(trainer.preset().family);
  settings.generator = trainer.preset().generator.dump();
  settings.discriminator = trainer.preset().discriminator.dump();
  settings.training = text.training.dump();
  settings.licence = text.licence;
  settings.origin = text.origin;
  io::TensorMap tensors;
  const nets::Preset& p = trainer.preset();
  const auto add = [&](const char* role, nets::TensorMap network) {
    const bool generator = *role == 'G';
    add_filter_buffers(network, generator ? p.family : p.discriminator_family, generator,
                       generator ? p.generator : p.discriminator);
    io::add_network(tensors, role, network);
  };
  add("G_ema", trainer.averaged_generator());
  add("G", trainer.generator());
  add("D", trainer.discriminator());
  io::Output out(path);
  io::write_model(out, settings, tensors);
  out.finish();
}

}  // namespace sgan::train
