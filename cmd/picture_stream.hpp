// Pictures that come on stdin to be measured: those of --n, or all.
#pragma once

#include "cmd/measure.hpp"
#include "lib/io/stream.hpp"

namespace sgan::cli {

class PictureStream {
 public:
  // Refuses to be one of several processes. `make`: commands that make such a stream, for who
  // forgot to.
  PictureStream(Measuring& measuring, const std::string& make);

  const std::string& name() const { return reader_.name(); }
  const rt::Shape& picture_shape() { return reader_.row_shape(); }  // [H, W, C]
  int64_t count() const { return count_; }                          // so far

  // The next ones, float32 of whole numbers 0..255 [N, H, W, C] on the device; undefined at the
  // end. Throws Error for NaN or infinity, and for fewer pictures than --n asks for.
  rt::Tensor next(rt::Device device);

 private:
  io::Reader reader_;
  int64_t wanted_;
  int64_t count_ = 0;
};

}  // namespace sgan::cli
