// What is known and checked of PNG and JPEG files before a library decodes them.
#include "fuzz.hpp"
#include "lib/io/jpeg_markers.hpp"
#include "lib/io/png_chunks.hpp"

using namespace sgan;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const auto data = fuzz::text(bytes, size);
  fuzz::survive([&] {
    if (!io::is_png(data)) return;
    const std::string kept = io::essential_png(data, "fuzz");
    fuzz::require(kept.size() <= data.size() && io::essential_png(kept, "again") == kept);
    io::PictureSize size_of_all, size_of_kept;
    fuzz::require(!io::png_size(data, size_of_all) ||
                  (size_of_all.width > 0 && size_of_all.height > 0));
    fuzz::require(!io::png_size(kept, size_of_kept) || size_of_kept.width > 0);
  });
  fuzz::survive([&] {
    io::PictureSize any;
    io::png_size(data, any);
    if (io::is_jpeg(data)) io::check_jpeg_end(data, "fuzz");
  });
  return 0;
}
