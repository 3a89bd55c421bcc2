// A zip of pictures with dataset.json, opened as a data set; sizes, checksums and contents of all.
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.hpp"
#include "lib/io/dataset/dataset.hpp"
#include "lib/io/dataset/pictures.hpp"

using namespace sgan;

namespace {

// An Error is a right answer; its text may have any names of the archive in it.
template <class Run>
bool survives(const Run& run) {
  try {
    run();
    return true;
  } catch (const Error& e) {
    fuzz::require(*e.what() != '\0');
    return false;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const int fd = memfd_create("fuzz", MFD_CLOEXEC);
  fuzz::require(fd >= 0 && ::write(fd, data, size) == ssize_t(size));
  const std::string path = cat("/proc/self/fd/", fd);
  survives([&] {
    const auto pictures = io::open_picture_zip(path);
    for (size_t i = 0; i < pictures->count() && i < 8; ++i) {
      survives([&] { pictures->size(i); });
      survives([&] { pictures->decode(i); });
      survives([&] { pictures->checksum(i); });
    }
  });
  survives([&] {
    const auto set = io::open_dataset(path, {.labels = true});
    const auto& info = set->info();
    fuzz::require(info.count > 0 && info.resolution > 0 && info.label_dim > 0);
    fuzz::require(info.channels == 1 || info.channels == 3);
    std::vector<float> row(size_t(info.label_dim));
    for (int64_t i = 0; i < info.count; ++i) set->label(i, row.data());
    if (info.resolution > 256) return;
    std::vector<uint8_t> pixels(size_t(info.resolution * info.resolution * info.channels));
    for (int64_t i = 0; i < info.count && i < 8; ++i)
      survives([&] { set->read(i, pixels.data()); });
  });
  ::close(fd);
  return 0;
}
