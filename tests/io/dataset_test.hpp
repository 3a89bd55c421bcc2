// Small data sets for the tests.
#pragma once

#include "lib/io/crc32.hpp"
#include "lib/io/dataset/convert.hpp"
#include "lib/io/dataset/zip_writer.hpp"
#include "tests/io/io_test.hpp"

namespace sgan::io {

inline uint8_t test_pixel(int picture, int x, int y, int c) {
  return uint8_t(picture * 37 + x * 5 + y * 11 + c * 71);
}

inline std::string test_pixels(int picture, int width, int height, int channels) {
  std::string bytes;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < channels; ++c) bytes += char(test_pixel(picture, x, y, c));
    }
  }
  return bytes;
}

inline std::string test_png(int picture, int width, int height, int channels = 3) {
  const std::string pixels = test_pixels(picture, width, height, channels);
  return encode_png(reinterpret_cast<const uint8_t*>(pixels.data()), width, height, channels);
}

// A zip of `count` pictures of 8x8 pixels in the official layout.
inline std::string test_zip(int count, const std::string& labels) {
  StringSink sink;
  ZipWriter zip(sink);
  for (int i = 0; i < count; ++i) zip.add(picture_name(i), test_png(i, 8, 8));
  if (!labels.empty()) zip.add("dataset.json", labels);
  zip.finish();
  return sink.text;
}

// A record of a TFRecord file, and a tf.train.Example with "shape" and "data".
inline std::string little_bytes(uint64_t v, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += char(v >> (8 * i) & 255);
  return text;
}
inline std::string masked_crc(const std::string& bytes) {
  const uint32_t c = crc32c(bytes);
  return little_bytes(uint32_t((c >> 15 | c << 17) + 0xa282ead8u), 4);
}
inline std::string test_record(const std::string& data) {
  const std::string length = little_bytes(data.size(), 8);
  return length + masked_crc(length) + data + masked_crc(data);
}
inline std::string field(int number, const std::string& bytes) {  // length-delimited
  std::string out(1, char(number << 3 | 2));
  for (size_t n = bytes.size();;) {
    out += char((n & 127) | (n > 127 ? 128 : 0));
    n >>= 7;
    if (n == 0) return out + bytes;
  }
}
inline std::string test_example(int channels, int height, int width, const std::string& data) {
  const std::string packed{char(channels), char(height), char(width)};
  const std::string shape = field(1, field(1, "shape") + field(2, field(3, field(1, packed))));
  return field(1, shape + field(1, field(1, "data") + field(2, field(1, field(1, data)))));
}

}  // namespace sgan::io
