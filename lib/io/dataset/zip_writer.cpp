#include "lib/io/dataset/zip_writer.hpp"

#include "lib/io/crc32.hpp"

namespace sgan::io {
namespace {

// Little-endian fields one after another.
class Fields {
 public:
  Fields& u16(uint64_t v) { return add(v, 2); }
  Fields& u32(uint64_t v) { return add(v, 4); }
  Fields& u64(uint64_t v) { return add(v, 8); }
  std::string text;

 private:
  Fields& add(uint64_t v, int bytes) {
    for (int i = 0; i < bytes; ++i) text += char(v >> (8 * i) & 255);
    return *this;
  }
};

constexpr uint64_t kMost32 = 0xffffffff, kMost16 = 0xffff;
constexpr uint16_t kVersion = 20, kVersion64 = 45, kUnix = 3 << 8;
constexpr uint16_t kTime = 0, kDate = 1 << 5 | 1;  // 1 January 1980, whatever the day is
constexpr uint32_t kMode = 0100644u << 16;

// From "version needed" to the length of the name, as both headers have them.
void common(Fields& f, uint16_t version, uint32_t crc, uint32_t size, size_t name) {
  f.u16(version).u16(0).u16(0).u16(kTime).u16(kDate).u32(crc).u32(size).u32(size).u16(name);
}

}  // namespace

void ZipWriter::write(std::string_view bytes) {
  sink_.write(bytes);
  offset_ += bytes.size();
}

void ZipWriter::add(const std::string& name, std::string_view contents) {
  check(contents.size() < kMost32 && name.size() < kMost16, name, ": too large for a zip archive");
  const Member member{name, crc32(contents), uint32_t(contents.size()), offset_};
  Fields f;
  f.u32(0x04034b50);
  common(f, kVersion, member.crc, member.size, name.size());
  f.u16(0);
  write(f.text + name);
  write(contents);
  members_.push_back(member);
}

void ZipWriter::finish() {
  const uint64_t start = offset_;
  for (const Member& m : members_) {
    const bool far = m.offset >= kMost32;
    Fields f;
    f.u32(0x02014b50).u16(kUnix | (far ? kVersion64 : kVersion));
    common(f, far ? kVersion64 : kVersion, m.crc, m.size, m.name.size());
    f.u16(far ? 12 : 0).u16(0).u16(0).u16(0).u32(kMode).u32(far ? kMost32 : m.offset);
    f.text += m.name;
    if (far) f.u16(1).u16(8).u64(m.offset);
    write(f.text);
  }
  const uint64_t size = offset_ - start, count = members_.size();
  Fields f;
  if (count >= kMost16 || start >= kMost32 || size >= kMost32) {
    const uint64_t record = offset_;
    f.u32(0x06064b50).u64(44).u16(kUnix | kVersion64).u16(kVersion64).u32(0).u32(0);
    f.u64(count).u64(count).u64(size).u64(start);
    f.u32(0x07064b50).u32(0).u64(record).u32(1);
  }
  const auto most = [](uint64_t v, uint64_t limit) { return v < limit ? v : limit; };
  f.u32(0x06054b50).u16(0).u16(0).u16(most(count, kMost16)).u16(most(count, kMost16));
  f.u32(most(size, kMost32)).u32(most(start, kMost32)).u16(0);
  write(f.text);
}

}  // namespace sgan::io
