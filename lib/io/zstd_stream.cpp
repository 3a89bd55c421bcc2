#include "lib/io/zstd_stream.hpp"

#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <cstring>

#include "lib/rt/error.hpp"

namespace sgan::io {
namespace {

uint32_t little_endian32(std::string_view bytes) {
  uint32_t value = 0;
  for (int i = 3; i >= 0; --i) value = value << 8 | uint8_t(bytes[size_t(i)]);
  return value;
}

bool is_skippable(std::string_view bytes) {
  return bytes.size() >= 4 &&
         (little_endian32(bytes) & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START;
}

constexpr size_t kLongestHeader = 18;  // of a frame, magic included

}  // namespace

bool is_zstd(std::string_view bytes) {
  return bytes.starts_with(kZstdMagic) || is_skippable(bytes);
}

void fail_unpacking(const std::string& name, size_t byte, size_t code) {
  switch (ZSTD_getErrorCode(code)) {
    case ZSTD_error_memory_allocation:
      fail(name, ": out of memory to unpack its zstd frame");
    case ZSTD_error_frameParameter_windowTooLarge:
      fail(name,
           ": its zstd frame has a window of more than 128 MiB; unpack it with zstd -d "
           "--long=31 first");
    default:
      fail(name, ": damaged near byte ", byte, ": ", ZSTD_getErrorName(code));
  }
}

ZstdSource::ZstdSource(std::unique_ptr<Source> raw, OnSkippable on_skippable)
    : Source(raw->name()),
      raw_(std::move(raw)),
      on_skippable_(std::move(on_skippable)),
      context_(ZSTD_createDCtx()) {
  check(context_ != nullptr, "out of memory for zstd");
}

ZstdSource::~ZstdSource() { ZSTD_freeDCtx(context_); }

void ZstdSource::damaged(std::string_view what) const {
  fail(name(), ": damaged near byte ", raw_->offset(), ": ", what);
}

void ZstdSource::skip_frame() {
  const std::string_view header = raw_->peek(8);
  if (header.size() < 8) {
    raw_->consume(header.size());
    raw_->truncated();
  }
  const int variant = int(uint8_t(header[0]) & 15);
  const size_t size = little_endian32(header.substr(4));
  raw_->consume(8);
  std::string payload;
  for (size_t left = size; left > 0;) {
    const std::string_view piece = raw_->available().substr(0, left);
    if (piece.empty()) raw_->truncated();
    if (size <= kMaxSkippable) payload.append(piece);
    left -= piece.size();
    raw_->consume(piece.size());
  }
  if (on_skippable_) on_skippable_(variant, payload);
}

bool ZstdSource::next_frame() {
  for (;;) {
    const std::string_view magic = raw_->peek(4);
    if (magic.empty()) return false;
    if (is_skippable(magic)) {
      skip_frame();
      continue;
    }
    if (magic.size() < 4 && (kZstdMagic.starts_with(magic) || (magic[0] & 0xf0) == 0x50)) {
      raw_->consume(magic.size());
      raw_->truncated();
    }
    if (!magic.starts_with(kZstdMagic)) damaged("no zstd frame begins here");
    const std::string_view header = raw_->peek(kLongestHeader);
    content_size_ = ZSTD_getFrameContentSize(header.data(), header.size());
    if (content_size_ == ZSTD_CONTENTSIZE_ERROR) {
      if (header.size() == kLongestHeader) damaged("frame header");
      raw_->consume(header.size());
      raw_->truncated();
    }
    produced_ = 0;
    in_frame_ = true;
    ZSTD_DCtx_reset(context_, ZSTD_reset_session_only);
    return true;
  }
}

size_t ZstdSource::fill(void* to, size_t bytes) {
  ZSTD_outBuffer out{to, bytes, 0};
  while (out.pos == 0) {
    if (!in_frame_ && !next_frame()) return 0;
    const std::string_view piece = raw_->available();
    if (piece.empty()) raw_->truncated();
    ZSTD_inBuffer in{piece.data(), piece.size(), 0};
    const size_t wants = ZSTD_decompressStream(context_, &out, &in);
    if (ZSTD_isError(wants)) fail_unpacking(name(), raw_->offset(), wants);
    raw_->consume(in.pos);
    produced_ += out.pos;
    if (wants == 0) in_frame_ = false;
  }
  return out.pos;
}

void ZstdSource::settle() {
  while (in_frame_ && produced_ == content_size_) {
    char extra;
    const std::string_view piece = raw_->available();
    if (piece.empty()) raw_->truncated();
    ZSTD_inBuffer in{piece.data(), piece.size(), 0};
    ZSTD_outBuffer out{&extra, 1, 0};
    const size_t wants = ZSTD_decompressStream(context_, &out, &in);
    if (ZSTD_isError(wants)) fail_unpacking(name(), raw_->offset(), wants);
    if (out.pos > 0) damaged("more contents than the frame declares");
    raw_->consume(in.pos);
    if (wants == 0) in_frame_ = false;
  }
}

ZstdFrameWriter::ZstdFrameWriter(Sink& sink, int level)
    : sink_(sink), context_(ZSTD_createCCtx()), buffer_(ZSTD_CStreamOutSize(), '\0') {
  check(context_ != nullptr, "out of memory for zstd");
  ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context_, ZSTD_c_checksumFlag, 1);
}

ZstdFrameWriter::~ZstdFrameWriter() { ZSTD_freeCCtx(context_); }

void ZstdFrameWriter::begin(uint64_t content_size) {
  ZSTD_CCtx_reset(context_, ZSTD_reset_session_only);
  ZSTD_CCtx_setPledgedSrcSize(context_, content_size);
}

void ZstdFrameWriter::compress(const void* data, size_t bytes, bool last) {
  ZSTD_inBuffer in{data, bytes, 0};
  for (;;) {
    ZSTD_outBuffer out{buffer_.data(), buffer_.size(), 0};
    const size_t left =
        ZSTD_compressStream2(context_, &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
    check(!ZSTD_isError(left), "zstd cannot compress: ", ZSTD_getErrorName(left));
    if (out.pos > 0) sink_.write(buffer_.data(), out.pos);
    if (last ? left == 0 : in.pos == in.size) return;
  }
}

void ZstdFrameWriter::write(const void* data, size_t bytes) { compress(data, bytes, false); }
void ZstdFrameWriter::end() { compress(nullptr, 0, true); }

void ZstdFrameWriter::skippable(int variant, std::string_view payload) {
  check(payload.size() <= ZstdSource::kMaxSkippable, "note of ", payload.size(),
        " bytes is too long for a stream");
  unsigned char header[8] = {uint8_t(0x50 | variant), 0x2a, 0x4d, 0x18};
  for (int i = 0; i < 4; ++i) header[4 + i] = uint8_t(payload.size() >> (8 * i));
  sink_.write(header, sizeof header);
  sink_.write(payload.data(), payload.size());
}

}  // namespace sgan::io
