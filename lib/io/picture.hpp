// Picture files, encoded on a thread of their own beside the synthesis.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "lib/rt/tensor.hpp"

namespace sgan::io {

struct Picture {
  rt::Tensor pixels;   // [H, W, C] on the CPU, bytes or float32 (-1..1)
  std::string path;    // "-": stdout
  std::string format;  // "png", or another that check_picture_format() takes
  int bits = 8;        // 8, 16, or 32: float; float32 pixels only for 16 and 32
};

// Throws Error unless the format is one that keeps pictures of 8, 16 or 32 (float) bits whole:
// OpenImageIO has more, but some write nothing, to the terminal, or with the axes exchanged.
void check_picture_format(const std::string& format, int bits);
// Throws Error unless pictures of a format that check_picture_format() takes hold so many channels.
void check_picture_channels(const std::string& format, int64_t channels);
// Throws Error unless they may be so wide or high.
void check_picture_side(const std::string& format, int64_t pixels);
// Whether the format holds nothing but floats.
bool is_float_format(const std::string& format);

// Loads libsgan-image at once, in the background; files appear under their names when they are
// whole.
class PictureWriter {
 public:
  // `text` is written into the files: pairs of name and value.
  PictureWriter(std::string format, std::vector<std::pair<std::string, std::string>> text);
  ~PictureWriter();  // what was not finished is not written
  PictureWriter(const PictureWriter&) = delete;
  PictureWriter& operator=(const PictureWriter&) = delete;

  // Waits while a few are in the queue. Throws the Error of an earlier picture.
  void write(Picture picture);
  void finish();

 private:
  void work();
  void encode(const Picture& picture);
  void wait_for_room(size_t most);

  std::string format_;
  std::vector<std::pair<std::string, std::string>> text_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Picture> queue_;
  bool ending_ = false, busy_ = false;
  std::exception_ptr error_;
  std::thread thread_;
};

}  // namespace sgan::io
