#include <cmath>
#include <vector>

#include "io_test.hpp"
#include "lib/io/picture.hpp"
#include "lib/io/picture_read.hpp"
#include "lib/io/pixels.hpp"
#include "lib/io/video.hpp"

using namespace sgan;
using rt::Shape;
using rt::Tensor;

BOOST_AUTO_TEST_SUITE(pictures)

BOOST_AUTO_TEST_CASE(bytes_are_clamped_and_truncated) {
  const std::vector<float> x = {-1, 1, 0, -2, 5, -0.999f, 0.9921875f, 0.00783f, NAN, 1e30f, -1e30f};
  // -1 is 0.5, 1 is 255.5, -0.999 is 0.6275, 0.9921875 is 254.5, 0.00783 is 128.998.
  const std::vector<int> want = {0, 255, 128, 0, 255, 0, 254, 128, 0, 255, 0};
  const Tensor y = io::to_u8(Tensor::from(x, {11}));
  for (size_t i = 0; i < x.size(); ++i) BOOST_TEST(int(y.data<uint8_t>()[i]) == want[i], x[i]);
}

BOOST_AUTO_TEST_CASE(grids) {
  BOOST_TEST((io::near_square(1) == std::pair(1, 1)));
  BOOST_TEST((io::near_square(2) == std::pair(2, 1)));
  BOOST_TEST((io::near_square(16) == std::pair(4, 4)));
  BOOST_TEST((io::near_square(17) == std::pair(5, 4)));
  BOOST_CHECK_THROW(io::near_square(0), Error);
  BOOST_CHECK_THROW(io::Grid(2, 2, 4), Error);

  // Pictures of 1 x 2 pixels; picture k holds 10 k and 10 k + 1.
  const std::vector<uint8_t> values = {10, 11, 20, 21, 30, 31, 40, 41};
  const Tensor batch = Tensor::from(values, {4, 1, 2, 1});
  io::Grid grid(2, 2, 1);
  BOOST_TEST(grid.empty());
  BOOST_TEST(grid.put(batch, 0) == 3);
  BOOST_TEST(grid.full());
  const Tensor whole = grid.take();
  BOOST_TEST(whole.shape() == (Shape{2, 4, 1}));
  const std::vector<int> want = {0, 0, 10, 11, 20, 21, 30, 31};
  for (size_t i = 0; i < want.size(); ++i) BOOST_TEST(int(whole.data<uint8_t>()[i]) == want[i]);
  BOOST_TEST(grid.empty());
  BOOST_TEST(grid.put(batch, 3) == 1);
  BOOST_TEST(!grid.full());
  const Tensor rest = grid.take();
  BOOST_TEST(int(rest.data<uint8_t>()[2]) == 40);
  BOOST_TEST(int(rest.data<uint8_t>()[7]) == 0);
  const Tensor black = [] {
    io::Grid floats(1, 2);
    floats.put(Tensor::full({1, 1, 1, 1}, 0.5), 0);
    return floats.take();
  }();
  BOOST_TEST(black.to_doubles() == (std::vector<double>{0.5, -1}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(video_colours) {
  // Against the definition of BT.601 in double, for all corners and many colours.
  for (int n = 0; n < 4096; ++n) {
    const uint8_t r = uint8_t((n & 15) * 17), g = uint8_t((n >> 4 & 15) * 17),
                  b = uint8_t((n >> 8 & 15) * 17);
    const Tensor pixel = Tensor::from(std::vector<uint8_t>{r, g, b}, {1, 1, 3});
    const auto planes = io::y4m_planes(pixel);
    const double y = (0.299 * r + 0.587 * g + 0.114 * b) / 255;
    const double want[3] = {16 + 219 * y, 128 + 224 * (b / 255.0 - y) / (2 * (1 - 0.114)),
                            128 + 224 * (r / 255.0 - y) / (2 * (1 - 0.299))};
    for (int c = 0; c < 3; ++c) {
      BOOST_TEST(std::abs(planes[size_t(c)] - want[c]) <= 0.5 + 1e-2,
                 "colour " << n << " plane " << c);
    }
  }
  const auto grey = io::y4m_planes(Tensor::from(std::vector<uint8_t>{0, 255}, {1, 2, 1}));
  BOOST_TEST(int(grey[0]) == 16);
  BOOST_TEST(int(grey[1]) == 235);
}

BOOST_AUTO_TEST_CASE(video_headers) {
  BOOST_TEST(io::y4m_header(4, 2, 3, {30000, 1001}) ==
             "YUV4MPEG2 W4 H2 F30000:1001 Ip A1:1 C444 XCOLORRANGE=LIMITED\n");
  BOOST_TEST(io::y4m_header(4, 2, 1, {}) ==
             "YUV4MPEG2 W4 H2 F30:1 Ip A1:1 Cmono XCOLORRANGE=LIMITED\n");
  BOOST_CHECK_THROW(io::y4m_header(4, 2, 4, {}), Error);
  const auto rate = io::parse_frame_rate("29.97");
  BOOST_TEST(rate.numerator == 2997);
  BOOST_TEST(rate.denominator == 100);
  BOOST_TEST(io::parse_frame_rate("60000/2002").denominator == 1001);
  for (const char* bad : {"", "0", "-1", "x", "1/0", "1e3", "30 ", "1/2/3", "99999999999"}) {
    BOOST_CHECK_THROW(io::parse_frame_rate(bad), Error);
  }
}

// Pictures of random bytes through the encoder and back, where there is one.
void check_round_trip(const std::string& format, int64_t channels) {
  if (!io::error_of([] { io::need_picture_library(); }).empty()) return;
  io::Scratch scratch;
  const std::string path = scratch / "picture." + format;
  Tensor pixels({6, 7, channels}, rt::DType::u8);
  for (int64_t i = 0; i < pixels.numel(); ++i) pixels.data<uint8_t>()[i] = uint8_t(i * 37 + i / 13);
  io::PictureWriter writer(format, {});
  writer.write({pixels, path, format, 8});
  writer.finish();
  const io::DecodedPicture read = io::decode_picture(io::read_file(path), path);
  BOOST_TEST(read.channels == channels, format);
  const std::vector<uint8_t> want(pixels.data<uint8_t>(), pixels.data<uint8_t>() + pixels.numel());
  BOOST_TEST((read.pixels == want), format << " with " << channels << " channels");
}

BOOST_AUTO_TEST_CASE(no_channel_is_taken_for_alpha) {
  for (const int64_t channels : {1, 2, 3, 4}) {
    for (const char* format : {"png", "tiff", "tga"}) check_round_trip(format, channels);
  }
}

BOOST_AUTO_TEST_CASE(formats_say_which_channels_they_hold) {
  for (const char* format : {"png", "tiff", "exr", "dpx", "bmp", "webp", "jpg"}) {
    io::check_picture_channels(format, 3);
    BOOST_CHECK_THROW(io::check_picture_channels(format, 0), Error);
  }
  io::check_picture_channels("exr", 100);
  io::check_error([] { io::check_picture_channels("dpx", 2); },
                  "dpx pictures hold 1, 3, 4 channels, not 2");
  io::check_error([] { io::check_picture_channels("png", 33); }, "not 33");
  io::check_error([] { io::check_picture_channels("hdr", 1); }, "hold 3 channels, not 1");
}

BOOST_AUTO_TEST_CASE(extensions) {
  BOOST_TEST(io::extension_of("a.b/c") == "");
  BOOST_TEST(io::extension_of("a/b.tar.PNG") == "png");
  BOOST_TEST(io::extension_of("-") == "");
}

BOOST_AUTO_TEST_SUITE_END()
