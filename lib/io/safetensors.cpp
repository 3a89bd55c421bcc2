#include "lib/io/safetensors.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "kernels/parallel.hpp"
#include "lib/io/json.hpp"
#include "lib/io/magic.hpp"
#include "lib/io/sha256.hpp"
#include "lib/io/zstd_stream.hpp"

namespace sgan::io {
namespace {

constexpr uint64_t kMaxHeader = uint64_t{16} << 20;
constexpr uint64_t kWorthThreads = uint64_t{2} << 20;

// The least that a zstd block takes is four bytes, the most that it gives is 128 KiB.
bool can_hold(size_t compressed, uint64_t content) {
  return content <= (uint64_t{compressed} / 4 + 1) << 17;
}

// Runs body(0..n-1), on all cores when `bytes` is worth it; the first Error is thrown again.
template <class Body>
void each(size_t n, uint64_t bytes, const Body& body) {
  std::vector<std::string> errors(n);
  const auto guarded = [&](int64_t i) {
    try {
      body(size_t(i));
    } catch (const std::exception& e) {
      errors[size_t(i)] = e.what();
    }
  };
  if (bytes < kWorthThreads || n < 2) {
    for (size_t i = 0; i < n; ++i) guarded(int64_t(i));
  } else {
    kernels::parallel_each(int64_t(n), guarded);
  }
  for (const std::string& error : errors) check(error.empty(), error);
}

}  // namespace

SafetensorsFile::SafetensorsFile(std::string_view bytes, const std::string& name) : name_(name) {
  open(bytes);
}

SafetensorsFile::SafetensorsFile(const std::string& path) : name_(path) {
  struct stat info {};
  const bool standard = path.empty() || path == "-";
  if (!standard && ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail(path, ": cannot open: ", std::strerror(errno));
    const size_t size = size_t(info.st_size);
    void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
    ::close(fd);
    if (mapped == MAP_FAILED) fail(path, ": cannot map: ", std::strerror(errno));
    owner_ = std::shared_ptr<const void>(
        mapped, [size](const void* at) { ::munmap(const_cast<void*>(at), size); });
    open({static_cast<const char*>(mapped), size});
    return;
  }
  read_through(open_input(path));
}

SafetensorsFile::SafetensorsFile(std::unique_ptr<Source> source) {
  read_through(std::move(source));
}

// A pipe is read as far as the header says, and one byte further to see that it ends there: what
// never ends is not waited for.
void SafetensorsFile::read_through(std::unique_ptr<Source> source) {
  name_ = source->name();
  if (is_zstd(source->peek(kMagicBytes))) source = std::make_unique<ZstdSource>(std::move(source));
  check(!source->available().empty(), name_, ": is empty");
  const auto all = std::make_shared<std::string>(read_start(*source, UINT64_MAX));
  const auto header =
      parse_safetensors_header(std::string_view(*all).substr(sizeof(uint64_t)), name_);
  const size_t available = rt::memory_available(rt::cpu);
  check(header.data_bytes() <= available, name_, ": its header promises ", header.data_bytes(),
        " bytes, ", available, " bytes of memory are available");
  constexpr uint64_t kStep = uint64_t{64} << 20;  // memory grows with what arrives
  for (uint64_t left = header.data_bytes(); left > 0;) {
    const uint64_t step = std::min(left, kStep);
    all->resize(all->size() + step);
    source->read_exact(all->data() + all->size() - step, step);
    left -= step;
  }
  check(source->available().empty(), name_, ": goes on after the last tensor");
  owner_ = all;
  bytes_ = *all;
  frames_.clear();
  read_header();
}

// The length of the header and the header, of a file of `total` bytes.
std::string SafetensorsFile::read_start(Source& source, uint64_t total) const {
  const std::string_view start = source.peek(kMagicBytes);
  if (!is_safetensors(start)) fail(name_, ": ", describe_wrong(start, "a model (safetensors)"));
  std::string bytes(sizeof(uint64_t), '\0');
  source.read_exact(bytes.data(), bytes.size());
  uint64_t size = 0;
  for (size_t i = bytes.size(); i-- > 0;) size = size << 8 | uint8_t(bytes[i]);
  check(size <= kMaxHeader, name_, ": header of ", size, " bytes is too long");
  check(size <= total - bytes.size(), name_, ": truncated after ", bytes_.size(), " bytes");
  bytes.resize(bytes.size() + size);
  source.read_exact(bytes.data() + sizeof(uint64_t), size);
  return bytes;
}

void SafetensorsFile::open(std::string_view bytes) {
  bytes_ = bytes;
  check(!bytes_.empty(), name_, ": is empty");
  if (is_zstd(bytes_) && !find_frames()) {
    // A frame does not say how long its contents are: unpack all of it.
    frames_.clear();
    return read_through(std::make_unique<MemorySource>(bytes_, name_));
  }
  read_header();
}

// False when the contents' length of a frame is not known.
bool SafetensorsFile::find_frames() {
  uint64_t at = 0;
  for (std::string_view left = bytes_; !left.empty();) {
    const size_t size = ZSTD_findFrameCompressedSize(left.data(), left.size());
    if (ZSTD_isError(size)) {
      const std::string what = ZSTD_getErrorName(size);
      if (!is_zstd(left) && left.size() >= 4) {
        fail(name_, ": ", left.size(), " bytes of something else after the zstd frames");
      }
      if (ZSTD_getErrorCode(size) == ZSTD_error_srcSize_wrong)
        fail(name_, ": truncated after ", bytes_.size(), " bytes");
      fail(name_, ": damaged near byte ", bytes_.size() - left.size(), ": ", what);
    }
    const std::string_view frame = left.substr(0, size);
    left.remove_prefix(size);
    if (!frame.starts_with(kZstdMagic)) continue;
    const uint64_t content = ZSTD_getFrameContentSize(frame.data(), frame.size());
    if (content == ZSTD_CONTENTSIZE_UNKNOWN) return false;
    check(content != ZSTD_CONTENTSIZE_ERROR && can_hold(frame.size(), content), name_,
          ": damaged near byte ", bytes_.size() - left.size() - size, ": frame header");
    if (content == 0) continue;
    frames_.push_back({frame, at, at + content});
    at += content;
  }
  check(!frames_.empty(), name_, ": holds nothing");
  return true;
}

void SafetensorsFile::read_header() {
  std::unique_ptr<Source> source = std::make_unique<MemorySource>(bytes_, name_);
  if (compressed()) source = std::make_unique<ZstdSource>(std::move(source));
  const uint64_t total = compressed() ? frames_.back().end : bytes_.size();
  header_bytes_ = read_start(*source, total);
  header_ =
      parse_safetensors_header(std::string_view(header_bytes_).substr(sizeof(uint64_t)), name_);
  const uint64_t expected = header_bytes_.size() + header_.data_bytes();
  check(total >= expected, name_, ": truncated: its header promises ", expected, " bytes, ", total,
        " are there");
  check(total == expected, name_, ": has ", total - expected, " bytes that belong to no tensor");
}

const TensorEntry* SafetensorsFile::find(std::string_view tensor) const {
  for (const TensorEntry& entry : header_.entries) {
    if (entry.name == tensor) return &entry;
  }
  return nullptr;
}

// Unpacks a frame to its end, where the checksum is; what nobody wants goes to a scratch buffer.
void SafetensorsFile::decode(const Frame& frame, const std::vector<Target>& targets) const {
  const std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(),
                                                                   ZSTD_freeDCtx);
  check(context != nullptr, "out of memory for zstd");
  std::vector<char> scratch;
  ZSTD_inBuffer in{frame.bytes.data(), frame.bytes.size(), 0};
  auto next = std::upper_bound(targets.begin(), targets.end(), frame.begin,
                               [](uint64_t at, const Target& t) { return at < t.end; });
  uint64_t at = frame.begin;
  size_t wants = 1;
  while (at < frame.end || wants != 0) {
    while (next != targets.end() && next->end <= at) ++next;
    ZSTD_outBuffer out{};
    uint64_t room = frame.end - at;
    if (next != targets.end() && next->begin <= at) {
      room = std::min(room, next->end - at);
      out.dst = next->to + (at - next->begin);
    } else {
      if (next != targets.end()) room = std::min(room, next->begin - at);
      room = std::min<uint64_t>(room, Source::kBuffer);
      scratch.resize(Source::kBuffer);
      out.dst = scratch.data();
    }
    out.size = size_t(room);
    const size_t before = in.pos;
    wants = ZSTD_decompressStream(context.get(), &out, &in);
    if (ZSTD_isError(wants)) {
      fail_unpacking(name_, size_t(frame.bytes.data() - bytes_.data()) + in.pos, wants);
    }
    at += out.pos;
    check(out.pos > 0 || in.pos > before || wants == 0, name_, ": damaged zstd frame");
    check(wants != 0 || at == frame.end, name_, ": a zstd frame is shorter than it says");
  }
}

