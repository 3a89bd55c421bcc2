// zstd frames (RFC 8878), read and written piece by piece with a content checksum.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/io/output.hpp"
#include "lib/io/source.hpp"

struct ZSTD_DCtx_s;
struct ZSTD_CCtx_s;

namespace sgan::io {

inline constexpr std::string_view kZstdMagic{"\x28\xb5\x2f\xfd", 4};
// A zstd frame or a skippable frame starts here.
bool is_zstd(std::string_view bytes);

// What zstd's error code means: a frame that is damaged near that byte of the file, or that this
// machine or program cannot unpack.
[[noreturn]] void fail_unpacking(const std::string& name, size_t byte, size_t code);

// The contents of all frames of `raw`, one after another. A frame that is cut, damaged or too large
// to unpack is an Error.
class ZstdSource : public Source {
 public:
  // Called for each skippable frame when reading comes to it; `variant` is the low nibble of its
  // magic. Frames larger than kMaxSkippable are passed over with an empty payload.
  using OnSkippable = std::function<void(int variant, const std::string& payload)>;
  static constexpr size_t kMaxSkippable = size_t{1} << 20;

  explicit ZstdSource(std::unique_ptr<Source> raw, OnSkippable on_skippable = {});
  ~ZstdSource() override;

  // Call after the last byte that is wanted. When the frame says that this was its last one, reads
  // the checksum behind it; never waits for a frame of unknown length to go on.
  void settle();
  // Call at the end of all data: passes over skippable frames, false when contents follow.
  bool at_end() { return available().empty(); }

 protected:
  size_t fill(void* to, size_t bytes) override;

 private:
  bool next_frame();  // false at the end of raw
  void skip_frame();
  [[noreturn]] void damaged(std::string_view what) const;

  std::unique_ptr<Source> raw_;
  OnSkippable on_skippable_;
  ZSTD_DCtx_s* context_;
  bool in_frame_ = false;
  uint64_t produced_ = 0, content_size_ = 0;  // of the frame; content_size_ ~0 when unknown
};

// Writes frames to a sink.
class ZstdFrameWriter {
 public:
  // Random floats do not shrink (8 % at level 1), and are read back three times as fast from this
  // level; equal rows of w still take a twentieth.
  static constexpr int kStreamLevel = -1;

  explicit ZstdFrameWriter(Sink& sink, int level = kStreamLevel);
  ~ZstdFrameWriter();
  ZstdFrameWriter(const ZstdFrameWriter&) = delete;
  ZstdFrameWriter& operator=(const ZstdFrameWriter&) = delete;

  // One frame of exactly `content_size` bytes: begin, write until they are there, end.
  void begin(uint64_t content_size);
  void write(const void* data, size_t bytes);
  void end();
  void skippable(int variant, std::string_view payload);

 private:
  void compress(const void* data, size_t bytes, bool last);
  Sink& sink_;
  ZSTD_CCtx_s* context_;
  std::string buffer_;
};

}  // namespace sgan::io
