// TFRecord files of the older programs, and a bare tf.train.Example without the checksums around
// it, which a fuzzer would not guess.
#include "fuzz.hpp"
#include "lib/io/dataset/tfrecord.hpp"

using namespace sgan;

namespace {

void picture(std::string_view record) {
  const io::TfPicture p = io::parse_tf_picture(record, "fuzz");
  fuzz::require(p.channels > 0 && p.height > 0 && p.width > 0 &&
                uint64_t(p.channels) * uint64_t(p.height) * uint64_t(p.width) == p.data.size());
  fuzz::require(p.data.data() >= record.data() &&
                p.data.data() + p.data.size() <= record.data() + record.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const auto data = fuzz::text(bytes, size);
  fuzz::survive([&] { picture(data); });
  fuzz::survive([&] {
    for (const std::string_view record : io::split_tfrecords(data, "fuzz")) {
      fuzz::survive([&] { io::check_tfrecord(record, "fuzz"); });
      fuzz::survive([&] { picture(record); });
    }
  });
  return 0;
}
