#include "lib/io/picture_library.hpp"

#include <dlfcn.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>

#include "lib/rt/error.hpp"

namespace sgan::io {
namespace {

std::string load_problem(const std::string& why) {
  // The loader speaks of segments and descriptors when there is no room for them.
  const bool memory = why.find("failed to map") != why.npos ||
                      why.find("annot allocate memory") != why.npos ||
                      why.find("annot create shared object descriptor") != why.npos;
  return memory ? cat("there is too little memory, or too low a limit (ulimit -v), to load "
                      "libsgan-image and OpenImageIO for picture files (",
                      why, ")")
                : cat("picture files need libsgan-image and OpenImageIO, which cannot be loaded (",
                      why, ")");
}

// Whether a limit of address space leaves too little: OpenImageIO brings some 260 libraries, among
// them at times one (OpenBLAS) that waits for ever for memory that it does not get.
bool too_little_room() {
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return false;
  long pages = 0;  // of address space in use
  std::ifstream("/proc/self/statm") >> pages;
  const auto used = uint64_t(pages) * uint64_t(sysconf(_SC_PAGESIZE));
  return limit.rlim_cur < used + (uint64_t{800} << 20);
}

// Next to this library first, then wherever the system looks.
PictureLibrary load() {
  constexpr const char* kName = "libsgan-image.so.0";
  PictureLibrary library;
  if (too_little_room()) {
    library.problem =
        "there is too little memory, or too low a limit (ulimit -v), to load libsgan-image and "
        "OpenImageIO for picture files: they take up to 800 MiB of address space";
    return library;
  }
  void* handle = nullptr;
  std::string reason;
  Dl_info self{};
  if (dladdr(reinterpret_cast<void*>(&load), &self) && self.dli_fname) {
    const std::string path = self.dli_fname;
    const size_t slash = path.rfind('/');
    if (slash != std::string::npos) {
      const std::string beside = path.substr(0, slash + 1) + kName;
      handle = dlopen(beside.c_str(), RTLD_NOW | RTLD_LOCAL);
      // One that is there and cannot be loaded is the one to speak of.
      const char* said = handle ? nullptr : dlerror();
      if (said && ::access(beside.c_str(), F_OK) == 0) reason = said;
    }
  }
  if (!handle) handle = dlopen(kName, RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    const char* said = dlerror();
    if (reason.empty()) reason = said ? said : kName;
    library.problem = load_problem(reason);
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
