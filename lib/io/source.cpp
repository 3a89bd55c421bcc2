#include "lib/io/source.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "lib/rt/error.hpp"

namespace sgan::io {

size_t Source::read(void* to, size_t bytes) {
  if (bytes == 0) return 0;
  if (begin_ == end_) {
    if (bytes >= kBuffer) {  // large pieces go straight to their place
      const size_t got = fill(to, bytes);
      offset_ += got;
      return got;
    }
    buffered(1);
  }
  const size_t got = std::min(bytes, end_ - begin_);
  if (got > 0) std::memcpy(to, buffer_.data() + begin_, got);
  consume(got);
  return got;
}

size_t Source::read_full(void* to, size_t bytes) {
  size_t done = 0;
  while (done < bytes) {
    const size_t got = read(static_cast<char*>(to) + done, bytes - done);
    if (got == 0) break;
    done += got;
  }
  return done;
}

void Source::read_exact(void* to, size_t bytes) {
  if (read_full(to, bytes) != bytes) truncated();
}

std::string Source::read_all(size_t limit) {
  std::string all;
  for (;;) {
    const std::string_view piece = available();
    if (piece.empty()) return all;
    check(piece.size() <= limit - all.size(), name_, ": larger than ", limit, " bytes");
    all.append(piece);
    consume(piece.size());
  }
}

std::string_view Source::buffered(size_t bytes) {
  if (end_ - begin_ < bytes) {
    if (buffer_.empty()) buffer_.resize(kBuffer);
    if (begin_ > 0) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    while (end_ < std::min(bytes, kBuffer)) {
      const size_t got = fill(buffer_.data() + end_, kBuffer - end_);
      if (got == 0) break;
      end_ += got;
    }
  }
  return {buffer_.data() + begin_, end_ - begin_};
}

void Source::consume(size_t bytes) {
  begin_ += bytes;
  offset_ += bytes;
}

void Source::truncated() const { fail(name_, ": truncated after ", offset_, " bytes"); }

size_t MemorySource::fill(void* to, size_t bytes) {
  const size_t got = std::min(bytes, bytes_.size());
  if (got > 0) std::memcpy(to, bytes_.data(), got);
  bytes_.remove_prefix(got);
  return got;
}

FdSource::~FdSource() {
  if (own_) ::close(fd_);
}

size_t FdSource::fill(void* to, size_t bytes) {
  for (;;) {
    const ssize_t got = ::read(fd_, to, bytes);
    if (got >= 0) return size_t(got);
    if (errno == EAGAIN) {  // somebody else made it non-blocking
      pollfd ready{fd_, POLLIN, 0};
      ::poll(&ready, 1, -1);
    } else if (errno != EINTR) {
      fail(name(), ": cannot read: ", std::strerror(errno));
    }
  }
}

std::unique_ptr<Source> open_input(const std::string& path, std::string_view hint) {
  const bool standard = path.empty() || path == "-";
  const std::string name = standard ? "stdin" : path;
  const int fd = standard ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail(name, ": cannot open: ", std::strerror(errno));
  auto source = std::make_unique<FdSource>(fd, name, !standard);
  struct stat info {};
  if (fstat(fd, &info) != 0) fail(name, ": cannot read: ", std::strerror(errno));
  check(!S_ISDIR(info.st_mode), name, ": is a directory");
  if (isatty(fd)) {
    fail(name, " is a terminal; give a file or a pipe",
         hint.empty() ? "" : ", for example: ", hint);
  }
  return source;
}

}  // namespace sgan::io
