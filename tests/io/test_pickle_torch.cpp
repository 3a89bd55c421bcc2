// PyTorch files against golden numbers, and what wrong ones say.
#include <boost/test/unit_test.hpp>

#include "lib/io/pickle/machine.hpp"
#include "lib/io/pickle/torch_file.hpp"
#include "lib/io/pickle/zip.hpp"
#include "tests/io/pickle_test.hpp"

namespace sgan::io::pickle {
namespace {

BOOST_AUTO_TEST_SUITE(pickle_torch)

void check_tensors(const Golden& expected, const Contents& found) {
  size_t count = 0;
  for (const auto& name : expected.names("out.")) {
    if (name.starts_with("result.")) continue;  // of a forward pass
    const auto tensor = found.tensors.find(name);
    BOOST_REQUIRE_MESSAGE(tensor != found.tensors.end(), "no tensor " << name);
    check_equal(tensor->second, expected, "out." + name);
    ++count;
  }
  BOOST_TEST(count == expected.json("tensors").size());
  BOOST_TEST(count == found.tensors.size());
}

BOOST_AUTO_TEST_CASE(golden_files_bit_exact) {
  for (const char* name : {"torch-zip", "torch-legacy"}) {
    const Golden expected(cat(name, ".safetensors"));
    const Contents found = read_torch_file(golden(cat(name, ".pt")), name);
    check_tensors(expected, found);
    const auto values = expected.json("values");
    for (const auto& [path, value] : values.items()) {
      BOOST_REQUIRE_MESSAGE(found.values.count(path), name << ": no value " << path);
      BOOST_TEST(found.values.at(path) == value, name << ": " << path);
    }
    BOOST_TEST(found.values.size() == values.size());
  }
}

BOOST_AUTO_TEST_CASE(golden_torchscript_bit_exact) {
  const Golden expected("torch-script.safetensors");
  const Contents found = read_torch_file(golden("torch-script.pt"), "torch-script.pt");
  check_tensors(expected, found);
  const auto values = expected.json("values");
  for (const char* path : {"gain", "sizes", "training"})
    BOOST_TEST(found.values.at(path) == values.at(path), path);
  for (size_t i = 0; i < values.at("strides").size(); ++i)
    BOOST_TEST(found.values.at(cat("layers.", i, ".stride")) == values.at("strides")[i]);
}

BOOST_AUTO_TEST_CASE(compressed_members_are_inflated) {
  const std::string data = golden("torch-script.pt");
  const ZipArchive archive(data, "torch-script.pt");
  const std::string folder = archive.folder_of("data.pkl");
  BOOST_TEST(folder == "torch-script/");
  const std::string code = archive.read(folder + "code/__torch__/small_net.py", 1 << 20);
  BOOST_TEST(code.size() == archive.size(folder + "code/__torch__/small_net.py"));
  BOOST_TEST(code.find("class ") != std::string::npos);
  check_refused([&] { archive.read(folder + "code/__torch__/small_net.py", 100); }, "declares");
  check_refused([&] { archive.read(folder + "nothing", 100); }, "has no member");
}

// Every prefix either is refused with one line or, never, taken for the whole.
BOOST_AUTO_TEST_CASE(truncation_is_always_noticed) {
  for (const char* name : {"torch-zip.pt", "torch-legacy.pt", "torch-script.pt"}) {
    const std::string whole = golden(name);
    for (size_t size = 0; size < whole.size(); size += size < 200 ? 1 : 37)
      check_refused([&] { read_torch_file(std::string_view(whole).substr(0, size), name); }, name);
  }
}

BOOST_AUTO_TEST_CASE(a_changed_byte_in_a_member_is_noticed) {
  std::string data = golden("torch-zip.pt");
  data[3008 + 5] ^= 1;  // inside data/0, see the golden file's `records`
  check_refused([&] { read_torch_file(data, "torch-zip.pt"); }, "torch-zip.pt", "data/0", "CRC");
}

// A legacy file with one float storage and one tensor over it.
std::string legacy_file(const std::vector<int64_t>& sizes, const std::vector<int64_t>& strides,
                        int64_t offset, int64_t declared = 4, int64_t stored = 4) {
  Writer head;
  head.proto(2).op(LONG1).number<uint8_t>(10).raw("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19");
  Writer version, system, object, keys;
  version.proto(2).op(BININT2).number<uint16_t>(1001);
  system.proto(2).op(EMPTY_DICT);
  object.proto(2).global("torch._utils", "_rebuild_tensor_v2").op(MARK);
  object.op(MARK).str("storage").global("torch", "FloatStorage").str("7").str("cpu");
  object.op(LONG1).number<uint8_t>(8).number(declared).op(NONE).op(TUPLE).op(BINPERSID);
  object.op(LONG1).number<uint8_t>(8).number(offset).tuple(sizes).tuple(strides);
  object.op(NEWFALSE).op(NONE).op(TUPLE).op(REDUCE);
  keys.proto(2).op(EMPTY_LIST).str("7").op(APPEND);
  Writer data;
  data.number(stored);
  for (const float x : {1.f, 2.f, 3.f, 4.f}) data.number(x);
  return head.stop() + version.stop() + system.stop() + object.stop() + keys.stop() + data.text;
}

BOOST_AUTO_TEST_CASE(strides_and_bounds) {
  const auto read = [](const std::string& data) {
    return read_torch_file(data, "s.pt").tensors.at("").to_doubles();
  };
  using V = std::vector<double>;
  BOOST_TEST((read(legacy_file({2, 2}, {2, 1}, 0)) == V{1, 2, 3, 4}));
  BOOST_TEST((read(legacy_file({2, 2}, {1, 2}, 0)) == V{1, 3, 2, 4}));
  BOOST_TEST((read(legacy_file({2}, {2}, 1)) == V{2, 4}));
  BOOST_TEST((read(legacy_file({3, 2}, {0, 1}, 2)) == V{3, 4, 3, 4, 3, 4}));
  BOOST_TEST((read(legacy_file({}, {}, 3)) == V{4}));
  BOOST_TEST((read(legacy_file({1, 4}, {int64_t{1} << 62, 1}, 0)) == V{1, 2, 3, 4}));
  BOOST_TEST(read(legacy_file({0, 5}, {5, 1}, 0)).empty());

  const auto refused = [](const std::string& data, const char* part) {
    check_refused([&] { read_torch_file(data, "s.pt"); }, "s.pt: ", " at byte ", part);
  };
  refused(legacy_file({5}, {1}, 0), "beyond its storage");
  refused(legacy_file({2}, {4}, 0), "beyond its storage");
  refused(legacy_file({4}, {1}, 1), "beyond its storage");
  refused(legacy_file({}, {}, 4), "beyond its storage");
  refused(legacy_file({4}, {1}, -1), "beyond its storage");
  refused(legacy_file({2}, {-1}, 3), "negative");
  refused(legacy_file({-2}, {1}, 0), "negative");
  refused(legacy_file({2, 2}, {1}, 0), "2 sizes and 1 strides");
  refused(legacy_file({2, 2}, {int64_t{1} << 62, 1}, 0), "beyond its storage");
  refused(legacy_file({int64_t{1} << 50}, {0}, 0), "size of");
  refused(legacy_file({int64_t{1} << 30, int64_t{1} << 30}, {0, 0}, 0), "elements");
  refused(legacy_file({int64_t{1} << 35}, {0}, 0), "far more data than it holds");
  refused(legacy_file({4}, {1}, 0, 5, 4), "instead of 5");
  refused(legacy_file({4}, {1}, 0, 1000000, 1000000), "declares 1000000 elements");
  refused(legacy_file({4}, {1}, 0, 4, -4), "declares -4 elements");
}

BOOST_AUTO_TEST_CASE(other_zip_files_are_told_apart) {
  check_refused([] { read_torch_file("PK\x03\x04 but nothing else", "x.zip"); }, "x.zip",
                "zip archive");
  check_refused([] { read_torch_file("neither", "x.bin"); }, "x.bin", "not a PyTorch file");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sgan::io::pickle
