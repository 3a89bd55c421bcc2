// An anonymous file in memory, for libraries that write by name and seek.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "lib/io/output.hpp"

namespace sgan::io {

class MemoryFile {
 public:
  MemoryFile() : fd_(memfd_create("picture", MFD_CLOEXEC)) {
    check(fd_ >= 0, "cannot create a file in memory: ", std::strerror(errno));
  }
  ~MemoryFile() { close(fd_); }
  std::string path() const { return cat("/proc/self/fd/", fd_); }
  void copy_to(Sink& sink) const {
    std::vector<char> buffer(size_t{1} << 20);
    for (off_t at = 0;;) {
      const ssize_t got = pread(fd_, buffer.data(), buffer.size(), at);
      check(got >= 0, "cannot read back a picture: ", std::strerror(errno));
      check(got > 0 || at > 0, "nothing was written as a picture");
      if (got == 0) return;
      sink.write(buffer.data(), size_t(got));
      at += got;
    }
  }

 private:
  int fd_;
};

}  // namespace sgan::io
