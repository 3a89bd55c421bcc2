// A shared library that is opened when it is first needed, so that a program built for GPUs starts
// where neither driver nor GPU libraries are.
#pragma once

#include <string>
#include <vector>

namespace sgan::engine::cuda {

class Library {
 public:
  // The first of `names` that the dynamic linker finds; throws Error naming `title` and why when
  // there is none. Never closed.
  Library(const char* title, const std::vector<std::string>& names);

  // Throws Error when the library lacks the function.
  template <class F>
  void load(F*& function, const char* name) const {
    function = reinterpret_cast<F*>(symbol(name));
  }

 private:
  void* symbol(const char* name) const;
  std::string title_, name_;
  void* handle_ = nullptr;
};

}  // namespace sgan::engine::cuda
