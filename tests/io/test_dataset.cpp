#include <algorithm>
#include <map>

#include "lib/io/dataset/dataset.hpp"
#include "lib/io/dataset/sampler.hpp"
#include "lib/io/npy.hpp"
#include "tests/io/dataset_test.hpp"

using namespace sgan;
using namespace sgan::io;

namespace {

std::string labels_of(const std::vector<std::string>& labels) {
  std::string text = "{\"labels\": [";
  for (size_t i = 0; i < labels.size(); ++i)
    text += cat(i ? "," : "", "[\"", picture_name(int64_t(i)), "\",", labels[i], "]");
  return text + "]}";
}

std::string pixels_of(const Dataset& data, int64_t index) {
  const auto& info = data.info();
  std::string bytes(size_t(info.resolution * info.resolution * info.channels), '\0');
  data.read(index, reinterpret_cast<uint8_t*>(bytes.data()));
  return bytes;
}

std::vector<float> label_of(const Dataset& data, int64_t index) {
  std::vector<float> row(size_t(data.info().label_dim));
  data.label(index, row.data());
  return row;
}

void save(const std::string& path, const rt::Tensor& tensor) {
  Output out(path);
  write_npy(out, tensor);
  out.finish();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(dataset)

BOOST_AUTO_TEST_CASE(zip_with_classes, *with_pictures()) {
  const Scratch dir;
  write_file(dir / "set.zip", test_zip(3, labels_of({"2", "0", "2"})));
  DatasetOptions options;
  const auto plain = open_dataset(dir / "set.zip", options);
  BOOST_TEST(plain->info().count == 3);
  BOOST_TEST(plain->info().resolution == 8);
  BOOST_TEST(plain->info().channels == 3);
  BOOST_TEST(plain->info().label_dim == 0);
  BOOST_TEST(plain->info().has_labels);
  BOOST_TEST(plain->info().name == "set");
  for (int repeat = 0; repeat < 2; ++repeat) {  // decoded, then kept
    for (int i = 0; i < 3; ++i) BOOST_TEST((pixels_of(*plain, i) == test_pixels(i, 8, 8, 3)));
  }
  options.labels = true;
  options.mirror = true;
  const auto data = open_dataset(dir / "set.zip", options);
  BOOST_TEST(data->info().count == 6);
  BOOST_TEST(data->info().label_dim == 3);
  BOOST_TEST(data->info().hash == plain->info().hash);
  BOOST_TEST((label_of(*data, 0) == std::vector<float>{0, 0, 1}));
  BOOST_TEST((label_of(*data, 4) == std::vector<float>{1, 0, 0}));
  const std::string mirrored = pixels_of(*data, 4);
  for (int y = 0; y < 8; ++y) {
    for (int x = 0; x < 8; ++x)
      BOOST_TEST(int(uint8_t(mirrored[size_t((y * 8 + x) * 3 + 1)])) ==
                 int(test_pixel(1, 7 - x, y, 1)));
  }
  check_error([&] { pixels_of(*data, 6); }, "no picture 6");
}

BOOST_AUTO_TEST_CASE(labels_can_be_vectors, *with_pictures()) {
  const Scratch dir;
  write_file(dir / "set.zip", test_zip(2, labels_of({"[0.5, -1]", "[2, 3e1]"})));
  DatasetOptions options;
  options.labels = true;
  const auto data = open_dataset(dir / "set.zip", options);
  BOOST_TEST((label_of(*data, 0) == std::vector<float>{0.5f, -1}));
  BOOST_TEST((label_of(*data, 1) == std::vector<float>{2, 30}));
}

BOOST_AUTO_TEST_CASE(labels_that_do_not_fit, *with_pictures()) {
  const Scratch dir;
  const auto refuse = [&](const std::string& labels, const std::string& part) {
    write_file(dir / "set.zip", test_zip(2, labels));
    DatasetOptions options;
    options.labels = true;
    check_error([&] { open_dataset(dir / "set.zip", options); }, part);
  };
  refuse("", "has no labels");
  refuse("{\"labels\": null}", "has no labels");
  refuse("{\"labels\": 3}", "not a list");
  refuse("[]", "not a JSON object");
  refuse("{\"labels\": [[", "dataset.json");
  refuse("{\"labels\": [[\"a.png\", 1, 2]]}", "not [name, label]");
  refuse(labels_of({"1", "0", "0"}), "labels of pictures that are not there: '00000/img00000002");
  refuse(labels_of({"1"}), "pictures without a label: '00000/img00000001");
  refuse(labels_of({"1", "-1"}), "not a class");
  refuse(labels_of({"1", "[1]"}), "not a class");
  refuse(labels_of({"1", "1.5"}), "not a class");
  refuse(labels_of({"1", "2000000000"}), "not a class");
  refuse(labels_of({"[1, 2]", "[1]"}), "not a list of 2 numbers");
  refuse(labels_of({"[1, 2]", "[1, 1e300]"}), "not a number");
  refuse(labels_of({"\"cat\"", "1"}), "neither a class");
  refuse("{\"labels\": [[\"00000/img00000000.png\", 1], [\"00000/img00000000.png\", 1]]}", "twice");
}

BOOST_AUTO_TEST_CASE(zips_that_are_damaged, *with_pictures()) {
  {
    const Scratch dir;
    StringSink sink;
    ZipWriter zip(sink);
    zip.add("a.png", test_png(1, 8, 8));
    for (const char* label : {"0", "1"})
      zip.add("dataset.json", cat("{\"labels\": [[\"a.png\", ", label, "]]}"));
    zip.finish();
    write_file(dir / "set.zip", sink.text);
    check_error([&] { open_dataset(dir / "set.zip"); }, "dataset.json is in the archive twice");
  }
  const Scratch dir;
  const std::string whole = test_zip(3, "");
  write_file(dir / "cut.zip", whole.substr(0, whole.size() / 2));
  check_error([&] { open_dataset(dir / "cut.zip"); }, "damaged or truncated zip");
  std::string flipped = whole;
  flipped[100] ^= 1;  // inside the first picture
  write_file(dir / "flipped.zip", flipped);
  const auto data = open_dataset(dir / "flipped.zip");
  check_error([&] { pixels_of(*data, 0); }, "img00000000.png is damaged");
  BOOST_TEST((pixels_of(*data, 1) == test_pixels(1, 8, 8, 3)));
  write_file(dir / "not.zip", "some text");
  check_error([&] { open_dataset(dir / "not.zip"); }, "text, not a data set");
  StringSink sink;
  ZipWriter empty(sink);
  empty.add("readme.txt", "hello");
  empty.finish();
  write_file(dir / "empty.zip", sink.text);
  check_error([&] { open_dataset(dir / "empty.zip"); }, "no pictures in this zip");
  check_error([&] { open_dataset(dir / "missing"); }, "no such file");
}

BOOST_AUTO_TEST_CASE(folders, *with_pictures()) {
  const Scratch dir;
  check_error([&] { open_dataset(dir.path); }, "no pictures in this folder");
  std::filesystem::create_directory(dir / "b");
  write_file(dir / "b/2.png", test_png(2, 8, 8));
  write_file(dir / "a.png", test_png(1, 8, 8));
  write_file(dir / "c.PNG", test_png(3, 8, 8));
  write_file(dir / ".hidden.png", "junk");
  write_file(dir / "notes.txt", "junk");
  const auto data = open_dataset(dir.path);
  BOOST_TEST(data->info().count == 3);
  for (int i = 0; i < 3; ++i) BOOST_TEST((pixels_of(*data, i) == test_pixels(i + 1, 8, 8, 3)));

  write_file(dir / "0.png", test_png(0, 8, 16));  // the first is the odd one
  check_error([&] { open_dataset(dir.path); }, "0.png: is 8x16 RGB, others are 8x8 RGB");
  write_file(dir / "0.png", test_png(0, 8, 8, 1));
  check_error([&] { open_dataset(dir.path); }, "0.png: is 8x8 grey, others are 8x8 RGB");
  write_file(dir / "0.png", "");
  check_error([&] { open_dataset(dir.path); }, "0.png: the file is empty");
  write_file(dir / "0.png", test_png(0, 8, 8));
  const auto first = open_dataset(dir.path)->info().hash;
  write_file(dir / "0.png", test_png(5, 8, 8));
  BOOST_TEST(open_dataset(dir.path)->info().hash != first);
}

BOOST_AUTO_TEST_CASE(arrays) {
  const Scratch dir;
  rt::Tensor pictures({4, 8, 8, 3}, rt::DType::u8);
  for (int i = 0; i < 4; ++i) {
    const std::string p = test_pixels(i, 8, 8, 3);
    std::copy(p.begin(), p.end(), pictures.bytes_data() + size_t(i) * p.size());
  }
  save(dir / "set.npy", pictures);
  BOOST_TEST(!open_dataset(dir / "set.npy")->info().has_labels);
  write_file(dir / "set.json", labels_of({"0", "1", "1", "0"}));
  DatasetOptions options;
  options.labels = true;
  const auto data = open_dataset(dir / "set.npy", options);
  BOOST_TEST(data->info().count == 4);
  BOOST_TEST(data->info().label_dim == 2);
  BOOST_TEST((pixels_of(*data, 3) == test_pixels(3, 8, 8, 3)));
  const std::string bytes = read_file(dir / "set.npy");
  write_file(dir / "cut.npy", bytes.substr(0, bytes.size() - 1));
  check_error([&] { open_dataset(dir / "cut.npy"); }, "truncated");
  save(dir / "float.npy", rt::Tensor::zeros({1, 8, 8, 3}));
  check_error([&] { open_dataset(dir / "float.npy"); }, "not bytes");
  save(dir / "flat.npy", rt::Tensor::zeros({8, 8}, rt::DType::u8));
  check_error([&] { open_dataset(dir / "flat.npy"); }, "not pictures");
}

BOOST_AUTO_TEST_CASE(subsets_are_the_official_ones) {
  const Scratch dir;
  auto pictures = rt::Tensor::zeros({10, 4, 4, 1}, rt::DType::u8);
  for (int i = 0; i < 10; ++i) pictures.data<uint8_t>()[i * 16] = uint8_t(i);
  save(dir / "set.npy", pictures);
  DatasetOptions options;
  options.max_images = 4;
  const auto data = open_dataset(dir / "set.npy", options);
  // numpy.random.RandomState(0).shuffle(arange(10)) begins 2, 8, 4, 9.
  std::string got;
  for (int i = 0; i < 4; ++i) got += pixels_of(*data, i)[0];
  BOOST_TEST((got == std::string{2, 4, 8, 9}));
  options.max_images = 10;
  BOOST_TEST(open_dataset(dir / "set.npy", options)->info().count == 10);
}

BOOST_AUTO_TEST_CASE(loader_keeps_the_order) {
  const Scratch dir;
  auto pictures = rt::Tensor::zeros({13, 4, 4, 1}, rt::DType::u8);
  for (int i = 0; i < 13; ++i) pictures.data<uint8_t>()[i * 16] = uint8_t(i);
  save(dir / "set.npy", pictures);
  const std::shared_ptr<const Dataset> data = open_dataset(dir / "set.npy");
  for (int rank = 0; rank < 2; ++rank) {
    LoaderOptions options;
    options.workers = 3;
    options.seed = 5;
    options.rank = rank;
    options.ranks = 2;
    EndlessSampler sampler(13, rank, 2, 5, 0.5);
    std::vector<int64_t> want(60);
    for (int64_t& index : want) index = sampler.next();
    Loader loader(data, 4, options);
    std::vector<int64_t> got;
    for (int k = 0; k < 15; ++k) {
      const Batch batch = loader.next();
      BOOST_TEST(!batch.labels.defined());
      for (int i = 0; i < 4; ++i) got.push_back(batch.images.data<uint8_t>()[i * 16]);
    }
    BOOST_TEST(got == want, boost::test_tools::per_element());
    BOOST_TEST(loader.position() == 60);
    loader.seek(8);
    const Batch again = loader.next();
    BOOST_TEST(loader.position() == 12);
    for (int i = 0; i < 4; ++i)
      BOOST_TEST(int(again.images.data<uint8_t>()[i * 16]) == int(want[size_t(8 + i)]));
  }
}

BOOST_AUTO_TEST_CASE(loader_reports_the_picture, *with_pictures()) {
  const Scratch dir;
  std::string bytes = test_zip(4, "");
  bytes[100] ^= 1;
  write_file(dir / "set.zip", bytes);
  LoaderOptions options;
  Loader loader(open_dataset(dir / "set.zip"), 4, options);
  const auto some = [&] {
    for (int k = 0; k < 4; ++k) loader.next();
  };
  check_error(some, "img00000000.png is damaged");
}

BOOST_AUTO_TEST_CASE(windows_too_small_draw_nothing) {
  EndlessSampler sampler(6, 0, 1, 2, 0.2);
  std::vector<int64_t> first(6), second(6);
  for (int64_t& i : first) i = sampler.next();
  for (int64_t& i : second) i = sampler.next();
  BOOST_TEST(first == second, boost::test_tools::per_element());
  check_error([] { EndlessSampler(0, 0, 1, 0, 0.5); }, "no pictures");
  check_error([] { EndlessSampler(3, 2, 2, 0, 0.5); }, "rank 2 of 2");
}

BOOST_AUTO_TEST_SUITE_END()
