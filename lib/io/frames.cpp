#include "lib/io/frames.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

#include "lib/io/npy.hpp"
#include "lib/io/output.hpp"
#include "lib/io/picture.hpp"
#include "lib/io/picture_read.hpp"
#include "lib/io/pixels.hpp"
#include "lib/io/stream.hpp"

namespace sgan::io {
namespace {

using rt::DType;
using rt::Shape;
using rt::Tensor;

bool is_array(const std::string& format) { return format == "npy" || format == "stream"; }
bool is_video(const std::string& format) { return format == "y4m" || format == "rgb24"; }

void check_video_channels(const std::string& format, int64_t channels) {
  check(channels == 1 || channels == 3, format, " holds 1 or 3 channels, not ", channels);
}

int bits_of(const FrameSettings& settings) {
  const std::string format = settings.resolved_format();
  switch (settings.type) {
    case PixelType::automatic:
      return is_float_format(format) ? 32 : 8;
    case PixelType::u8:
      return 8;
    case PixelType::u16:
      return 16;
    case PixelType::f32:
      return 32;
  }
  return 8;
}

// Cuts pictures into frames: each one, or grids of them. Frames are on the CPU.
class Framing : public FrameWriter {
 public:
  Framing(const FrameSettings& settings, int columns, int rows)
      : name_(settings.output == "-" ? "stdout" : settings.output),
        bytes_(bits_of(settings) == 8),
        single_(!settings.is_pattern() && !is_array(settings.resolved_format()) &&
                !is_video(settings.resolved_format())) {
    if (columns > 0) grid_.emplace(columns, rows, settings.blank);
  }

  void write(const Tensor& pictures) override {
    const Tensor pixels = (bytes_ ? to_u8(pictures) : pictures).to(rt::cpu);
    if (!grid_) return frames(pixels);
    for (int64_t at = 0; at < pixels.size(0);) {
      check(!grid_->full(), name_, ": the grid is full, and more pictures come");
      at += grid_->put(pixels, at);
      if (grid_->full() && !single_) emit_grid();
    }
  }

  void finish() override {
    if (grid_ && !grid_->empty()) emit_grid();
    close();
  }

 protected:
  virtual void frames(const Tensor& pixels) = 0;  // [N, H, W, C]
  virtual void close() = 0;

 private:
  void emit_grid() {
    const Tensor whole = grid_->take();
    frames(whole.reshape({1, whole.size(0), whole.size(1), whole.size(2)}));
  }

  std::string name_;
  bool bytes_, single_;
  std::optional<Grid> grid_;
};

class PictureFiles : public Framing {
 public:
  PictureFiles(const FrameSettings& settings, int columns, int rows)
      : Framing(settings, columns, rows),
        settings_(settings),
        writer_(settings.resolved_format(),
                {{"Software", "sgan " SGAN_VERSION}, {"sgan", to_json(settings.provenance)}}) {}

 protected:
  void frames(const Tensor& pixels) override {
    for (int64_t i = 0; i < pixels.size(0); ++i, ++number_) {
      const Shape one{pixels.size(1), pixels.size(2), pixels.size(3)};
      writer_.write(
          {pixels.rows(i, i + 1).reshape(one),
           settings_.is_pattern() ? numbered(settings_.output, number_) : settings_.output,
           settings_.resolved_format(), bits_of(settings_)});
    }
  }
  void close() override { writer_.finish(); }

 private:
  FrameSettings settings_;
  int64_t number_ = 0;
  PictureWriter writer_;
};

class StreamFrames : public Framing {
 public:
  StreamFrames(const FrameSettings& settings, int columns, int rows)
      : Framing(settings, columns, rows),
        output_(settings.output),
        writer_(output_, settings.provenance) {}

 protected:
  void frames(const Tensor& pixels) override { writer_.write(pixels); }
  void close() override {
    writer_.finish();
    output_.finish();
  }

 private:
  Output output_;
  Writer writer_;
};

// One array: its header says how many pictures come.
class NpyFrames : public Framing {
 public:
  NpyFrames(const FrameSettings& settings, int columns, int rows, int64_t total)
      : Framing(settings, columns, rows), output_(settings.output), total_(total) {
    const int64_t cells = int64_t(columns) * rows - settings.blank;
    if (columns > 0) total_ = (total + cells - 1) / cells;
  }

 protected:
  void frames(const Tensor& pixels) override {
    if (written_ == 0) {
      auto dims = pixels.shape().dims();
      dims[0] = total_;
      output_.write(npy_header({pixels.dtype(), Shape(dims)}));
    }
    output_.write(pixels.bytes_data(), pixels.bytes());
    written_ += pixels.size(0);
  }
  void close() override {
    check(written_ == total_, "wrote ", written_, " of ", total_, " pictures");
    output_.finish();
  }

 private:
  Output output_;
  int64_t total_, written_ = 0;
};

class VideoFrames : public Framing {
 public:
  VideoFrames(const FrameSettings& settings, int columns, int rows)
      : Framing(settings, columns, rows),
        output_(settings.output),
        rate_(settings.rate),
        y4m_(settings.resolved_format() == "y4m") {}

