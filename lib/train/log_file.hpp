// A file that grows by whole records while a run goes on, on a disk that may be full.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sgan::train {

class LogFile {
 public:
  // What to do with a file that is there: make a new one beside it that must not exist, go on with
  // it as it is, or go on after its last complete line.
  enum class Open { fresh, append, append_lines };

  LogFile() = default;
  LogFile(std::string path, Open how);  // opens at the first append()
  ~LogFile();
  LogFile(LogFile&& other) noexcept;
  LogFile& operator=(LogFile&& other) noexcept;

  // Writes all of `record` or nothing of it, straight to the system. Empty, or a line for the user:
  // at the first append() that fails, and at the first that works again. Never throws.
  std::string append(std::string_view record) noexcept;
  const std::string& path() const { return path_; }
  int64_t size() const { return end_; }  // 0 until something has been written

 private:
  bool open();  // false with errno set
  bool write(std::string_view record);
  std::string path_;
  Open how_ = Open::append;
  int fd_ = -1;
  int64_t end_ = 0;  // up to here the file holds complete records
  int64_t lost_ = 0;
};

}  // namespace sgan::train
