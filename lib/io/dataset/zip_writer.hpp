// A zip archive of stored members, written front to back: the same members give the same bytes.
// (PKWARE, APPNOTE.TXT 6.3; with zip64 where sizes need it.)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/io/output.hpp"

namespace sgan::io {

class ZipWriter {
 public:
  explicit ZipWriter(Sink& sink) : sink_(sink) {}  // `sink` outlives it
  // Each name once, in ASCII; contents below 4 GiB.
  void add(const std::string& name, std::string_view contents);
  void finish();  // the directory

 private:
  struct Member {
    std::string name;
    uint32_t crc, size;
    uint64_t offset;
  };
  void write(std::string_view bytes);
  Sink& sink_;
  uint64_t offset_ = 0;
  std::vector<Member> members_;
};

}  // namespace sgan::io
