// A whole file in memory, read when it is touched.
#pragma once

#include <string>
#include <string_view>

namespace sgan::io {

class MappedFile {
 public:
  explicit MappedFile(const std::string& path);  // throws Error; an empty file has no bytes
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }

 private:
  void* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace sgan::io
