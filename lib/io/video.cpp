#include "lib/io/video.hpp"

#include <charconv>
#include <cmath>
#include <numeric>

#include "kernels/parallel.hpp"

namespace sgan::io {

FrameRate parse_frame_rate(const std::string& text) {
  const auto whole = [](std::string_view digits) {
    int value = 0;
    const auto [end, bad] = std::from_chars(digits.begin(), digits.end(), value);
    return bad == std::errc{} && end == digits.end() && value > 0 && value <= 1000000 ? value : 0;
  };
  const std::string_view view = text;
  FrameRate rate{0, 0};
  if (const size_t slash = view.find('/'); slash != std::string_view::npos) {
    rate = {whole(view.substr(0, slash)), whole(view.substr(slash + 1))};
  } else if (const size_t dot = view.find('.'); dot != std::string_view::npos) {
    const std::string_view fraction = view.substr(dot + 1);
    int scale = 1;
    for (size_t i = 0; i < fraction.size() && i < 4; ++i) scale *= 10;
    const std::string digits = std::string(view.substr(0, dot)) + std::string(fraction);
    if (fraction.size() <= 4) rate = {whole(digits), scale};
  } else {
    rate = {whole(view), 1};
  }
  check(rate.numerator > 0 && rate.denominator > 0, "frame rate '", text,
        "' is not like 30, 29.97 or 30000/1001");
  const int common = std::gcd(rate.numerator, rate.denominator);
  return {rate.numerator / common, rate.denominator / common};
}

std::string y4m_header(int width, int height, int channels, FrameRate rate) {
  check(channels == 1 || channels == 3, "video has 1 or 3 channels, not ", channels);
  return cat("YUV4MPEG2 W", width, " H", height, " F", rate.numerator, ":", rate.denominator,
             " Ip A1:1 C", channels == 3 ? "444" : "mono", " XCOLORRANGE=LIMITED\n");
}

std::vector<uint8_t> y4m_planes(const rt::Tensor& picture) {
  const int64_t pixels = picture.size(0) * picture.size(1);
  const int channels = int(picture.size(2));
  const uint8_t* rgb = picture.data<uint8_t>();
  std::vector<uint8_t> planes(size_t(pixels * channels));
  uint8_t* out = planes.data();
  // BT.601 in 16-bit fixed point, rounded to nearest: 219/255 and 224/255 of the analogue weights.
  kernels::parallel_ranges(pixels, 16384, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      if (channels == 1) {
        out[i] = uint8_t((rgb[i] * 56284 + (16 << 16) + 32768) >> 16);
        continue;
      }
      const int r = rgb[3 * i], g = rgb[3 * i + 1], b = rgb[3 * i + 2];
      out[i] = uint8_t((16829 * r + 33039 * g + 6416 * b + (16 << 16) + 32768) >> 16);
      out[pixels + i] = uint8_t((-9714 * r - 19070 * g + 28784 * b + (128 << 16) + 32768) >> 16);
      out[2 * pixels + i] = uint8_t((28784 * r - 24103 * g - 4681 * b + (128 << 16) + 32768) >> 16);
    }
  });
  return planes;
}

}  // namespace sgan::io
