#include "lib/io/picture.hpp"

#include <algorithm>
#include <cctype>
#include <cstring>

#include "lib/io/memory_file.hpp"
#include "lib/io/output.hpp"
#include "lib/io/picture_library.hpp"

namespace sgan::io {
namespace {

// Numbers of channels, a bit each: 1 << channels.
constexpr unsigned kRgb = 1u << 3, kGreyRgb = kRgb | 1u << 1, kGreyRgb4 = kGreyRgb | 1u << 4,
                   kUpTo4 = kGreyRgb4 | 1u << 2, kAny = ~0u;

// What pictures of a format can consist of; all were written and read back.
struct Format {
  std::string_view name;
  bool u8, u16, f32;
  unsigned channels;
  int64_t side = INT32_MAX;  // pixels at most; libpng's and libjpeg's own limits

  bool holds(int64_t count) const {
    return channels == kAny ? count > 0 : count > 0 && count < 5 && (channels >> count & 1);
  }
};
constexpr Format kFormats[] = {
    {"png", true, true, false, kUpTo4, 1000000},
    {"jpg", true, false, false, kGreyRgb, 65500},
    {"jpeg", true, false, false, kGreyRgb, 65500},
    {"tif", true, true, true, kAny},
    {"tiff", true, true, true, kAny},
    {"exr", false, false, true, kAny},
    {"hdr", false, false, true, kRgb},
    {"bmp", true, false, false, kGreyRgb4},
    {"tga", true, false, false, kUpTo4, 65535},
    {"webp", true, false, false, kRgb, 16383},
    {"gif", true, false, false, kRgb, 65535},
    {"ppm", true, false, false, kGreyRgb},
    {"pgm", true, false, false, kGreyRgb},
    {"pnm", true, false, false, kGreyRgb},
    {"sgi", true, true, false, kAny, 65535},
    {"dpx", true, true, true, kGreyRgb4},
};

const Format* find_format(const std::string& name) {
  for (const Format& format : kFormats) {
    if (format.name == name) return &format;
  }
  return nullptr;
}

// 16 bits like the official 8: x * 32767.5 + 32768, clamped, truncated. Float: 0 is black, 1 is
// white.
std::vector<char> convert(const Picture& picture) {
  const size_t count = size_t(picture.pixels.numel());
  const float* x = picture.pixels.data<float>();
  std::vector<char> bytes(count * (picture.bits == 16 ? 2 : 4));
  for (size_t i = 0; i < count; ++i) {
    if (picture.bits == 16) {
      const float v = x[i] * 32767.5f + 32768.0f;
      const auto whole = uint16_t(v > 0 ? std::min(v, 65535.0f) : 0.0f);
      std::memcpy(bytes.data() + 2 * i, &whole, 2);
    } else {
      const float v = x[i] * 0.5f + 0.5f;
      std::memcpy(bytes.data() + 4 * i, &v, 4);
    }
  }
  return bytes;
}

}  // namespace

void check_picture_format(const std::string& format, int bits) {
  const Format* found = find_format(format);
  if (!found) {
    std::string all;
    for (const Format& known : kFormats) all += cat(all.empty() ? "" : ", ", known.name);
    fail("no picture format '", format, "'; there are ", all,
         ", and the formats npy, stream, y4m, rgb24");
  }
  if (bits == 8 ? found->u8 : bits == 16 ? found->u16 : found->f32) return;
  std::string types;
  for (const auto& [holds, name] :
       {std::pair{found->u8, "u8"}, {found->u16, "u16"}, {found->f32, "f32"}}) {
    if (holds) types += cat(types.empty() ? "" : ", ", name);
  }
  fail(format, " pictures hold ", types, ", not ", bits == 8 ? "u8" : bits == 16 ? "u16" : "f32");
}

void check_picture_channels(const std::string& format, int64_t channels) {
  const Format* found = find_format(format);
  if (!found || found->holds(channels)) return;
  std::string counts;
  for (int count = 1; count < 5; ++count) {
    if (found->holds(count)) counts += cat(counts.empty() ? "" : ", ", count);
  }
  fail(format, " pictures hold ", counts, " channels, not ", channels);
}

void check_picture_side(const std::string& format, int64_t pixels) {
  const Format* found = find_format(format);
  check(!found || pixels <= found->side, format, " pictures have at most ", found ? found->side : 0,
        " pixels a side, not ", pixels);
}

bool is_float_format(const std::string& format) {
  const Format* found = find_format(format);
  return found && !found->u8 && !found->u16;
}

PictureWriter::PictureWriter(std::string format,
                             std::vector<std::pair<std::string, std::string>> text)
    : format_(std::move(format)), text_(std::move(text)), thread_([this] { work(); }) {}

PictureWriter::~PictureWriter() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
    queue_.clear();
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void PictureWriter::wait_for_room(size_t most) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return error_ || queue_.size() + busy_ <= most; });
  if (error_) std::rethrow_exception(error_);
}

void PictureWriter::write(Picture picture) {
  wait_for_room(3);
  {
    std::lock_guard lock(mutex_);
    queue_.push_back(std::move(picture));
  }
  changed_.notify_all();
}

void PictureWriter::finish() { wait_for_room(0); }

void PictureWriter::work() try {
  char message[512] = "";
  const PictureLibrary& library = picture_library();
  check(library.problem.empty(), library.problem,
        "; --format npy, stream, y4m and rgb24 work without");
  if (library.check(format_.c_str(), message, sizeof message) != 0) throw Error(message);
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return ending_ || !queue_.empty(); });
    if (queue_.empty()) return;
    const Picture picture = std::move(queue_.front());
    queue_.pop_front();
    busy_ = true;
    lock.unlock();
    encode(picture);
    lock.lock();
    busy_ = false;
    changed_.notify_all();
  }
} catch (...) {
  {
    std::lock_guard lock(mutex_);
    error_ = std::current_exception();
  }
  changed_.notify_all();
}

void PictureWriter::encode(const Picture& picture) {
  const bool bytes = picture.pixels.dtype() == rt::DType::u8;
  check(bytes == (picture.bits == 8), "pictures of ", picture.bits, " bits cannot be made from ",
        rt::name_of(picture.pixels.dtype()));
  check_picture_channels(format_, picture.pixels.size(2));
  const std::vector<char> converted = bytes ? std::vector<char>() : convert(picture);
  std::vector<const char*> text;
  for (const auto& [name, value] : text_) {
    text.push_back(name.c_str());
    text.push_back(value.c_str());
  }
  text.push_back(nullptr);
  // In memory first: libraries do not always notice a full disk, Output does.
  const MemoryFile memory;
  const std::string path = memory.path();
  const SganPicture plain{
      path.c_str(),
      format_.c_str(),
      int(picture.pixels.size(1)),
      int(picture.pixels.size(0)),
      int(picture.pixels.size(2)),
      picture.bits,
      bytes ? static_cast<const void*>(picture.pixels.bytes_data()) : converted.data(),
      text.data()};
  char message[512] = "";
  Output out(picture.path);
  if (picture_library().write(&plain, message, sizeof message) != 0)
    fail(out.name(), ": ", message);
  memory.copy_to(out);
  out.finish();
}

}  // namespace sgan::io