void SafetensorsFile::copy(std::vector<Target> targets) const {
  std::erase_if(targets, [](const Target& t) { return t.begin == t.end; });
  std::sort(targets.begin(), targets.end(),
            [](const Target& a, const Target& b) { return a.begin < b.begin; });
  uint64_t bytes = 0;
  for (const Target& t : targets) bytes += t.end - t.begin;
  if (!compressed()) {
    return each(targets.size(), bytes, [&](size_t i) {
      const Target& t = targets[i];
      std::memcpy(t.to, bytes_.data() + t.begin, t.end - t.begin);
    });
  }
  std::vector<const Frame*> needed;
  for (const Frame& frame : frames_) {
    const auto inside = [&](const Target& t) { return t.begin < frame.end && frame.begin < t.end; };
    if (std::any_of(targets.begin(), targets.end(), inside)) needed.push_back(&frame);
  }
  each(needed.size(), bytes, [&](size_t i) { decode(*needed[i], targets); });
}

TensorMap SafetensorsFile::read(const std::function<bool(const TensorEntry&)>& wanted) const {
  TensorMap tensors;
  std::vector<Target> targets;
  for (const TensorEntry& entry : header_.entries) {
    if (!wanted(entry)) continue;
    rt::Tensor tensor(entry.shape, entry.type);
    targets.push_back({header_bytes_.size() + entry.begin, header_bytes_.size() + entry.end,
                       tensor.bytes_data()});
    tensors.emplace(entry.name, std::move(tensor));
  }
  copy(std::move(targets));
  return tensors;
}

