#include <cmath>

#include "lib/io/dataset/dataset.hpp"
#include "lib/io/dataset/tfrecord.hpp"
#include "lib/io/jpeg_markers.hpp"
#include "lib/io/npy.hpp"
#include "lib/io/png_chunks.hpp"
#include "tests/io/dataset_test.hpp"

using namespace sgan;
using namespace sgan::io;

namespace {

DecodedPicture picture_of(int width, int height, int channels, std::vector<uint8_t> pixels) {
  DecodedPicture p;
  p.width = width;
  p.height = height;
  p.channels = channels;
  p.alpha = channels % 2 == 0 ? channels - 1 : -1;
  p.pixels = std::move(pixels);
  return p;
}

struct Listing {
  std::vector<std::string> bad;
  ConvertResult result;
  std::string zip;
};

Listing run(const std::string& source, const ConvertOptions& options) {
  Listing out;
  ConvertEvents events;
  events.bad = [&](const std::string& name, const std::string& why) {
    out.bad.push_back(name + ": " + why);
  };
  StringSink sink;
  const auto writer = make_zip_writer(sink);
  out.result = convert(*open_pictures(source), options, writer.get(), events);
  out.zip = sink.text;
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(convert_pictures)

BOOST_AUTO_TEST_CASE(checks) {
  BOOST_TEST(crc32("123456789") == 0xcbf43926u);  // the check values of the algorithms
  BOOST_TEST(crc32c("123456789") == 0xe3069283u);
  BOOST_TEST(crc32("56789", crc32("1234")) == 0xcbf43926u);
}

BOOST_AUTO_TEST_CASE(scaling) {
  Canvas flat{7, 5, 3, std::vector<float>(7 * 5 * 3, 100.0f)};
  for (const auto filter : {ResizeFilter::box, ResizeFilter::lanczos}) {
    for (const auto& [w, h] : {std::pair(3, 2), std::pair(16, 11), std::pair(7, 1)}) {
      for (const float v : resize(flat, w, h, filter).pixels) BOOST_TEST(std::fabs(v - 100) < 1e-3);
    }
  }
  const Canvas four{4, 2, 1, {0, 2, 10, 20, 4, 6, 30, 40}};
  BOOST_TEST((resize(four, 2, 1, ResizeFilter::box).pixels == std::vector<float>{3, 25}));
  const Canvas two{2, 1, 1, {1, 9}};
  BOOST_TEST((resize(two, 4, 1, ResizeFilter::box).pixels == std::vector<float>{1, 1, 9, 9}));
  // Halving a ramp by Lanczos keeps it a ramp, away from the ends.
  Canvas ramp{32, 1, 1, {}};
  for (int i = 0; i < 32; ++i) ramp.pixels.push_back(float(i));
  const Canvas half = resize(ramp, 16, 1, ResizeFilter::lanczos);
  for (int i = 4; i < 12; ++i) BOOST_TEST(std::fabs(half.pixels[size_t(i)] - (2 * i + 0.5)) < 1e-3);
}

BOOST_AUTO_TEST_CASE(crops) {
  TransformOptions t;
  t.crop = Crop::center;
  const auto wide = picture_of(4, 2, 1, {1, 2, 3, 4, 5, 6, 7, 8});
  BOOST_TEST((prepare(wide, t).pixels == std::vector<uint8_t>{2, 3, 6, 7}));
  const auto high = picture_of(1, 3, 1, {1, 2, 3});
  BOOST_TEST((prepare(high, t).pixels == std::vector<uint8_t>{2}));
  t.crop = Crop::wide;
  t.width = 4;
  t.height = 2;
  BOOST_TEST((prepare(wide, t).pixels ==
              std::vector<uint8_t>{0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0}));
  t = {};
  check_error([&] { prepare(wide, t); }, "is 4x2, not square");
}

BOOST_AUTO_TEST_CASE(colours) {
  TransformOptions t;
  const auto rgba = picture_of(1, 1, 4, {200, 100, 0, 128});
  check_error([&] { prepare(rgba, t); }, "transparent");
  t.background = parse_colour("white");
  // 200 * 128/255 + 255 * 127/255 = 227.4, 177.2, 127.
  BOOST_TEST((prepare(rgba, t).pixels == std::vector<uint8_t>{227, 177, 127}));
  t.background = {};
  BOOST_TEST(
      (prepare(picture_of(1, 1, 4, {9, 8, 7, 255}), t).pixels == std::vector<uint8_t>{9, 8, 7}));
  t.colour = Colour::grey;
  BOOST_TEST((prepare(picture_of(1, 1, 3, {255, 0, 0}), t).pixels == std::vector<uint8_t>{76}));
  t.colour = Colour::rgb;
  BOOST_TEST((prepare(picture_of(1, 1, 1, {9}), t).pixels == std::vector<uint8_t>{9, 9, 9}));
  check_error([&] { prepare(picture_of(1, 1, 5, {1, 2, 3, 4, 5}), t); }, "has 5 channels");
  BOOST_TEST(!parse_colour("blue"));
  BOOST_TEST((*parse_colour("ff8000") == std::array<uint8_t, 3>{255, 128, 0}));
}

BOOST_AUTO_TEST_CASE(sixteen_bits) {
  DecodedPicture wide = picture_of(1, 1, 1, {});
  wide.bits = 16;
  for (const auto& [in, out] : {std::pair(0, 0), std::pair(128, 0), std::pair(129, 1),
                                std::pair(257, 1), std::pair(65535, 255), std::pair(32896, 128)}) {
    wide.pixels = {uint8_t(in & 255), uint8_t(in >> 8)};
    BOOST_TEST(int(prepare(wide, {}).pixels[0]) == out, in);
    DecodedPicture copy = wide;
    to_8_bits(copy);
    BOOST_TEST(int(copy.pixels[0]) == out, in);
  }
}

BOOST_AUTO_TEST_CASE(orientations) {
  // 1 2 / 3 4, as EXIF's first four cases turn it.
  const std::vector<std::vector<uint8_t>> square = {
      {1, 2, 3, 4}, {2, 1, 4, 3}, {4, 3, 2, 1}, {3, 4, 1, 2}};
  for (int o = 1; o <= 4; ++o) {
    auto p = picture_of(2, 2, 1, {1, 2, 3, 4});
    p.orientation = o;
    BOOST_TEST((prepare(p, {}).pixels == square[size_t(o - 1)]), o);
  }
  // 1 2 / 3 4 / 5 6 lies on its side in the other four; the letterbox adds a black row below.
  const std::vector<std::vector<uint8_t>> wide = {
      {1, 3, 5, 2, 4, 6}, {5, 3, 1, 6, 4, 2}, {6, 4, 2, 5, 3, 1}, {2, 4, 6, 1, 3, 5}};
  TransformOptions t;
  t.crop = Crop::wide;
  t.width = 3;
  t.height = 2;
  for (int o = 5; o <= 8; ++o) {
    auto p = picture_of(2, 3, 1, {1, 2, 3, 4, 5, 6});
    p.orientation = o;
    auto pixels = prepare(p, t).pixels;
    pixels.resize(6);
    BOOST_TEST((pixels == wide[size_t(o - 5)]), o);
  }
}

BOOST_AUTO_TEST_CASE(png_and_jpeg_that_are_cut, *with_pictures()) {
  const std::string png = test_png(1, 8, 8);
  for (const size_t cut : {size_t{9}, size_t{30}, png.size() / 2, png.size() - 1})
    check_error([&] { essential_png(png.substr(0, cut), "a.png"); }, "a.png: truncated");
  std::string flipped = png;
  flipped[png.size() - 18] ^= 4;  // the end of the pixels
  check_error([&] { essential_png(flipped, "a.png"); }, "a.png: damaged");
  // Headers that state nonsense, or pixels that would fill the memory.
  const auto stating = [&](uint8_t high, uint8_t depth, uint8_t colour) {
    std::string changed = png;
    changed[16] = char(high);
    changed[24] = char(depth);
    changed[25] = char(colour);
    const uint32_t sum = crc32(changed.substr(12, 17));
    for (int i = 0; i < 4; ++i) changed[size_t(29 + i)] = char(sum >> (24 - 8 * i) & 255);
    return changed;
  };
  essential_png(stating(0, 8, 2), "a.png");
  check_error([&] { essential_png(stating(0, 8, 2).replace(16, 4, 4, '\0'), "a.png"); },
              "a.png: damaged: its first chunk states no PNG picture");
  check_error([&] { decode_picture(stating(0, 4, 2), "a.png"); }, "states no PNG picture");
  check_error([&] { picture_size(stating(0, 8, 7), "a.png"); }, "states no PNG picture");
  check_error([&] { decode_picture(stating(1, 8, 2), "a.png"); },
              "a.png: damaged: states 16777224x8 pixels, and has ");
  const DecodedPicture p = decode_picture(png, "a.png");
  BOOST_TEST((std::string(p.pixels.begin(), p.pixels.end()) == test_pixels(1, 8, 8, 3)));
  const std::string jpeg(
      "\xff\xd8\xff\xe0\x00\x04zz\xff\xda\x00\x02\x01\xff\x00\x02\xff\xd0\x03\xff\xd9", 21);
  check_jpeg_end(jpeg, "a.jpg");
  for (size_t cut = 4; cut < jpeg.size(); ++cut)
    check_error([&] { check_jpeg_end(jpeg.substr(0, cut), "a.jpg"); }, "a.jpg: truncated");
}

BOOST_AUTO_TEST_CASE(every_bad_picture_is_named, *with_pictures()) {
  const Scratch dir;
  for (int i = 0; i < 3; ++i) write_file(dir / cat("good", i, ".png"), test_png(i, 8, 8));
  write_file(dir / "a-grey.png", test_png(3, 8, 8, 1));
  write_file(dir / "b-wide.png", test_png(4, 16, 8));
  write_file(dir / "c-cut.png", test_png(5, 8, 8).substr(0, 60));
  write_file(dir / "d-text.png", "hello");
  const Listing all = run(dir.path, {});
  BOOST_TEST(all.bad.size() == 4u);
  BOOST_TEST(all.bad[0] ==
             "a-grey.png: is grey, others are RGB; --colour grey or rgb makes them equal");
  BOOST_TEST(all.bad[1] ==
             "b-wide.png: is 16x8, others are 8x8; --resolution WxH makes them equal");
  BOOST_TEST(all.bad[2] == "c-cut.png: truncated: the PNG file ends at byte 60");
  BOOST_TEST(all.bad[3].starts_with("d-text.png: cannot be decoded"));
  BOOST_TEST(all.result.hash.empty());

  ConvertOptions options;
  options.skip_bad = true;
  const Listing kept = run(dir.path, options);
  BOOST_TEST(kept.result.count == 3);
  write_file(dir / "out.zip", kept.zip);
  const auto data = open_dataset(dir / "out.zip");
  BOOST_TEST(data->info().count == 3);
  BOOST_TEST(data->info().hash == kept.result.hash);
  BOOST_TEST(run(dir.path, options).zip == kept.zip);
}

BOOST_AUTO_TEST_CASE(sub_folders_as_classes, *with_pictures()) {
  const Scratch dir;
  for (const char* name : {"dog", "cat"}) std::filesystem::create_directory(dir / name);
  write_file(dir / "dog/1.png", test_png(1, 8, 8));
  write_file(dir / "cat/2.png", test_png(2, 8, 8));
  write_file(dir / "cat/3.png", test_png(3, 8, 8));
  ConvertOptions options;
  options.classes = true;
  const Listing made = run(dir.path, options);
  BOOST_TEST(made.result.class_names == (std::vector<std::string>{"cat", "dog"}),
             boost::test_tools::per_element());
  write_file(dir / "out.zip", made.zip);
  DatasetOptions labelled;
  labelled.labels = true;
  const auto data = open_dataset(dir / "out.zip", labelled);
  BOOST_TEST(data->info().label_dim == 2);
  BOOST_TEST(data->info().hash == made.result.hash);
  std::vector<float> row(2);
  data->label(2, row.data());
  BOOST_TEST(row[1] == 1);
  write_file(dir / "loose.png", test_png(4, 8, 8));
  check_error([&] { run(dir.path, options); }, "lies in no sub-folder");
}

BOOST_AUTO_TEST_CASE(resolutions_that_networks_lack, *with_pictures()) {
  const Scratch dir;
  write_file(dir / "a.png", test_png(1, 12, 12));
  check_error([&] { run(dir.path, {}); }, "pictures are 12x12; networks have 4x4, 8x8");
  ConvertOptions options;
  options.transform.width = options.transform.height = 8;
  BOOST_TEST(run(dir.path, options).result.side == 8);
  write_file(dir / "a.png", "junk");
  check_error([&] { run(dir.path, options); }, "not one picture can be used");
}

BOOST_AUTO_TEST_CASE(tfrecords) {
  const Scratch dir;
  const auto planes = [](int i, int side) {
    std::string data;
    for (int c = 0; c < 3; ++c) {
      for (int y = 0; y < side; ++y) {
        for (int x = 0; x < side; ++x) data += char(test_pixel(i, x, y, c));
      }
    }
    return data;
  };
  std::string file, small;
  for (int i = 0; i < 3; ++i) {
    file += test_record(test_example(3, 8, 8, planes(i, 8)));
    small += test_record(test_example(3, 4, 4, planes(i, 4)));
  }
  write_file(dir / "set-r03.tfrecords", file);
  write_file(dir / "set-r02.tfrecords", small);
  StringSink labels;
  write_npy(labels, rt::Tensor::from<float>({0, 1, 1, 0, 0, 1}, {3, 2}));
  write_file(dir / "set-rxx.labels", labels.text);
  DatasetOptions options;
  options.labels = true;
  const auto data = open_dataset(dir.path, options);
  BOOST_TEST(data->info().resolution == 8);
  BOOST_TEST(data->info().label_dim == 2);
  std::string pixels(8 * 8 * 3, '\0');
  data->read(2, reinterpret_cast<uint8_t*>(pixels.data()));
  BOOST_TEST((pixels == test_pixels(2, 8, 8, 3)));
  float row[2];
  data->label(1, row);
  BOOST_TEST(row[0] == 1);

  const std::string path = dir / "x.tfrecords";
  write_file(path, file.substr(0, file.size() - 1));
  check_error([&] { open_pictures(path); }, "truncated in record 2");
  std::string flipped = file;
  flipped[5] ^= 1;
  write_file(path, flipped);
  check_error([&] { open_pictures(path); }, "not a TFRecord file");
  flipped = file;
  flipped[100] ^= 1;
  write_file(path, flipped);
  check_error([&] { open_pictures(path)->decode(0); }, "its checksum does not fit");
  write_file(path, test_record(test_example(3, 8, 8, "short")));
  check_error([&] { open_pictures(path)->size(0); }, "holds 5 bytes, not 3x8x8");
  write_file(path, test_record(field(1, field(1, "\x0a\x7f"))));
  check_error([&] { open_pictures(path)->size(0); }, "not a tf.train.Example");
  write_file(path, test_record(""));
  check_error([&] { open_pictures(path)->size(0); }, "no feature \"shape\"");
  // Cut anywhere, a record is refused and never read beyond its end.
  const std::string example = test_example(3, 2, 2, planes(0, 2));
  for (size_t cut = 0; cut < example.size(); ++cut)
    BOOST_TEST(!error_of([&] { parse_tf_picture(example.substr(0, cut), "x"); }).empty(), cut);
}

BOOST_AUTO_TEST_SUITE_END()
