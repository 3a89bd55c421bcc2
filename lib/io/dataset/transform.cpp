#include "lib/io/dataset/transform.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "lib/rt/error.hpp"

namespace sgan::io {
namespace {

// Turned as EXIF's orientation says.
Canvas upright(const DecodedPicture& picture) {
  const int o = picture.orientation;
  const bool swapped = o >= 5 && o <= 8;
  Canvas c;
  c.width = swapped ? picture.height : picture.width;
  c.height = swapped ? picture.width : picture.height;
  c.channels = picture.channels;
  const size_t channels = size_t(c.channels);
  c.pixels.resize(size_t(c.width) * size_t(c.height) * channels);
  for (int y = 0; y < c.height; ++y) {
    for (int x = 0; x < c.width; ++x) {
      int sx = swapped ? y : x, sy = swapped ? x : y;  // 5: mirrored at the diagonal
      if (o == 2 || o == 3 || o == 7 || o == 8) sx = picture.width - 1 - sx;
      if (o == 3 || o == 4 || o == 6 || o == 7) sy = picture.height - 1 - sy;
      const size_t at = (size_t(sy) * size_t(picture.width) + size_t(sx)) * channels;
      float* to = c.row(y) + size_t(x) * channels;
      for (size_t k = 0; k < channels; ++k) {
        if (picture.bits == 8) {
          to[k] = picture.pixels[at + k];
        } else {
          uint16_t wide;
          std::memcpy(&wide, picture.pixels.data() + 2 * (at + k), 2);
          to[k] = float(wide) * (255.0f / 65535.0f);
        }
      }
    }
  }
  return c;
}

// The last channel is alpha: gone when it is opaque everywhere, else laid over the background.
Canvas without_alpha(const Canvas& from, const TransformOptions& options) {
  const size_t channels = size_t(from.channels), kept = channels - 1;
  const size_t count = size_t(from.width) * size_t(from.height);
  Canvas to{from.width, from.height, int(kept), std::vector<float>(count * kept)};
  for (size_t i = 0; i < count; ++i) {
    const float* pixel = from.pixels.data() + i * channels;
    const float a = pixel[kept] * (1.0f / 255.0f);
    check(a >= 1 || options.background,
          "has transparent pixels; --flatten COLOUR lays it over a colour");
    for (size_t k = 0; k < kept; ++k) {
      float behind = 0;
      if (options.background) {
        const auto& c = *options.background;
        behind = kept == 3 ? c[k] : 0.299f * c[0] + 0.587f * c[1] + 0.114f * c[2];
      }
      to.pixels[i * kept + k] = a >= 1 ? pixel[k] : pixel[k] * a + behind * (1 - a);
    }
  }
  return to;
}

Canvas in_colour(Canvas from, Colour colour) {
  const bool grey = from.channels == 1;
  if (colour == Colour::keep || (colour == Colour::grey) == grey) return from;
  const size_t count = size_t(from.width) * size_t(from.height);
  Canvas to{from.width, from.height, grey ? 3 : 1, {}};
  to.pixels.reserve(count * (grey ? 3 : 1));
  for (size_t i = 0; i < count; ++i) {
    const float* p = from.pixels.data() + i * (grey ? 1 : 3);
    if (grey)
      to.pixels.insert(to.pixels.end(), 3, *p);
    else
      to.pixels.push_back(0.299f * p[0] + 0.587f * p[1] + 0.114f * p[2]);
  }
  return to;
}

// The middle part of this size.
Canvas middle(const Canvas& from, int width, int height) {
  if (width == from.width && height == from.height) return from;
  Canvas to{width, height, from.channels, {}};
  const int left = (from.width - width) / 2, top = (from.height - height) / 2;
  for (int y = 0; y < height; ++y) {
    const float* row = from.row(top + y) + size_t(left) * size_t(from.channels);
    to.pixels.insert(to.pixels.end(), row, row + size_t(width) * size_t(from.channels));
  }
  return to;
}

// The largest middle part whose sides are as width to height.
Canvas middle_of_shape(const Canvas& from, int width, int height) {
  const double scale = std::min(double(from.width) / width, double(from.height) / height);
  return middle(from, std::clamp(int(std::lround(width * scale)), 1, from.width),
                std::clamp(int(std::lround(height * scale)), 1, from.height));
}

// Black above and below.
Canvas letterbox(const Canvas& from) {
  Canvas to{from.width, from.width, from.channels, {}};
  to.pixels.assign(size_t(to.width) * size_t(to.width) * size_t(to.channels), 0.0f);
  std::copy(from.pixels.begin(), from.pixels.end(), to.row((from.width - from.height) / 2));
  return to;
}

}  // namespace

PreparedPicture prepare(const DecodedPicture& picture, const TransformOptions& options) {
  Canvas c = upright(picture);
  if (picture.alpha >= 0) {
    check(picture.alpha == picture.channels - 1, "its alpha channel is not the last one");
    c = without_alpha(c, options);
  }
  check(c.channels == 1 || c.channels == 3, "has ", c.channels,
        " channels, not 1 (grey) or 3 (RGB)");
  c = in_colour(std::move(c), options.colour);
  if (options.crop == Crop::center) {
    const int side = std::min(c.width, c.height);
    c = middle(c, side, side);
  } else if (options.crop == Crop::wide) {
    c = middle_of_shape(c, options.width, options.height);
  }
  PreparedPicture out;
  if (options.width > 0) {
    out.enlarged = c.width < options.width || c.height < options.height;
    c = resize(c, options.width, options.height, options.filter);
  }
  if (options.crop == Crop::wide) c = letterbox(c);
  check(c.width == c.height, "is ", c.width, "x", c.height,
        ", not square; --transform center-crop makes it so");
  out.side = c.width;
  out.channels = c.channels;
  out.pixels.reserve(c.pixels.size());
  for (const float v : c.pixels) out.pixels.push_back(uint8_t(std::clamp(v, 0.0f, 255.0f) + 0.5f));
  return out;
}

std::optional<std::array<uint8_t, 3>> parse_colour(const std::string& text) {
  if (text == "white") return {{255, 255, 255}};
  if (text == "black") return {{0, 0, 0}};
  if (text.size() != 6 || text.find_first_not_of("0123456789abcdefABCDEF") != text.npos) return {};
  const auto value = uint32_t(std::stoul(text, nullptr, 16));
  return {{uint8_t(value >> 16), uint8_t(value >> 8), uint8_t(value)}};
}

bool is_network_resolution(int side) { return side >= 4 && (side & (side - 1)) == 0; }

}  // namespace sgan::io
