// Picture files by OpenImageIO.
#include <OpenImageIO/imageio.h>

#include <cstdio>
#include <memory>
#include <string>

#include "lib/io/picture_entry.hpp"

namespace {

int failed(char* message, size_t size, const std::string& text) {
  std::snprintf(message, size, "%s", text.substr(0, text.find('\n')).c_str());
  return 1;
}

OIIO::TypeDesc type_of(int bits) {
  return bits == 8    ? OIIO::TypeDesc::UINT8
         : bits == 16 ? OIIO::TypeDesc::UINT16
                      : OIIO::TypeDesc::FLOAT;
}

int write(const SganPicture& picture, char* message, size_t size) {
  auto out = OIIO::ImageOutput::create(picture.format);
  if (!out) return failed(message, size, OIIO::geterror());
  OIIO::ImageSpec spec(picture.width, picture.height, picture.channels, type_of(picture.bits));
  // Channels are a network's, whatever their number: none is an alpha that the others were
  // multiplied with, and that writers would divide them by.
  spec.alpha_channel = -1;
  spec.attribute("oiio:UnassociatedAlpha", 1);
  spec.attribute("oiio:ColorSpace", "sRGB");
  for (const char* const* text = picture.text; text && text[0]; text += 2) {
    spec.attribute(text[0], text[1]);
  }
  if (!out->open(picture.path, spec)) return failed(message, size, out->geterror());
  if (out->spec().format != spec.format) {
    return failed(message, size,
                  std::string(picture.format) + " pictures cannot hold " +
                      (picture.bits == 32 ? "float" : std::to_string(picture.bits) + "-bit") +
                      " pixels");
  }
  if (!out->write_image(spec.format, picture.pixels)) return failed(message, size, out->geterror());
  if (!out->close()) return failed(message, size, out->geterror());
  return 0;
}

}  // namespace

extern "C" {

int sgan_image_check_1(const char* format, char* message, size_t size) try {
  OIIO::attribute("threads", 1);
  if (OIIO::ImageOutput::create(format)) return 0;
  OIIO::geterror();
  return failed(message, size, std::string("no picture format '") + format + "'");
} catch (const std::exception& error) {
  return failed(message, size, error.what());
}

int sgan_image_write_1(const SganPicture* picture, char* message, size_t size) try {
  return write(*picture, message, size);
} catch (const std::exception& error) {
  return failed(message, size, error.what());
}
}
