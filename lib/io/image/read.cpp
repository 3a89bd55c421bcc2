// Picture files in memory, decoded by OpenImageIO.
#include <OpenImageIO/filesystem.h>
#include <OpenImageIO/imageio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>

#include "lib/io/picture_entry.hpp"

namespace {

using OIIO::ImageInput;
using OIIO::TypeDesc;

int failed(char* message, size_t size, const std::string& text) {
  std::snprintf(message, size, "%s", text.substr(0, text.find('\n')).c_str());
  return 1;
}

// The bytes under a name in the file system, for formats that are only read from there.
class MemoryFile {
 public:
  MemoryFile(const void* data, size_t bytes) : fd_(memfd_create("picture", MFD_CLOEXEC)) {
    const char* at = static_cast<const char*>(data);
    while (bytes > 0) {
      const ssize_t written = ::write(fd_, at, bytes);
      if (written <= 0) return;  // the reader finds it cut
      at += written;
      bytes -= size_t(written);
    }
  }
  ~MemoryFile() {
    if (fd_ >= 0) close(fd_);
  }
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

bool supports_memory(const char* name) {
  const auto probe = ImageInput::create(name);
  if (!probe) OIIO::geterror();  // the contents may be of a known format all the same
  return !probe || probe->supports("ioproxy");
}

int read(SganPictureRead& picture, char* message, size_t size) {
  OIIO::ImageSpec config;
  config.attribute("oiio:UnassociatedAlpha", 1);
  OIIO::Filesystem::IOMemReader memory(picture.data, picture.bytes);
  std::unique_ptr<MemoryFile> file;
  std::unique_ptr<ImageInput> in;
  if (supports_memory(picture.name)) in = ImageInput::open(picture.name, &config, &memory);
  if (!in) {
    const std::string first = OIIO::geterror();
    file = std::make_unique<MemoryFile>(picture.data, picture.bytes);
    in = ImageInput::open(file->path(), &config);
    if (!in) {
      const std::string second = OIIO::geterror();
      return failed(message, size, first.empty() ? second : first);
    }
  }
  const OIIO::ImageSpec& spec = in->spec();
  constexpr int kMaxSide = 1 << 16;
  if (spec.width < 1 || spec.height < 1 || spec.width > kMaxSide || spec.height > kMaxSide ||
      spec.nchannels < 1 || spec.nchannels > 16 || spec.depth > 1) {
    return failed(message, size, "the picture's size or number of channels is out of range");
  }
  // Float formats become 16 bits: their range above white is cut.
  const bool bytes = spec.format == TypeDesc::UINT8;
  const TypeDesc type = bytes ? TypeDesc::UINT8 : TypeDesc::UINT16;
  picture.width = spec.width;
  picture.height = spec.height;
  picture.channels = spec.nchannels;
  picture.bits = bytes ? 8 : 16;
  // GIF's reader counts from 1 where it says which channel is alpha.
  picture.alpha = std::min(spec.alpha_channel, spec.nchannels - 1);
  picture.orientation = spec.get_int_attribute("Orientation", 1);
  const size_t total =
      size_t(spec.width) * size_t(spec.height) * size_t(spec.nchannels) * (bytes ? 1 : 2);
  void* pixels = picture.allocate(&picture, total);
  if (!pixels) return 0;
  if (!in->read_image(0, 0, 0, spec.nchannels, type, pixels)) {
    return failed(message, size, in->geterror());
  }
  return 0;
}

}  // namespace

extern "C" int sgan_image_read_1(SganPictureRead* picture, char* message, size_t size) try {
  static const bool once = OIIO::attribute("threads", 1);  // callers are threads themselves
  (void)once;
  return read(*picture, message, size);
} catch (const std::exception& error) {
  return failed(message, size, error.what());
}
