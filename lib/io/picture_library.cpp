#include "lib/io/picture_library.hpp"

#include <dlfcn.h>

#include "lib/rt/error.hpp"

namespace sgan::io {
namespace {

// Next to this library first, then wherever the system looks.
PictureLibrary load() {
  constexpr const char* kName = "libsgan-image.so.0";
  PictureLibrary library;
  void* handle = nullptr;
  Dl_info self{};
  if (dladdr(reinterpret_cast<void*>(&load), &self) && self.dli_fname) {
    const std::string path = self.dli_fname;
    const size_t slash = path.rfind('/');
    if (slash != std::string::npos) {
      handle = dlopen((path.substr(0, slash + 1) + kName).c_str(), RTLD_NOW | RTLD_LOCAL);
    }
  }
  if (!handle) handle = dlopen(kName, RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    const char* why = dlerror();
    library.problem =
        cat("picture files need libsgan-image and OpenImageIO, which cannot be loaded (",
            why ? why : kName, ")");
    return library;
  }
  library.check = reinterpret_cast<SganImageCheck*>(dlsym(handle, SGAN_IMAGE_CHECK));
  library.write = reinterpret_cast<SganImageWrite*>(dlsym(handle, SGAN_IMAGE_WRITE));
  library.read = reinterpret_cast<SganImageRead*>(dlsym(handle, SGAN_IMAGE_READ));
  if (!library.check || !library.write || !library.read) {
    library.problem = cat(kName, " belongs to another version of sgan");
  }
  return library;
}

}  // namespace

const PictureLibrary& picture_library() {
  static const PictureLibrary loaded = load();
  return loaded;
}

}  // namespace sgan::io
