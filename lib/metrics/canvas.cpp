#include "lib/metrics/canvas.hpp"

#include <algorithm>
#include <cmath>

#include "lib/io/picture_read.hpp"

namespace sgan::metrics {
namespace {

// 5 x 7 dots, each drawn as 2 x 2 pixels; a row of dots is five bits, the left one highest.
constexpr int kDot = 2, kDotsAcross = 5, kDotsDown = 7, kAdvance = (kDotsAcross + 1) * kDot;
struct Glyph {
  char name;
  std::array<uint8_t, kDotsDown> rows;
};
constexpr Glyph kGlyphs[] = {
    {'0', {14, 17, 19, 21, 25, 17, 14}}, {'1', {4, 12, 4, 4, 4, 4, 14}},
    {'2', {14, 17, 1, 2, 4, 8, 31}},     {'3', {31, 2, 4, 2, 1, 17, 14}},
    {'4', {2, 6, 10, 18, 31, 2, 2}},     {'5', {31, 16, 30, 1, 1, 17, 14}},
    {'6', {6, 8, 16, 30, 17, 17, 14}},   {'7', {31, 1, 2, 4, 8, 8, 8}},
    {'8', {14, 17, 17, 14, 17, 17, 14}}, {'9', {14, 17, 17, 15, 1, 2, 12}},
    {'-', {0, 0, 0, 31, 0, 0, 0}},       {'.', {0, 0, 0, 0, 0, 12, 12}},
    {'d', {1, 1, 13, 19, 17, 17, 15}},   {'B', {30, 17, 17, 30, 17, 17, 30}},
    {'\'', {12, 18, 18, 12, 0, 0, 0}},   {'/', {1, 1, 2, 4, 8, 16, 16}},
};

}  // namespace

Canvas::Canvas(int width, int height, Color background) : width_(width), height_(height) {
  for (int i = 0; i < width * height; ++i) {
    pixels_.insert(pixels_.end(), background.begin(), background.end());
  }
}

std::string Canvas::png() const { return io::encode_png(pixels_.data(), width_, height_, 3); }

void Canvas::mix(int x, int y, Color color, double cover) {
  if (x < 0 || y < 0 || x >= width_ || y >= height_) return;
  for (size_t c = 0; c < 3; ++c) {
    uint8_t& p = pixels_[size_t(y * width_ + x) * 3 + c];
    p = uint8_t(std::lround((1 - cover) * p + cover * color[c]));
  }
}

void Canvas::line(double x0, double y0, double x1, double y1, Color color) {
  if (!std::isfinite(x0 + y0 + x1 + y1)) return;
  const double dx = x1 - x0, dy = y1 - y0, square = dx * dx + dy * dy;
  const auto low = [](double a, double b) { return int(std::max(std::min(a, b) - 2, -1e6)); };
  const auto high = [](double a, double b, int end) {
    return std::min(int(std::min(std::max(a, b) + 2, 1e6)), end - 1);
  };
  for (int y = std::max(low(y0, y1), 0); y <= high(y0, y1, height_); ++y) {
    for (int x = std::max(low(x0, x1), 0); x <= high(x0, x1, width_); ++x) {
      const double along = ((x - x0) * dx + (y - y0) * dy) / square;
      const double t = square > 0 ? std::clamp(along, 0.0, 1.0) : 0;
      const double distance = std::hypot(x - x0 - t * dx, y - y0 - t * dy);
      mix(x, y, color, std::clamp(1.25 - distance, 0.0, 1.0));
    }
  }
}

void Canvas::across(int x0, int x1, int y, Color color) {
  for (int x = x0; x <= x1; ++x) mix(x, y, color);
}

void Canvas::down(int x, int y0, int y1, Color color) {
  for (int y = y0; y <= y1; ++y) mix(x, y, color);
}

void Canvas::text(int x, int y, std::string_view text, Color color) {
  for (const char name : text) {
    for (const Glyph& glyph : kGlyphs) {
      if (glyph.name != name) continue;
      for (int dot = 0; dot < kDotsAcross * kDotsDown * kDot * kDot; ++dot) {
        const int px = dot % (kDotsAcross * kDot), py = dot / (kDotsAcross * kDot);
        if (glyph.rows[size_t(py / kDot)] >> (kDotsAcross - 1 - px / kDot) & 1) {
          mix(x + px, y + py, color);
        }
      }
    }
    x += kAdvance;
  }
}

int Canvas::text_width(std::string_view text) {
  return std::max(int(text.size()) * kAdvance - kDot, 0);
}

Color heat_color(double t) {
  constexpr std::array<std::array<double, 3>, 6> stops = {
      {{0, 0, 4}, {50, 12, 96}, {130, 34, 110}, {212, 72, 66}, {248, 156, 30}, {252, 252, 190}}};
  const double at = std::clamp(std::isfinite(t) ? t : 0.0, 0.0, 1.0) * (stops.size() - 1);
  const auto i = std::min(size_t(at), stops.size() - 2);
  Color color;
  for (size_t c = 0; c < 3; ++c) {
    color[c] =
        uint8_t(std::lround(stops[i][c] + (at - double(i)) * (stops[i + 1][c] - stops[i][c])));
  }
  return color;
}

}  // namespace sgan::metrics
