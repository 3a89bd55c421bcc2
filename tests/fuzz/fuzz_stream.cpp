// A stream of latents or images: bare, compressed, or (second to last bit of the last byte) raw.
#include "fuzz.hpp"
#include "lib/io/stream.hpp"

using namespace sgan;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::survive([&] {
    io::ReadOptions options;
    options.batch = 3;
    const int choice =
        size > 0 ? data[--size] : 0;  // the last byte, so that corpora are real streams
    if (choice & 1) options.kinds = {io::Kind::w};
    if (choice & 2) options.raw = rt::Shape{2, 3};
    if (choice & 4) options.row = rt::Shape{-1, 8};
    io::Reader reader(std::make_unique<io::MemorySource>(fuzz::text(data, size), "fuzz"), options);
    int64_t rows = 0;
    for (const rt::Tensor& batch : reader) {
      fuzz::require(batch.size(0) > 0 && batch.size(0) <= 3);
      fuzz::require(batch.rank() == reader.row_shape().rank() + 1);
      rows += batch.size(0);
      if (rows > 1000) return;  // a bomb of zeros unpacks for as long as one likes
    }
    fuzz::require(rows > 0);
  });
  return 0;
}
