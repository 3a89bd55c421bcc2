// The one door to libsgan-image, which is opened at run time: plain C, so that programs start
// without OpenImageIO and its hundreds of libraries.
#pragma once

#include <cstddef>

extern "C" {

struct SganPicture {
  const char* path;    // written directly
  const char* format;  // OpenImageIO's name or a file extension, such as "png"
  int width, height, channels;
  int bits;                 // of a pixel's channel: 8, 16 (unsigned), 32 (float)
  const void* pixels;       // [height, width, channels]
  const char* const* text;  // name, value, name, value, ..., null: written where the format can
};

// A file's bytes in; what it holds out. `allocate` is called once, when the sizes are known, and
// returns where the pixels [height, width, channels] go, or null to have none decoded.
struct SganPictureRead {
  const char* name;  // its extension is tried first
  const void* data;
  size_t bytes;
  void* (*allocate)(struct SganPictureRead* picture, size_t bytes);
  void* context;  // for allocate
  // Out:
  int width, height, channels;
  int bits;         // of a pixel's channel: 8 or 16, unsigned, in the machine's byte order
  int alpha;        // channel that is alpha, not multiplied into the others; -1: none
  int orientation;  // as EXIF numbers it, 1: upright
};

#define SGAN_IMAGE_CHECK "sgan_image_check_1"
#define SGAN_IMAGE_WRITE "sgan_image_write_1"
#define SGAN_IMAGE_READ "sgan_image_read_1"

// All return 0, or 1 with a line in message[0 .. size).
using SganImageCheck = int(const char* format, char* message, size_t size);
using SganImageWrite = int(const SganPicture* picture, char* message, size_t size);
using SganImageRead = int(SganPictureRead* picture, char* message, size_t size);  // thread-safe
}
