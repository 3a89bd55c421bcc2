#include "lib/train/log_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "lib/rt/error.hpp"

namespace sgan::train {
namespace {

// Where the last complete line ends.
int64_t end_of_lines(int fd, int64_t size) {
  char block[4096];
  while (size > 0) {
    const int64_t begin = std::max<int64_t>(0, size - int64_t(sizeof block));
    const ssize_t got = ::pread(fd, block, size_t(size - begin), begin);
    if (got != size - begin) return -1;
    const void* line = ::memrchr(block, '\n', size_t(got));
    if (line) return begin + (static_cast<const char*>(line) - block) + 1;
    size = begin;
  }
  return 0;
}

}  // namespace

LogFile::LogFile(std::string path, Open how) : path_(std::move(path)), how_(how) {}

LogFile::~LogFile() {
  if (fd_ >= 0) ::close(fd_);
}

LogFile::LogFile(LogFile&& other) noexcept { *this = std::move(other); }

LogFile& LogFile::operator=(LogFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(how_, other.how_);
  std::swap(fd_, other.fd_);
  std::swap(end_, other.end_);
  std::swap(lost_, other.lost_);
  return *this;
}

bool LogFile::open() {
  const int flags = how_ == Open::fresh ? O_RDWR | O_CREAT | O_EXCL : O_RDWR | O_CREAT;
  fd_ = ::open(path_.c_str(), flags | O_CLOEXEC, 0666);
  for (int i = 1; fd_ < 0 && errno == EEXIST && how_ == Open::fresh && i < 1000; ++i) {
    const std::string other = cat(path_, ".", i);
    fd_ = ::open(other.c_str(), flags | O_CLOEXEC, 0666);
    if (fd_ >= 0) path_ = other;
  }
  if (fd_ < 0) return false;
  struct stat info {};
  const bool known = ::fstat(fd_, &info) == 0;
  end_ = !known                       ? -1
         : !S_ISREG(info.st_mode)     ? 0
         : how_ == Open::append_lines ? end_of_lines(fd_, info.st_size)
                                      : int64_t(info.st_size);
  if (end_ >= 0 && (end_ == info.st_size || ::ftruncate(fd_, end_) == 0)) return true;
  const int error = errno;
  ::close(std::exchange(fd_, -1));
  errno = error;
  return false;
}

bool LogFile::write(std::string_view record) {
  if (fd_ < 0 && !open()) return false;
  // At the end that we know, not at the file's: half a record of a failed write is written over.
  for (size_t done = 0; done < record.size();) {
    const ssize_t put =
        ::pwrite(fd_, record.data() + done, record.size() - done, end_ + int64_t(done));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) {
      const int error = put < 0 ? errno : ENOSPC;
      (void)!::ftruncate(fd_, end_);
      errno = error;
      return false;
    }
    done += size_t(put);
  }
  end_ += int64_t(record.size());
  return true;
}

std::string LogFile::append(std::string_view record) noexcept try {
  if (path_.empty()) return "";
  if (write(record)) {
    const int64_t lost = std::exchange(lost_, 0);
    return lost ? cat(path_, ": can be written again; ", lost, " records are lost") : "";
  }
  const int error = errno;
  if (lost_++ > 0) return "";
  return cat(path_, ": cannot write: ", std::strerror(error),
             "; the run goes on, and these records are lost until it can");
} catch (...) {  // no memory for the message
  return "";
}

}  // namespace sgan::train
