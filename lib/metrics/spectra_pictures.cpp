#include "lib/metrics/spectra_pictures.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "lib/metrics/canvas.hpp"
#include "lib/rt/error.hpp"

namespace sgan::metrics {
namespace {

constexpr Color kWhite = {255, 255, 255}, kGrid = {225, 225, 225}, kInk = {60, 60, 60};
constexpr Color kStraight = {31, 100, 180}, kDiagonal = {225, 110, 20};

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10g", value);
  return text;
}

// 1, 2 or 5 times a power of ten, so that an axis gets at most `most` of them.
double tick_step(double range, int most) {
  const double least = range / most, power = std::pow(10, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= least * (1 - 1e-9)) return factor * power;
  }
  return 10 * power;
}

// The frame that curves are drawn in, and the way from values to pixels.
struct Axes {
  static constexpr int kLeft = 64, kTop = 36, kWidth = 720, kHeight = 440, kBelow = 36, kRight = 24;
  double last_frequency;
  DecibelRange range;

  double x(double frequency) const { return kLeft + frequency / last_frequency * kWidth; }
  double y(double decibels) const {
    return kTop + (range.high - decibels) / (range.high - range.low) * kHeight;
  }

  void draw(Canvas& canvas) const {
    const double step_x = tick_step(last_frequency, 8);
    for (int i = 0; i * step_x <= last_frequency * (1 + 1e-9); ++i) {
      const int at = int(std::lround(x(i * step_x)));
      const std::string text = number(i * step_x);
      canvas.down(at, kTop, kTop + kHeight, kGrid);
      canvas.text(at - Canvas::text_width(text) / 2, kTop + kHeight + 10, text, kInk);
    }
    const double step_y = tick_step(range.high - range.low, 8);
    for (auto i = int64_t(std::ceil(range.low / step_y - 1e-9));
         double(i) * step_y <= range.high + 1e-9 * step_y; ++i) {
      const int at = int(std::lround(y(double(i) * step_y)));
      const std::string text = number(double(i) * step_y);
      canvas.across(kLeft, kLeft + kWidth, at, kGrid);
      canvas.text(kLeft - 8 - Canvas::text_width(text), at - Canvas::kTextHeight / 2, text, kInk);
    }
    for (const int at : {kLeft, kLeft + kWidth}) canvas.down(at, kTop, kTop + kHeight, kInk);
    for (const int at : {kTop, kTop + kHeight}) canvas.across(kLeft, kLeft + kWidth, at, kInk);
    canvas.text(kLeft - 8 - Canvas::text_width("dB"), 10, "dB", kInk);
  }

  void curve(Canvas& canvas, const Slice& slice, Color color, std::string_view label,
             int label_x) const {
    const double low = kTop, high = kTop + kHeight;
    for (size_t i = 1; i < slice.frequency.size(); ++i) {
      const double y0 = y(slice.decibels[i - 1]), y1 = y(slice.decibels[i]);
      if (!std::isfinite(y0) || !std::isfinite(y1)) continue;
      if (std::max(y0, y1) < low || std::min(y0, y1) > high) continue;
      canvas.line(x(slice.frequency[i - 1]), std::clamp(y0, low, high), x(slice.frequency[i]),
                  std::clamp(y1, low, high), color);
    }
    canvas.line(label_x, 17, label_x + 24, 17, color);
    canvas.text(label_x + 32, 10, label, kInk);
  }
};

}  // namespace

DecibelRange range_of(const rt::Tensor& heat_map) {
  const auto values = heat_map.span<double>();
  check(!values.empty(), "no heat map");
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  const double high = 10 * std::ceil(*most / 10), low = 10 * std::floor(*least / 10);
  return {std::clamp(low, high - 120, high - 10), high};
}

std::string heat_map_png(const rt::Tensor& heat_map, const DecibelRange& range) {
  const auto height = int(heat_map.size(0)), width = int(heat_map.size(1));
  Canvas canvas(width, height, heat_color(0));
  for (int i = 0; i < width * height; ++i) {
    const double v = heat_map.data<double>()[i];
    canvas.mix(i % width, i / width, heat_color((v - range.low) / (range.high - range.low)));
  }
  return canvas.png();
}

std::string slices_png(const Slice& straight, const Slice& diagonal, const DecibelRange& range,
                       const std::string& note) {
  check(!straight.frequency.empty() && !diagonal.frequency.empty(), "no slices to draw");
  const Axes axes{std::max(straight.frequency.back(), diagonal.frequency.back()), range};
  Canvas canvas(Axes::kLeft + Axes::kWidth + Axes::kRight,
                Axes::kTop + Axes::kHeight + Axes::kBelow, kWhite);
  axes.draw(canvas);
  axes.curve(canvas, straight, kStraight, "0'", Axes::kLeft + Axes::kWidth - 220);
  axes.curve(canvas, diagonal, kDiagonal, "45'", Axes::kLeft + Axes::kWidth - 110);
  canvas.text(Axes::kLeft, 10, note, kInk);
  return canvas.png();
}

std::string slices_csv(const Slice& straight, const Slice& diagonal) {
  std::string out = "angle,frequency,decibels\n";
  for (const auto& [angle, slice] : {std::pair{"0", &straight}, {"45", &diagonal}}) {
    for (size_t i = 0; i < slice->frequency.size(); ++i) {
      out += cat(angle, ",", number(slice->frequency[i]), ",", number(slice->decibels[i]), "\n");
    }
  }
  return out;
}

}  // namespace sgan::metrics
