#include "lib/io/pickle/zip.hpp"

#include <zip.h>

#include <algorithm>
#include <memory>

#include "lib/rt/error.hpp"

namespace sgan::io::pickle {

bool ZipArchive::is(std::string_view data) { return data.starts_with("PK\x03\x04"); }

ZipArchive::ZipArchive(std::string_view data, const std::string& name) : name_(name) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(data.data(), data.size(), 0, &error);
  if (source) archive_ = zip_open_from_source(source, ZIP_RDONLY, &error);
  if (!archive_) {
    const std::string reason = zip_error_strerror(&error);
    if (source) zip_source_free(source);
    zip_error_fini(&error);
    fail(name_, ": damaged or truncated zip archive (", reason, ")");
  }
  zip_error_fini(&error);
  const auto count = zip_get_num_entries(archive_, 0);
  for (zip_int64_t i = 0; i < count; ++i) {
    zip_stat_t stat;
    if (zip_stat_index(archive_, zip_uint64_t(i), 0, &stat) != 0 || !(stat.valid & ZIP_STAT_NAME) ||
        !(stat.valid & ZIP_STAT_SIZE))
      continue;
    const uint32_t checksum = stat.valid & ZIP_STAT_CRC ? stat.crc : 0;
    members_.try_emplace(stat.name, Member{zip_uint64_t(i), stat.size, checksum});
    order_.emplace_back(stat.name);
  }
}

ZipArchive::~ZipArchive() {
  if (archive_) zip_discard(archive_);
}

std::string ZipArchive::folder_of(std::string_view leaf) const {
  for (const auto& name : order_) {
    const size_t slash = name.find('/');
    if (slash != name.npos && std::string_view(name).substr(slash + 1) == leaf)
      return name.substr(0, slash + 1);
  }
  return {};
}

const ZipArchive::Member& ZipArchive::find(const std::string& member) const {
  const auto found = members_.find(member);
  check(found != members_.end(), name_, ": has no member ", member);
  return found->second;
}

uint64_t ZipArchive::size(const std::string& member) const { return find(member).size; }

uint32_t ZipArchive::checksum(const std::string& member) const { return find(member).checksum; }

std::string ZipArchive::head(const std::string& member, size_t bytes) const {
  const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> file(
      zip_fopen_index(archive_, find(member).index, 0), zip_fclose);
  check(file != nullptr, name_, ": cannot read the member ", member, " (", zip_strerror(archive_),
        ")");
  std::string data(bytes, '\0');
  const auto got = zip_fread(file.get(), data.data(), data.size());
  check(got >= 0, name_, ": the member ", member, " is damaged (", zip_file_strerror(file.get()),
        ")");
  data.resize(size_t(got));
  return data;
}

std::string ZipArchive::read(const std::string& member, uint64_t limit) const {
  const Member& found = find(member);
  check(found.size <= limit, name_, ": the member ", member, " declares ", found.size,
        " bytes, more than such a file can hold");
  const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> file(
      zip_fopen_index(archive_, found.index, 0), zip_fclose);
  check(file != nullptr, name_, ": cannot read the member ", member, " (", zip_strerror(archive_),
        ")");
  // In pieces, so that a declared size costs no memory before the data is there.
  std::string data;
  constexpr size_t kPiece = size_t{1} << 22;
  while (data.size() <= found.size) {
    const size_t before = data.size();
    data.resize(size_t(std::min<uint64_t>(before + kPiece, found.size + 1)));
    const auto got = zip_fread(file.get(), data.data() + before, data.size() - before);
    check(got >= 0, name_, ": the member ", member, " is damaged (", zip_file_strerror(file.get()),
          ")");
    data.resize(before + size_t(got));
    if (got == 0) break;
  }
  check(data.size() == found.size, name_, ": the member ", member, " is damaged (its size is not ",
        found.size, ")");
  return data;
}

}  // namespace sgan::io::pickle
