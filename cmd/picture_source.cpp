#include "cmd/picture_source.hpp"

#include <algorithm>

#include "cmd/signals.hpp"
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
  return {model.file().name(), model.hash(), model.info().resolution, count, batch, read};
}

PictureSource stream_pictures(int64_t count) {
  io::ReadOptions options;
  options.kinds = {io::Kind::image};
  const auto reader =
      std::make_shared<io::Reader>(io::open_input("-", "sgan-synth --format stream"), options);
  const rt::Shape row = reader->row_shape();
  check(row[0] == row[1], reader->name(), ": pictures of ", row[1], "x", row[0],
        " pixels, not square ones");
  const auto read = [reader, count](int64_t first, int64_t) {
    auto batch = count > 0 && first >= count ? std::nullopt : reader->next();
    check(batch || first >= count, reader->name(), ": ", first, " pictures are fewer than --n ",
          count);
    if (!batch) return Tensor();
    const Tensor wanted =
        count > 0 ? batch->rows(0, std::min(batch->size(0), count - first)) : *batch;
    if (wanted.dtype() == rt::DType::u8) return wanted;
    const int64_t bad = io::first_not_finite(wanted);
    check(bad < 0, reader->name(), ": picture ", first + bad, " holds NaN or infinity");
    return io::to_u8(wanted);
  };
  return {reader->name(), "", int(row[0]), -1, options.batch, read};
}

}  // namespace

PictureSource data_pictures(const std::string& path, int64_t count, uint64_t seed) {
  io::DatasetOptions options;
  options.max_images = count;
  options.subset_seed = seed;
  const std::shared_ptr<const io::Dataset> data = io::open_dataset(path, options);
  const io::DatasetInfo& info = data->info();
  check(info.count >= count, path, ": ", info.count, " pictures are fewer than --n ", count);
  const auto read = [data](int64_t first, int64_t n) {
    return metrics::read_pictures(*data, first, n);
  };
  return {path, info.hash, info.resolution, info.count, 16, read};
}

PictureSource picture_source(Measuring& measuring, int64_t model_count) {
  const Args& args = measuring.args();
  const int64_t count = args.integer("n", 0, 1, int64_t{1} << 32);
  if (args.files().empty()) return model_pictures(measuring, count > 0 ? count : model_count);
  for (const char* option : {"model", "psi", "class", "batch"}) {
    if (args.has(option)) misuse("--", option, " goes with a model, not with ", args.input());
  }
  if (args.input() == "-") {
    check(measuring.ranks().size() == 1, "a stream cannot be divided among processes");
    return stream_pictures(count);
  }
  return data_pictures(args.input(), count, args.seed());
}

void PictureSource::each(Measuring& measuring,
                         const std::function<void(const Tensor&)>& use) const {
  const int64_t rank = measuring.ranks().rank(), ranks = measuring.ranks().size();
  Progress progress(measuring.args(), "pictures", std::max<int64_t>(count, 0));
  // Batches of a stream have the size that they came with.
  for (int64_t first = rank * batch; count < 0 || first < count;) {
    const Tensor pictures = read(first, count < 0 ? batch : std::min(batch, count - first));
    if (!pictures.defined() || signalled()) return;
    use(pictures);
    progress.add(pictures.size(0) * ranks);
    first += count < 0 ? pictures.size(0) : ranks * batch;
  }
}

}  // namespace sgan::cli