 protected:
  void frames(const Tensor& pixels) override {
    const Shape one{pixels.size(1), pixels.size(2), pixels.size(3)};
    check_video_channels(y4m_ ? "y4m" : "rgb24", one[2]);
    if (y4m_ && !begun_) {
      output_.write(y4m_header(int(one[1]), int(one[0]), int(one[2]), rate_));
    }
    begun_ = true;
    for (int64_t i = 0; i < pixels.size(0); ++i) {
      const Tensor frame = pixels.rows(i, i + 1).reshape(one);
      if (y4m_) {
        output_.write("FRAME\n");
        const auto planes = y4m_planes(frame);
        output_.write(planes.data(), planes.size());
      } else {
        const Tensor rgb = one[2] == 1 ? grey_to_rgb(frame) : frame;
        output_.write(rgb.bytes_data(), rgb.bytes());
      }
    }
    output_.flush();
  }
  void close() override { output_.finish(); }

 private:
  static Tensor grey_to_rgb(const Tensor& grey) {
    const Tensor rgb({grey.size(0), grey.size(1), 3}, DType::u8);
    for (int64_t i = 0; i < rgb.numel(); ++i) rgb.data<uint8_t>()[i] = grey.data<uint8_t>()[i / 3];
    return rgb;
  }

  Output output_;
  FrameRate rate_;
  bool y4m_, begun_ = false;
};

}  // namespace

std::string numbered(const std::string& pattern, int64_t number) {
  const auto wrong = [&]() {
    fail("'", pattern,
         "': a pattern of file names has one %d, as in img-%04d.png (%% is a percent sign)");
  };
  std::string name;
  int numbers = 0;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%') {
      name += pattern[i];
      continue;
    }
    if (++i < pattern.size() && pattern[i] == '%') {
      name += '%';
      continue;
    }
    size_t width = 0;
    const bool zeros = i < pattern.size() && pattern[i] == '0';
    for (; i < pattern.size() && pattern[i] >= '0' && pattern[i] <= '9'; ++i) {
      width = width * 10 + size_t(pattern[i] - '0');
      if (width > 20) wrong();
    }
    if (i >= pattern.size() || pattern[i] != 'd' || ++numbers > 1) wrong();
    const std::string digits = std::to_string(number);
    if (digits.size() < width) name.append(width - digits.size(), zeros ? '0' : ' ');
    name += digits;
  }
  if (numbers != 1) wrong();
  return name;
}

bool FrameSettings::is_pattern() const { return output.find('%') != std::string::npos; }

std::string FrameSettings::resolved_format() const {
  if (!format.empty()) {
    std::string small = format;
    for (char& c : small) c = char(std::tolower(static_cast<unsigned char>(c)));
    return small;
  }
  const std::string extension = output == "-" ? "png" : extension_of(output);
  sgan::check(!extension.empty(), output, ": which format? give an extension or --format");
  return extension;
}

bool FrameSettings::needs_total() const {
  const std::string chosen = resolved_format();
  return chosen == "npy" ||
         (columns == 0 && !is_pattern() && !is_array(chosen) && !is_video(chosen));
}

void FrameSettings::check() const {
  const std::string chosen = resolved_format();
  const bool picture = !is_array(chosen) && !is_video(chosen);
  if (is_pattern()) {
    numbered(output, 0);
    sgan::check(picture, "'", output, "': ", chosen, " is one file, not one a picture");
  }
  if (picture) check_picture_format(chosen, bits_of(*this));
  if (picture && channels > 0) check_picture_channels(chosen, channels);
  if (picture) check_picture_side(chosen, int64_t{side} * std::max({columns, rows, 1}));
  if (is_video(chosen) && channels > 0) check_video_channels(chosen, channels);
  sgan::check(type != PixelType::u16 || !is_array(chosen), chosen,
              " holds bytes or floats, not u16");
  sgan::check(type == PixelType::automatic || type == PixelType::u8 || !is_video(chosen), chosen,
              " holds u8, not ", type == PixelType::u16 ? "u16" : "f32");
}

std::unique_ptr<FrameWriter> make_frame_writer(const FrameSettings& settings, int64_t total) {
  settings.check();
  const std::string format = settings.resolved_format();
  int columns = settings.columns, rows = settings.rows;
  if (format == "npy") return std::make_unique<NpyFrames>(settings, columns, rows, total);
  if (format == "stream") return std::make_unique<StreamFrames>(settings, columns, rows);
  if (is_video(format)) return std::make_unique<VideoFrames>(settings, columns, rows);
  if (columns == 0 && !settings.is_pattern() && total + settings.blank > 1) {
    std::tie(columns, rows) = near_square(total + settings.blank);
    check_picture_side(format, int64_t{settings.side} * columns);
  }
  return std::make_unique<PictureFiles>(settings, columns, rows);
}

}  // namespace sgan::io
