// Reading members of a zip archive in memory, by libzip: it takes names, sizes and offsets from the
// central directory (zip64 too), inflates, and checks every member's CRC.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

struct zip;

namespace sgan::io::pickle {

class ZipArchive {
 public:
  static bool is(std::string_view data);  // by the first bytes

  ZipArchive(std::string_view data, const std::string& name);  // `data` must outlive it
  ~ZipArchive();
  ZipArchive(const ZipArchive&) = delete;
  ZipArchive& operator=(const ZipArchive&) = delete;

  // The folder of the first member that is called `leaf` and lies in one, with "/" at its end; ""
  // when there is none.
  std::string folder_of(std::string_view leaf) const;
  bool has(const std::string& member) const { return members_.count(member) > 0; }
  const std::vector<std::string>& names() const { return order_; }  // in the archive's order
  // Uncompressed bytes of a member, and their CRC-32; throws Error when it is not there.
  uint64_t size(const std::string& member) const;
  uint32_t checksum(const std::string& member) const;
  // The first bytes of a member, at most `bytes`, unchecked.
  std::string head(const std::string& member, size_t bytes) const;
  // Throws Error when the member is missing, damaged or larger than `limit`.
  std::string read(const std::string& member, uint64_t limit) const;

 private:
  struct Member {
    uint64_t index = 0, size = 0;
    uint32_t checksum = 0;
  };
  const Member& find(const std::string& member) const;

  std::string name_;
  zip* archive_ = nullptr;
  std::unordered_map<std::string, Member> members_;
  std::vector<std::string> order_;  // of the names in the archive
};

}  // namespace sgan::io::pickle
