#include "lib/io/magic.hpp"

#include <algorithm>

#include "lib/io/npy.hpp"
#include "lib/io/zstd_stream.hpp"

namespace sgan::io {
namespace {

using namespace std::string_view_literals;

struct Magic {
  std::string_view bytes;
  std::string_view what;
  std::string_view advice;
};
constexpr std::string_view kImport = "read network files with sgan-import";
constexpr Magic kMagics[] = {
    {"\x28\xb5\x2f\xfd"sv, "a zstd stream", {}},
    {"\x93NUMPY"sv, "an NPY array", {}},
    {"PK\x03\x04"sv, "a zip archive (NPZ, PyTorch checkpoint or data set)",
     "take a single .npy array out of an NPZ; read checkpoints with sgan-import"},
    {"PK\x05\x06"sv, "an empty zip archive", {}},
    {"\x80\x02"sv, "a pickle", kImport},
    {"\x80\x03"sv, "a pickle", kImport},
    {"\x80\x04"sv, "a pickle", kImport},
    {"\x80\x05"sv, "a pickle", kImport},
    {"\x89PNG"sv, "a PNG picture", {}},
    {"\xff\xd8\xff"sv, "a JPEG picture", {}},
    {"GIF8"sv, "a GIF picture", {}},
    {"II*\0"sv, "a TIFF picture", {}},
    {"MM\0*"sv, "a TIFF picture", {}},
    {"RIFF"sv, "a RIFF file (WebP or video)", {}},
    {"v/1\x01"sv, "an OpenEXR picture", {}},
    {"YUV4MPEG2"sv, "a y4m video", {}},
    {"\x1f\x8b"sv, "gzip data", "unpack it with gzip -d"},
    {"\xfd"
     "7zXZ"sv,
     "xz data", "unpack it with xz -d"},
    {"BZh"sv, "bzip2 data", "unpack it with bzip2 -d"},
    {"\x04\x22\x4d\x18"sv, "LZ4 data", "unpack it with lz4 -d"},
    {"\x89HDF"sv, "an HDF5 file", kImport},
    {"%PDF"sv, "a PDF document", {}},
    {"\x7f"
     "ELF"sv,
     "a program",
     {}},
};

}  // namespace

bool is_npy(std::string_view start) { return start.starts_with(kNpyMagic); }

bool is_safetensors(std::string_view start) {
  // A header below 4 GiB that begins as JSON objects do.
  return start.size() >= 9 && start.substr(4, 4) == "\0\0\0\0"sv && start[8] == '{';
}

std::string describe_wrong(std::string_view start, std::string_view wanted) {
  std::string_view what = "not a file that is known here", advice;
  if (start.empty()) {
    return cat("empty; ", wanted, " is wanted");
  } else if (is_safetensors(start)) {
    what = "a model or other safetensors file";
    advice = "give models with --model";
  } else {
    for (const Magic& magic : kMagics) {
      if (!start.starts_with(magic.bytes)) continue;
      what = magic.what;
      advice = magic.advice;
    }
    const bool text = std::all_of(start.begin(), start.end(), [](char c) {
      return (c >= ' ' && c <= '~') || c == '\n' || c == '\r' || c == '\t';
    });
    if (text && what == "not a file that is known here") what = "text";
  }
  return cat(what, ", not ", wanted, advice.empty() ? "" : "; ", advice);
}

}  // namespace sgan::io
