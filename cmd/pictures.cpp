#include "cmd/pictures.hpp"

#include <algorithm>

#include "lib/metrics/drawn_pictures.hpp"
#include "lib/nets/mix.hpp"

namespace sgan::cli {
namespace {

constexpr char kMake[] =
    "sgan-z -n 1000 | sgan-map | sgan-synth --format stream | sgan-fid --data FILE -";

rt::Tensor of_stream(Measuring& measuring, const metrics::Features& features,
                     const metrics::Columns& columns) {
  const Args& args = measuring.args();
  if (measuring.ranks().size() > 1) misuse("a stream cannot be divided among processes");
  io::ReadOptions options;
  options.kinds = {io::Kind::image};
  options.batch = args.integer("batch", 32, 1, 1 << 16);
  io::Reader reader(io::open_input("-", kMake), options);
  const int64_t channels = reader.row_shape()[-1];
  check(channels == 1 || channels == 3, reader.name(), ": pictures of ", channels,
        " channels; features are taken of 1 or 3");
  if (reader.provenance()) measuring.set_model("", reader.provenance()->model);
  const int64_t wanted = args.has("n") ? measuring.samples() : INT64_MAX;
  Progress progress(args, "pictures", args.has("n") ? wanted : 0);
  std::vector<rt::Tensor> parts;
  int64_t count = 0;
  while (count < wanted && !measuring.interrupted()) {
    auto batch = reader.next();
    if (!batch) break;
    const rt::Tensor pictures = batch->rows(0, std::min(batch->size(0), wanted - count));
    rt::Tensor rows({pictures.size(0), columns.all()}, rt::DType::f32);
    metrics::fill_features(features, columns,
                           metrics::whole_numbers(pictures, measuring.device(), count), count,
                           rows);
    count += rows.size(0);
    progress.add(rows.size(0));
    parts.push_back(std::move(rows));
  }
  check(count > 0, "stopped before anything was measured");
  check(!args.has("n") || count == wanted || measuring.interrupted(), reader.name(), ": holds ",
        count, count == 1 ? " picture" : " pictures", ", --n asks for ", wanted);
  if (!measuring.interrupted()) measuring.set_samples(count);
  return nets::concatenate(parts);
}

rt::Tensor of_dataset(Measuring& measuring, const metrics::Features& features,
                      const metrics::Columns& columns) {
  const Args& args = measuring.args();
  const auto data = io::open_dataset(args.input());
  const int64_t count = data->info().count;
  if (!args.has("n")) measuring.set_samples(count);
  check(measuring.samples() <= count, data->info().path, ": has ", count,
        count == 1 ? " picture" : " pictures", ", --n asks for ", measuring.samples());
  auto job = metrics::dataset_features_job(*data, features, columns, measuring.device());
  return measuring.run(job, "").rows;
}

}  // namespace

rt::Tensor features_of_pictures(Measuring& measuring, const metrics::Features& features,
                                const metrics::Columns& columns) {
  return measuring.args().input() == "-" ? of_stream(measuring, features, columns)
                                         : of_dataset(measuring, features, columns);
}

}  // namespace sgan::cli
