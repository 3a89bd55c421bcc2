// Bytes that go out, so that nobody ever sees half of a file: a temporary name in the same
// directory, renamed when everything is written, removed on failure and on signals that end the
// process.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "lib/rt/error.hpp"

namespace sgan::io {

// The reader of our stdout has gone. Programs end without a message; see sgan(7) for the status.
class PipeClosed : public Error {
 public:
  using Error::Error;
};

// Where bytes go. write() may keep them back until flush().
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void write(const void* data, size_t bytes) = 0;
  virtual void flush() {}
  void write(std::string_view bytes) { write(bytes.data(), bytes.size()); }
};

class StringSink : public Sink {
 public:
  using Sink::write;
  void write(const void* data, size_t bytes) override {
    text.append(static_cast<const char*>(data), bytes);
  }
  std::string text;
};

// A file under a temporary name next to its final one, with the same extension, for libraries that
// write files themselves. A symbolic link's target is made or replaced, not the link; the mode
// of a file that is replaced stays.
class PendingFile {
 public:
  explicit PendingFile(const std::string& path);  // throws Error when it cannot be created
  ~PendingFile();                                 // removes it unless committed
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;

  const std::string& temporary() const { return temporary_; }
  int fd() const { return fd_; }  // open for writing
  // Renames it. With `sync` the contents are on the disk before the name is.
  void commit(bool sync = true);

 private:
  void discard();
  std::string path_, temporary_;
  int fd_ = -1, slot_ = -1;
};

// Removes all pending files. Async-signal-safe, for programs with handlers of their own.
void remove_pending_files() noexcept;
// Lets a signal remove the pending files and then end the process as it would have anyway. Done by
// itself for SIGINT, SIGTERM, SIGHUP and the other usual ones, faults included, where the program
// has not set a handler of its own.
void remove_pending_files_on(int signal);

// A file, or stdout for "-" and "". What is not a regular file (a device, a fifo) is written
// directly.
class Output : public Sink {
 public:
  // Throws Error when the file cannot be created, or `binary` data would go to a terminal.
  explicit Output(const std::string& path, bool binary = true);
  ~Output() override;  // without finish(): the file is not made
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  const std::string& name() const { return name_; }
  using Sink::write;
  void write(const void* data, size_t bytes) override;  // throws Error, PipeClosed
  void flush() override;
  // Everything written, closed and checked, the file in its place. Throws Error, PipeClosed.
  void finish();

 private:
  void write_fd(const char* data, size_t bytes);
  [[noreturn]] void failed(int error) const;

  std::string name_, buffer_;
  std::unique_ptr<PendingFile> pending_;
  int fd_ = -1;
  bool standard_ = false;
};

}  // namespace sgan::io
