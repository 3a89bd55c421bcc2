// Bytes that come in: from memory, a file or a pipe.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sgan::io {

// A buffered stream of bytes. Errors begin with name(), the file's name or "stdin".
class Source {
 public:
  explicit Source(std::string name) : name_(std::move(name)) {}
  virtual ~Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  const std::string& name() const { return name_; }
  size_t offset() const { return offset_; }  // bytes read so far

  // Reads up to `bytes`, as many as are there without waiting for more; 0 only at the end.
  size_t read(void* to, size_t bytes);
  // Reads until `bytes` are there; fewer only at the end.
  size_t read_full(void* to, size_t bytes);
  // Reads exactly `bytes`; throws Error "truncated after N bytes" when the end comes first.
  void read_exact(void* to, size_t bytes);
  // Everything to the end; throws Error beyond `limit` bytes.
  std::string read_all(size_t limit);

  // The next bytes without reading them; fewer than `bytes` only at the end. At most kBuffer.
  std::string_view peek(size_t bytes) { return buffered(bytes).substr(0, bytes); }
  // All that is at hand, at least one byte unless at the end; consume() what was used.
  std::string_view available() { return buffered(1); }
  void consume(size_t bytes);

  [[noreturn]] void truncated() const;

  static constexpr size_t kBuffer = size_t{1} << 17;

 protected:
  // Puts 1..bytes bytes at `to`, or returns 0 at the end.
  virtual size_t fill(void* to, size_t bytes) = 0;

 private:
  std::string_view buffered(size_t bytes);
  std::string name_;
  std::vector<char> buffer_;
  size_t begin_ = 0, end_ = 0;  // unread part of the buffer
  size_t offset_ = 0;
};

// Bytes that stay alive elsewhere.
class MemorySource : public Source {
 public:
  MemorySource(std::string_view bytes, std::string name) : Source(std::move(name)), bytes_(bytes) {}

 protected:
  size_t fill(void* to, size_t bytes) override;

 private:
  std::string_view bytes_;
};

// A file descriptor; closed at destruction when `own`.
class FdSource : public Source {
 public:
  FdSource(int fd, std::string name, bool own) : Source(std::move(name)), fd_(fd), own_(own) {}
  ~FdSource() override;

 protected:
  size_t fill(void* to, size_t bytes) override;

 private:
  int fd_;
  bool own_;
};

// Opens a file for reading, or stdin for "-" and "". Throws Error when it cannot be read, is a
// directory, or is a terminal; `hint` then tells what to pipe in.
std::unique_ptr<Source> open_input(const std::string& path, std::string_view hint = {});

}  // namespace sgan::io
