// Pictures that lie as files somewhere.
#pragma once

#include "lib/io/crc32.hpp"
#include "lib/io/dataset/pictures.hpp"

namespace sgan::io {

class EncodedPictures : public Pictures {
 public:
  PictureSize size(size_t i) const override { return picture_size(read(i, true), title(i)); }
  DecodedPicture decode(size_t i) const override { return decode_picture(read(i), title(i)); }
  uint32_t checksum(size_t i) const override { return crc32(read(i)); }

 protected:
  // A file's contents; with `header`, the first few thousand bytes are enough where they tell all
  // about it.
  virtual std::string read(size_t i, bool header = false) const = 0;
  static bool header_is_enough(const std::string& start) {
    return start.starts_with("\x89PNG") && start.find("IDAT") != start.npos;
  }
  static constexpr size_t kHeader = 4096;
  static constexpr uint64_t kMaxFile = uint64_t{1} << 32;
};

}  // namespace sgan::io