TensorMap SafetensorsFile::read_all() const {
  return read([](const TensorEntry&) { return true; });
}

rt::Tensor SafetensorsFile::read(std::string_view tensor) const {
  check(find(tensor) != nullptr, name_, ": has no tensor ", shown(tensor));
  return read([&](const TensorEntry& e) { return e.name == tensor; }).begin()->second;
}

std::string SafetensorsFile::sha256(std::string_view blank) const {
  std::string header = header_bytes_;
  if (const auto found = metadata().find(std::string(blank)); found != metadata().end()) {
    const std::string value = cat('"', blank, "\":\"", found->second, '"');
    if (const size_t at = header.find(value); at != std::string::npos) {
      const size_t begin = at + value.size() - 1 - found->second.size();
      header.replace(begin, found->second.size(), found->second.size(), '0');
    }
  }
  Sha256 hash;
  hash.update(header);
  if (!compressed()) {
    hash.update(bytes_.substr(header_bytes_.size()));
    return hash.hex();
  }
  ZstdSource source(std::make_unique<MemorySource>(bytes_, name_));
  std::string skipped(header_bytes_.size(), '\0');
  source.read_exact(skipped.data(), skipped.size());
  while (!source.at_end()) {
    const std::string_view piece = source.available();
    hash.update(piece);
    source.consume(piece.size());
  }
  return hash.hex();
}

}  // namespace sgan::io
