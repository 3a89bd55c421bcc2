// A small RGB picture to draw charts on: pixels, lines, and the few characters that axes need.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sgan::metrics {

using Color = std::array<uint8_t, 3>;

class Canvas {
 public:
  Canvas(int width, int height, Color background);

  int width() const { return width_; }
  int height() const { return height_; }
  const std::vector<uint8_t>& pixels() const { return pixels_; }  // [height, width, 3]
  std::string png() const;

  // `cover` of the color, 0..1. Nothing happens outside the picture.
  void mix(int x, int y, Color color, double cover = 1);
  // A line about 1.5 pixels wide with soft edges, between centres of pixels.
  void line(double x0, double y0, double x1, double y1, Color color);
  void across(int x0, int x1, int y, Color color);  // one pixel wide, ends included
  void down(int x, int y0, int y1, Color color);
  // Digits, "-", ".", "/", "dB" and "'" (drawn as the sign for degrees); other characters are
  // blank. Left upper corner.
  void text(int x, int y, std::string_view text, Color color);
  static int text_width(std::string_view text);
  static constexpr int kTextHeight = 14;

 private:
  int width_, height_;
  std::vector<uint8_t> pixels_;
};

// From black over violet and orange to pale yellow, lighter all the way; t in 0..1, limited.
Color heat_color(double t);

}  // namespace sgan::metrics
