// Where pictures come from, in order of their names, of any size: a folder, a zip, an array, the
// TFRecord files of older programs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/io/picture_read.hpp"
#include "lib/io/sha256.hpp"

namespace sgan::io {

class Pictures {
 public:
  virtual ~Pictures() = default;
  const std::string& path() const { return path_; }
  const std::vector<std::string>& names() const { return names_; }  // with "/" between folders
  size_t count() const { return names_.size(); }
  // Files that are no pictures by their names, and were passed over.
  const std::vector<std::string>& others() const { return others_; }
  // Text of dataset.json or what stands for it; empty when there is none.
  const std::string& labels_text() const { return labels_text_; }

  // These are thread-safe. Errors begin with title(i).
  std::string title(size_t i) const { return path_ + ": " + names_[i]; }
  virtual PictureSize size(size_t i) const = 0;  // cheaply, from the header
  virtual DecodedPicture decode(size_t i) const = 0;
  virtual uint64_t bytes(size_t i) const = 0;     // as stored
  virtual uint32_t checksum(size_t i) const = 0;  // CRC-32 of them
  // Bytes [H, W, C] that lie ready in memory; null where they have to be decoded.
  virtual const uint8_t* ready(size_t) const { return nullptr; }

 protected:
  std::string path_;
  std::vector<std::string> names_, others_;
  std::string labels_text_;
};

// Opens what `path` is, by its first bytes. Throws Error that begins with the path: nothing there,
// no pictures in it, damaged.
std::unique_ptr<Pictures> open_pictures(const std::string& path);

// The kinds, one file each.
std::unique_ptr<Pictures> open_picture_folder(const std::string& path);
std::unique_ptr<Pictures> open_picture_zip(const std::string& path);
std::unique_ptr<Pictures> open_picture_array(const std::string& path);
std::unique_ptr<Pictures> open_picture_tfrecords(const std::string& path);

// "00000/img00000012.png": the official names.
std::string picture_name(int64_t index);

// The width, height and number of channels (without alpha) that most have; those of width 0 are
// not known.
PictureSize usual_size(const std::vector<PictureSize>& sizes);

// Names the data set by its contents: over a line for each picture, its name, bytes, CRC-32 of
// them, label. So a zip that is larger than memory is named without being read.
class DatasetHash {
 public:
  void add(const std::string& name, uint64_t bytes, uint32_t checksum, const std::string& label);
  std::string hex() { return sha_.hex(); }

 private:
  Sha256 sha_;
};

}  // namespace sgan::io
