#include "cmd/picture_source.hpp"

#include <algorithm>

#include "cmd/picture_stream.hpp"
#include "lib/io/finite.hpp"
#include "lib/io/pixels.hpp"
#include "lib/metrics/feature_jobs.hpp"

namespace sgan::cli {
namespace {

using rt::Tensor;

PictureSource model_pictures(Measuring& measuring, int64_t count) {
  const Args& args = measuring.args();
  const Model model(args);
  const rt::Device device = measuring.device();
  const int64_t batch = measuring.batch(model);
  const Sampler sampler(args, model);
  const nets::SynthesisOptions options;
  measuring.set_model(model);
  model.require_memory(std::min(batch, count), options, device);
  const std::shared_ptr<const nets::Generator> net = model.generator(device);
  const auto read = [=](int64_t first, int64_t n) {
    Tensor labels = sampler.labels(first, n);
    if (labels.defined()) labels = labels.to(device);
    const ag::Var ws = net->map(sampler.z(first, n).to(device), labels, sampler.psi(), -1);
    const Tensor pictures = net->synthesize(ws, options).value();
    const int64_t bad = io::first_not_finite(pictures);
    check(bad < 0, "the picture of sample ", first + bad, " has NaN or infinity in it");
    return io::to_u8(pictures).to(rt::cpu);
  };
  return {model.file().name(),
          model.hash(),
          sampler.identity(),
          model.info().resolution,
          count,
          batch,
          read};
}

PictureSource stream_pictures(Measuring& measuring, int64_t count) {
  const auto stream = std::make_shared<PictureStream>(measuring, "sgan-synth --format stream");
  const rt::Shape picture = stream->picture_shape();
  check(picture[0] == picture[1], stream->name(), ": pictures of ", picture[1], "x", picture[0],
        " pixels, not square ones");
  const auto read = [stream](int64_t, int64_t) { return stream->next(rt::cpu); };
  return {stream->name(), "", "", int(picture[0]), count > 0 ? count : -1, 1, read};
}

}  // namespace

PictureSource data_pictures(const std::string& path, int64_t count, uint64_t seed) {
  io::DatasetOptions options;
  options.max_images = count;
  options.subset_seed = seed;
  const std::shared_ptr<const io::Dataset> data = io::open_dataset(path, options);
  const io::DatasetInfo& info = data->info();
  check(info.count >= count, path, ": has ", info.count, info.count == 1 ? " picture" : " pictures",
        ", --n asks for ", count);
  const auto read = [data](int64_t first, int64_t n) {
    return metrics::read_pictures(*data, first, n);
  };
  return {
      path, info.hash, cat("pictures ", info.count, " of ", info.hash), info.resolution, info.count,
      16,   read};
}

PictureSource picture_source(Measuring& measuring, int64_t model_count) {
  const Args& args = measuring.args();
  const int64_t count = args.integer("n", 0, 1, int64_t{1} << 32);
  if (args.files().empty()) return model_pictures(measuring, count > 0 ? count : model_count);
  for (const char* option : {"model", "psi", "class", "batch"}) {
    if (args.has(option)) misuse("--", option, " goes with a model, not with ", args.input());
  }
  if (args.input() == "-") {
    if (args.has("checkpoint")) misuse("--checkpoint: a stream cannot be gone on with");
    return stream_pictures(measuring, count);
  }
  return data_pictures(args.input(), count, args.seed());
}

metrics::SumJob PictureSource::sum(std::span<double> sums,
                                   std::function<void(const Tensor&)> use) const {
  metrics::SumJob job;
  job.samples = count;
  job.unit = batch;
  job.sums = sums;
  job.add = [read = read, use = std::move(use)](int64_t first, int64_t n) {
    const Tensor pictures = read(first, n);
    if (pictures.defined()) use(pictures);
    return pictures.defined() ? pictures.size(0) : 0;
  };
  return job;
}

}  // namespace sgan::cli
