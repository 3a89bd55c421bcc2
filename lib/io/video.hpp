// Uncompressed video for encoders: YUV4MPEG2 (y4m(5) of mjpegtools) and bare RGB bytes.
#pragma once

#include <string>
#include <vector>

#include "lib/io/output.hpp"
#include "lib/rt/tensor.hpp"

namespace sgan::io {

// Frames a second as a fraction; "30", "29.97" or "30000/1001". Throws Error.
struct FrameRate {
  int numerator = 30, denominator = 1;
};
FrameRate parse_frame_rate(const std::string& text);

// The first line of a y4m file: 4:4:4 for three channels, grey for one, studio range.
std::string y4m_header(int width, int height, int channels, FrameRate rate);

// One frame from bytes [H, W, C]: planes Y'CbCr of ITU-R BT.601, 8 bit (16..235, 16..240), which is
// what encoders assume of a y4m file without further marks; grey for one channel.
std::vector<uint8_t> y4m_planes(const rt::Tensor& picture);

}  // namespace sgan::io
