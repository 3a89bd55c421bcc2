// Pictures in one array of bytes [N, H, W, C]: a bare NPY file, or our stream of kind image. Needs
// no picture library. X.json beside X.npy holds labels, as dataset.json does.
#include <cstring>
#include <filesystem>

#include "lib/io/crc32.hpp"
#include "lib/io/dataset/pictures.hpp"
#include "lib/io/mapped_file.hpp"
#include "lib/io/npy.hpp"
#include "lib/io/stream.hpp"
#include "lib/rt/error.hpp"

namespace sgan::io {
namespace {

namespace fs = std::filesystem;

class ArrayPictures : public Pictures {
 public:
  explicit ArrayPictures(const std::string& path) : file_(path) {
    path_ = path;
    if (file_.bytes().starts_with(kNpyMagic)) {
      open_npy();
    } else {
      open_stream();
    }
    check(shape_.rank() == 4, path, ": an array of shape ", shape_,
          ", not pictures [N, H, W, C] of bytes");
    for (int axis = 0; axis < 4; ++axis) {
      check(shape_[axis] > 0 && (axis == 0 || shape_[axis] <= 1 << 16), path,
            ": pictures cannot have the shape ", shape_);
    }
    check(shape_[3] <= 4, path, ": the last of the axes ", shape_,
          " is not channels; save pictures as [N, H, W, C]");
    for (int64_t i = 0; i < shape_[0]; ++i) names_.push_back(picture_name(i));
    const std::string labels = fs::path(path).replace_extension(".json").string();
    if (fs::exists(labels)) labels_text_ = open_input(labels)->read_all(size_t{1} << 32);
  }

  PictureSize size(size_t) const override {
    PictureSize size;
    size.height = int(shape_[1]);
    size.width = int(shape_[2]);
    size.channels = int(shape_[3]);
    size.alpha = size.channels % 2 == 0 ? size.channels - 1 : -1;
    return size;
  }
  const uint8_t* ready(size_t i) const override { return pixels_ + i * stride(); }
  DecodedPicture decode(size_t i) const override {
    DecodedPicture picture;
    static_cast<PictureSize&>(picture) = size(i);
    picture.pixels.assign(ready(i), ready(i) + stride());
    return picture;
  }
  uint64_t bytes(size_t) const override { return stride(); }
  uint32_t checksum(size_t i) const override {
    return crc32({reinterpret_cast<const char*>(ready(i)), stride()});
  }

 private:
  size_t stride() const { return size_t(shape_[1] * shape_[2] * shape_[3]); }

  void open_npy() {
    MemorySource source(file_.bytes(), path_);
    const NpyHeader header = read_npy_header(source);
    check(header.type == rt::DType::u8, path_, ": holds ", rt::name_of(header.type),
          ", not bytes; save x.astype('uint8')");
    const size_t there = file_.bytes().size() - source.offset();
    check(npy_bytes(header) <= there, path_, ": truncated: ", npy_bytes(header),
          " bytes of pixels stated, ", there, " there");
    check(npy_bytes(header) == there, path_, ": ", there - npy_bytes(header),
          " bytes after the array");
    shape_ = header.shape;
    pixels_ = reinterpret_cast<const uint8_t*>(file_.bytes().data()) + source.offset();
  }

  void open_stream() {
    ReadOptions options;
    options.kinds = {Kind::image};
    options.batch = 256;
    Reader reader(std::make_unique<MemorySource>(file_.bytes(), path_), options);
    int64_t count = 0;
    for (const rt::Tensor& batch : reader) {
      check(batch.dtype() == rt::DType::u8, path_, ": holds ", rt::name_of(batch.dtype()),
            " pictures, not bytes");
      unpacked_.append(batch.bytes_data(), batch.bytes());
      count += batch.size(0);
    }
    const rt::Shape& row = reader.row_shape();
    check(row.rank() == 3, path_, ": rows of shape ", row, ", not pictures [H, W, C]");
    shape_ = {count, row[0], row[1], row[2]};
    pixels_ = reinterpret_cast<const uint8_t*>(unpacked_.data());
  }

  MappedFile file_;
  std::string unpacked_;
  rt::Shape shape_;
  const uint8_t* pixels_ = nullptr;
};

}  // namespace

std::unique_ptr<Pictures> open_picture_array(const std::string& path) {
  return std::make_unique<ArrayPictures>(path);
}

}  // namespace sgan::io
