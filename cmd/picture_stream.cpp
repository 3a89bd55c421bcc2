#include "cmd/picture_stream.hpp"

#include <algorithm>
#include <limits>

#include "lib/metrics/drawn_pictures.hpp"

namespace sgan::cli {
namespace {

io::Reader open_stream(Measuring& measuring, const std::string& make) {
  if (measuring.ranks().size() > 1) misuse("a stream cannot be divided among processes");
  io::ReadOptions options;
  options.kinds = {io::Kind::image};
  options.batch = measuring.args().integer("batch", 32, 1, 1 << 16);
  return io::Reader(io::open_input("-", make), options);
}

}  // namespace

PictureStream::PictureStream(Measuring& measuring, const std::string& make)
    : reader_(open_stream(measuring, make)),
      wanted_(measuring.args().has("n") ? measuring.samples()
                                        : std::numeric_limits<int64_t>::max()) {
  const int64_t channels = reader_.row_shape()[2];
  check(channels == 1 || channels == 3, name(), ": pictures of ", channels,
        " channels; those of 1 or 3 are measured");
  if (reader_.provenance()) measuring.set_model("", reader_.provenance()->model);
}

rt::Tensor PictureStream::next(rt::Device device) {
  if (count_ == wanted_) return {};
  const auto batch = reader_.next();
  if (!batch) {
    check(wanted_ == std::numeric_limits<int64_t>::max(), name(), ": holds ", count_,
          count_ == 1 ? " picture" : " pictures", ", --n asks for ", wanted_);
    return {};
  }
  const rt::Tensor pictures = batch->rows(0, std::min(batch->size(0), wanted_ - count_));
  const rt::Tensor whole = metrics::whole_numbers(pictures, device, count_);
  count_ += whole.size(0);
  return whole;
}

}  // namespace sgan::cli
