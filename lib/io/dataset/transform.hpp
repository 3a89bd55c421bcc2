// From a decoded picture to the square bytes of a data set.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/io/dataset/resample.hpp"
#include "lib/io/picture_read.hpp"

namespace sgan::io {

// center: the largest square in the middle. wide: the largest middle part of the wanted
// proportions, on a black square.
enum class Crop { none, center, wide };
enum class Colour { keep, grey, rgb };

struct TransformOptions {
  int width = 0, height = 0;  // 0: as the picture is; height < width only with Crop::wide
  Crop crop = Crop::none;
  ResizeFilter filter = ResizeFilter::lanczos;
  Colour colour = Colour::keep;
  // What shows through transparent pixels; without it they are refused.
  std::optional<std::array<uint8_t, 3>> background;
};

struct PreparedPicture {
  int side = 0, channels = 0;   // 1: grey (ITU-R BT.601 luma), 3: RGB
  std::vector<uint8_t> pixels;  // [side, side, channels]
  bool enlarged = false;
};

// Turned upright, alpha and colour settled, cropped, scaled, rounded to bytes. Throws Error without
// the picture's name: transparent, other channels than grey or RGB, not square at the end.
PreparedPicture prepare(const DecodedPicture& picture, const TransformOptions& options);

// "white", "black" or RRGGBB in hexadecimal digits; nothing for anything else.
std::optional<std::array<uint8_t, 3>> parse_colour(const std::string& text);
// Whether networks are built for pictures of this side: 4, 8, 16, ...
bool is_network_resolution(int side);

}  // namespace sgan::io
