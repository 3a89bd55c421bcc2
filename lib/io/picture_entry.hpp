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

#define SGAN_IMAGE_CHECK "sgan_image_check_1"
#define SGAN_IMAGE_WRITE "sgan_image_write_1"

// Both return 0, or 1 with a line in message[0 .. size).
using SganImageCheck = int(const char* format, char* message, size_t size);
using SganImageWrite = int(const SganPicture* picture, char* message, size_t size);
}
