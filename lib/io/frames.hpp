// Where pictures go: files, one grid, arrays, video; chosen by settings, so that programs have one
// loop.
#pragma once

#include <memory>
#include <string>

#include "lib/io/provenance.hpp"
#include "lib/io/video.hpp"
#include "lib/rt/tensor.hpp"

namespace sgan::io {

enum class PixelType { automatic, u8, u16, f32 };

struct FrameSettings {
  std::string output = "-";  // "-": stdout; with one %d: a file a picture
  std::string format;  // "npy", "stream", "y4m", "rgb24" or a picture format; "": by extension
  PixelType type = PixelType::automatic;
  int channels = 0, side = 0;  // of the pictures, where they are known
  int columns = 0,
      rows = 0;   // of a grid; 0: none, or near-square when one file has to hold several
  int blank = 0;  // cells of a grid that stay empty
  FrameRate rate;
  Provenance provenance;

  // Throws Error for what does not go together.
  void check() const;
  std::string resolved_format() const;
  bool is_pattern() const;   // of file names
  bool needs_total() const;  // the number of pictures has to be known before the first
};

// "img-%04d.png" with the number put in. Throws Error unless there is exactly one %d (with 0 and a
// width, if wanted); %% is a percent sign.
std::string numbered(const std::string& pattern, int64_t number);

class FrameWriter {
 public:
  virtual ~FrameWriter() = default;
  // float32 [N, H, W, C] on any device, nominally -1..1.
  virtual void write(const rt::Tensor& pictures) = 0;
  // Everything written and closed. Throws Error, PipeClosed.
  virtual void finish() = 0;
};

// `total`: the number of pictures, where needs_total() asks for it.
std::unique_ptr<FrameWriter> make_frame_writer(const FrameSettings& settings, int64_t total = 0);

}  // namespace sgan::io
