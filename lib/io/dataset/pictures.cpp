#include "lib/io/dataset/pictures.hpp"

#include <cstdio>
#include <filesystem>

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
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  check(std::filesystem::exists(status), path, ": no such file or folder");
  if (std::filesystem::is_directory(status)) return open_picture_folder(path);
  const std::string start(open_input(path)->peek(kMagicBytes));
  if (pickle::ZipArchive::is(start)) return open_picture_zip(path);
  if (is_npy(start) || is_zstd(start)) return open_picture_array(path);
  check(!start.starts_with("PK\x05\x06"), path, ": an empty zip archive, no pictures in it");
  fail(path, ": ",
       describe_wrong(start, "a data set (a folder or zip of pictures, or an array file)"));
}

}  // namespace sgan::io
