#include "lib/engine/cuda/library.hpp"

#include <dlfcn.h>

#include "lib/rt/error.hpp"

namespace sgan::engine::cuda {

Library::Library(const char* title, const std::vector<std::string>& names) : title_(title) {
  std::string reason;
  for (const std::string& name : names) {
    handle_ = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle_) {
      name_ = name;
      return;
    }
    const char* why = dlerror();
    if (reason.empty()) reason = why ? why : name + " cannot be opened";
  }
  fail(title_, " is needed on a GPU and cannot be loaded (", reason,
       "); install it, add its folder to LD_LIBRARY_PATH, or use --device cpu");
}

void* Library::symbol(const char* name) const {
  void* address = dlsym(handle_, name);
  check(address != nullptr, title_, ": ", name_, " has no ", name, "; its version does not fit");
  return address;
}

}  // namespace sgan::engine::cuda
