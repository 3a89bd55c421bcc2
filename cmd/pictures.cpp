#include "cmd/pictures.hpp"

#include "cmd/picture_stream.hpp"
#include "lib/nets/mix.hpp"

namespace sgan::cli {
namespace {

constexpr char kMake[] =
    "sgan-z -n 1000 | sgan-map | sgan-synth --format stream | sgan-fid --data FILE -";

rt::Tensor of_stream(Measuring& measuring, PictureStream& stream, const metrics::Features& features,
                     const metrics::Columns& columns) {
  Progress progress(measuring.args(), "pictures",
                    measuring.args().has("n") ? measuring.samples() : 0);
  std::vector<rt::Tensor> parts;
  while (!measuring.interrupted()) {
    const int64_t first = stream.count();
    const rt::Tensor pictures = stream.next(measuring.device());
    if (!pictures.defined()) break;
    rt::Tensor rows({pictures.size(0), columns.all()}, rt::DType::f32);
    metrics::fill_features(features, columns, pictures, first, rows);
    progress.add(rows.size(0));
    parts.push_back(std::move(rows));
  }
  check(!parts.empty(), "stopped before anything was measured");
  if (!measuring.interrupted()) measuring.set_samples(stream.count());
  return nets::concatenate(parts);
}

std::shared_ptr<const io::Dataset> open_pictures(Measuring& measuring) {
  const Args& args = measuring.args();
  const std::shared_ptr<const io::Dataset> data = io::open_dataset(args.input());
  const int64_t count = data->info().count;
  if (!args.has("n")) measuring.set_samples(count);
  check(measuring.samples() <= count, data->info().path, ": has ", count,
        count == 1 ? " picture" : " pictures", ", --n asks for ", measuring.samples());
  return data;
}

}  // namespace

std::function<rt::Tensor()> features_of_pictures(Measuring& measuring,
                                                 const metrics::Features& features,
                                                 const metrics::Columns& columns) {
  if (measuring.args().input() == "-") {
    const auto stream = std::make_shared<PictureStream>(measuring, kMake);
    return [&, stream] { return of_stream(measuring, *stream, features, columns); };
  }
  return [&, data = open_pictures(measuring)] {
    auto job = metrics::dataset_features_job(*data, features, columns, measuring.device());
    return measuring.run(job, "").rows;
  };
}

}  // namespace sgan::cli
