#include "lib/io/dataset/pictures.hpp"

#include <array>
#include <cstdio>
#include <filesystem>
#include <map>

#include "lib/io/dataset/tfrecord.hpp"
#include "lib/io/magic.hpp"
#include "lib/io/pickle/zip.hpp"
#include "lib/io/source.hpp"
#include "lib/io/zstd_stream.hpp"
#include "lib/rt/error.hpp"

namespace sgan::io {

std::string picture_name(int64_t index) {
  char text[64];
  std::snprintf(text, sizeof text, "%05lld/img%08lld.png", (long long)(index / 1000),
                (long long)index);
  return text;
}

std::unique_ptr<Pictures> open_pictures(const std::string& path) {
  check(path != "-", "a data set cannot be read from stdin; name a file or a folder");
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  check(std::filesystem::exists(status), path, ": no such file or folder");
  if (std::filesystem::is_directory(status)) {
    const std::string records = best_tfrecords(path);
    return records.empty() ? open_picture_folder(path) : open_picture_tfrecords(records);
  }
  if (path.ends_with(".tfrecords") || path.ends_with(".tfrecord"))
    return open_picture_tfrecords(path);
  const std::string start(open_input(path)->peek(kMagicBytes));
  if (pickle::ZipArchive::is(start)) return open_picture_zip(path);
  if (is_npy(start) || is_zstd(start)) return open_picture_array(path);
  check(!start.starts_with("PK\x05\x06"), path, ": an empty zip archive, no pictures in it");
  fail(path, ": ",
       describe_wrong(start, "a data set (a folder or zip of pictures, or an array file)"));
}

PictureSize usual_size(const std::vector<PictureSize>& sizes) {
  std::map<std::array<int, 3>, size_t> seen;
  PictureSize usual;
  size_t most = 0;
  for (const PictureSize& size : sizes) {
    if (size.width == 0) continue;
    const int colours = size.channels - (size.alpha >= 0);
    const size_t times = ++seen[{size.width, size.height, colours}];
    if (times <= most) continue;  // the first of equals
    most = times;
    usual = size;
    usual.channels = colours;
    usual.alpha = -1;
  }
  return usual;
}

void DatasetHash::add(const std::string& name, uint64_t bytes, uint32_t checksum,
                      const std::string& label) {
  sha_.update(cat(name, '\t', bytes, '\t', std::hex, checksum, '\t', label, '\n'));
}

}  // namespace sgan::io
