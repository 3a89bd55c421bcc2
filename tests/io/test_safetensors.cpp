#include <nlohmann/json.hpp>

#include "io_test.hpp"
#include "lib/io/json.hpp"
#include "lib/io/safetensors.hpp"
#include "lib/io/sha256.hpp"
#include "lib/io/zstd_stream.hpp"

using namespace sgan::io;
using sgan::rt::DType;
using sgan::rt::Tensor;

namespace {

std::string bare(const std::string& json, const std::string& data) {
  std::string out;
  for (int i = 0; i < 8; ++i) out += char(json.size() >> (8 * i) & 0xff);
  return out + json + data;
}

TensorMap load(const std::string& bytes) { return SafetensorsFile(bytes, "test").read_all(); }

TensorMap every_type() {
  TensorMap tensors;
  int n = 0;
  for (const DType type : {DType::f32, DType::f64, DType::f16, DType::bf16, DType::u8, DType::i8,
                           DType::i16, DType::i32, DType::i64, DType::boolean}) {
    Tensor t({++n, 3}, type);
    for (size_t i = 0; i < t.bytes(); ++i)
      t.bytes_data()[i] = char(type == DType::boolean ? i % 2 : i * 11);
    tensors.emplace("t." + std::string(sgan::rt::name_of(type)), t);
  }
  tensors.emplace("scalar", Tensor::full({}, 2.5));
  tensors.emplace("none", Tensor({0, 4}, DType::f32));
  return tensors;
}

std::string written(const TensorMap& tensors, const Metadata& metadata,
                    SafetensorsOptions options = {}) {
  StringSink out;
  write_safetensors(out, tensors, metadata, options);
  return out.text;
}

const std::string kOne = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";

}  // namespace

BOOST_AUTO_TEST_CASE(safetensors_come_back_bit_for_bit) {
  const TensorMap tensors = every_type();
  const Metadata metadata = {{"key", "value \"quoted\"\n\xc3\xa4"}, {"b", ""}};
  for (const bool compress : {false, true}) {
    const std::string bytes = written(tensors, metadata, {.compress = compress});
    const SafetensorsFile file(bytes, "test");
    BOOST_TEST(file.compressed() == compress);
    BOOST_TEST((file.metadata() == metadata));
    const TensorMap read = file.read_all();
    BOOST_REQUIRE_EQUAL(read.size(), tensors.size());
    for (const auto& [name, tensor] : tensors) BOOST_TEST(equal(read.at(name), tensor), name);
    BOOST_TEST(equal(file.read("t.int16"), tensors.at("t.int16")));
    check_error([&] { file.read("nothing"); }, "test: has no tensor 'nothing'");
  }
}

BOOST_AUTO_TEST_CASE(safetensors_are_aligned_ordered_and_deterministic) {
  TensorMap tensors = every_type();
  const auto group = [](const std::string& name) { return name.starts_with("t.") ? 1 : 0; };
  const SafetensorsOptions options{.compress = false, .group = group, .hash_key = "hash"};
  const std::string bytes = written(tensors, {{"z", "1"}}, options);
  BOOST_TEST(bytes == written(every_type(), {{"z", "1"}}, options));
  const SafetensorsFile file(bytes, "test");
  for (const TensorEntry& entry : file.entries()) {
    BOOST_TEST(entry.begin % sgan::rt::size_of(entry.type) == 0u);
  }
  BOOST_TEST(file.find("scalar")->begin < file.find("t.float32")->begin);
  BOOST_TEST((bytes.size() - file.entries().back().end) % 8 == 0u);

  // The hash: of the whole file with zeros in its own place; the same compressed.
  const std::string hash = file.metadata().at("hash");
  BOOST_TEST(file.sha256("hash") == hash);
  std::string blank = bytes;
  blank.replace(blank.find(hash), 64, std::string(64, '0'));
  BOOST_TEST(sha256_hex(blank) == hash);
  SafetensorsOptions zipped = options;
  zipped.compress = true;
  const std::string compressed = written(tensors, {{"z", "1"}}, zipped);
  BOOST_TEST(SafetensorsFile(compressed, "test").sha256("hash") == hash);
  tensors.at("scalar").data<float>()[0] = 3;
  BOOST_TEST(SafetensorsFile(written(tensors, {{"z", "1"}}, options), "t").metadata().at("hash") !=
             hash);
}

BOOST_AUTO_TEST_CASE(safetensors_of_many_frames_are_read_in_parts) {
  TensorMap tensors;
  for (int i = 0; i < 12; ++i) {
    tensors.emplace(sgan::cat("x", i), random_tensor({1 << (10 + i)}, unsigned(i)));
  }
  const std::string bytes = written(tensors, {});
  const SafetensorsFile file(bytes, "test");
  for (const auto& [name, tensor] : tensors) BOOST_TEST(equal(file.read(name), tensor), name);
  const TensorMap all = file.read_all();
  for (const auto& [name, tensor] : tensors) BOOST_TEST(equal(all.at(name), tensor), name);
  const auto some =
      file.read([](const TensorEntry& e) { return e.name == "x3" || e.name == "x11"; });
  BOOST_TEST(some.size() == 2u);
  BOOST_TEST(equal(some.at("x11"), tensors.at("x11")));
  // As other programs compress: one frame, with and without the length of its contents.
  const std::string plain = written(tensors, {}, {.compress = false});
  Scratch scratch;
  write_file(scratch / "m", plain);
  for (const char* command : {"zstd -q -f ", "zstd -q -f --no-check ", "zstd -q -f < "}) {
    const bool pipe = std::string(command).ends_with("< ");
    if (std::system(
            (command + (scratch / "m") + (pipe ? " > " : " -o ") + (scratch / "m.zst")).c_str()) !=
        0) {
      BOOST_TEST_MESSAGE("no zstd program here");
      continue;
    }
    const SafetensorsFile other(scratch / "m.zst");
    for (const auto& [name, tensor] : tensors) BOOST_TEST(equal(other.read(name), tensor), name);
  }
}

BOOST_AUTO_TEST_CASE(safetensors_files_are_mapped_and_missing_ones_named) {
  Scratch scratch;
  const TensorMap tensors = every_type();
  write_file(scratch / "a", written(tensors, {}, {.compress = false}));
  BOOST_TEST(SafetensorsFile(scratch / "a").entries().size() == tensors.size());
  check_error([&] { SafetensorsFile(scratch / "b"); }, "cannot open: No such file");
  check_error([&] { SafetensorsFile(scratch.path); }, "is a directory");
  write_file(scratch / "c", "");
  check_error([&] { SafetensorsFile(scratch / "c"); }, "c: ");
}

BOOST_AUTO_TEST_CASE(safetensors_refuse_hostile_headers) {
  const auto refuse = [](const std::string& json, const std::string& part,
                         const std::string& data = "12345678") {
    check_error([&] { load(bare(json, data)); }, part);
  };
  const auto entry = [](const std::string& inner) { return "{\"a\":{" + inner + "}}"; };
  BOOST_TEST(load(bare(kOne, "12345678")).size() == 1u);
  BOOST_TEST(load(bare(kOne + "   ", "12345678")).size() == 1u);
  refuse("{", "not valid JSON");
  refuse("{} x", "not valid JSON");
  refuse("{\"a\": 3}", "tensor 'a': is not described by an object");
  refuse("{\"\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", "no name");
  refuse(entry("\"shape\":[2],\"data_offsets\":[0,8]"), "tensor 'a': has no dtype");
  refuse(entry("\"dtype\":\"F8\",\"shape\":[2],\"data_offsets\":[0,8]"),
         "element type 'F8' is not known");
  refuse(entry("\"dtype\":\"F32\",\"data_offsets\":[0,8]"), "has no valid shape");
  refuse(entry("\"dtype\":\"F32\",\"shape\":[2]"), "has no valid data_offsets");
  refuse(entry("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0]"),
         "has no valid data_offsets");
  refuse(entry("\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]"), "whole numbers");
  refuse(entry("\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]"), "whole numbers");
  refuse(entry("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]"), "ends before it begins");
  refuse(entry("\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]"),
         "needs 12 bytes, data_offsets give 8");
  refuse(entry("\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,8]"),
         "overflows");
  refuse(entry("\"dtype\":\"F32\",\"shape\":[0,4294967296,4294967296],\"data_offsets\":[0,0]"),
         "overflows");
  refuse(entry("\"dtype\":\"F32\",\"shape\":[18446744073709551615],\"data_offsets\":[0,8]"),
         "overflows");
  refuse(entry("\"dtype\":\"F32\",\"shape\":[1e400],\"data_offsets\":[0,8]"), "not valid JSON");
  refuse(entry("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]"),
         "4 bytes belong to no tensor, before 'a'", "123456789012");
  const std::string b = "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":";
  const std::string two = kOne.substr(0, kOne.size() - 1) + "," + b;
  BOOST_TEST(load(bare(two + "[8,12]}}", "123456789012")).size() == 2u);
  refuse(two + "[4,8]}}", "tensor 'b': overlaps");
  refuse(two + "[9,13]}}", "1 bytes belong to no tensor, before 'b'", "1234567890123");
  refuse(kOne.substr(0, kOne.size() - 1) + "," + kOne.substr(1), "'a' occurs twice");
  refuse("{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}", "'k' occurs twice", "");
  refuse("{\"__metadata__\":{\"k\":1}}", "metadata 'k' is not a string", "");
  refuse("{\"__metadata__\":[]}", "__metadata__ is not a JSON object", "");
  refuse("{\"a\":[[[[[[[[]]]]]]]]}", "nested deeper than 4 levels");
  refuse("{\"\xff\":1}", "not valid JSON");
  refuse(kOne, "1 bytes that belong to no tensor", "123456789");
  refuse(kOne, "its header promises", "1234567");
  refuse("[]      ", "safetensors");
  check_error([] { load(std::string("\xff\xff\xff\xff\0\0\0\0{", 9)); },
              "header of 4294967295 bytes is too long");
  check_error([] { load(std::string("\xff\0\0\0\0\0\0\0{", 9)); }, "truncated after 9 bytes");
  check_error([] { load("\x89PNG\r\n\x1a\n--------"); }, "test: a PNG picture, not a model");
  check_error([] { load(std::string("\x80\x04\x95\0\0\0\0\0\0\0\0\0\0", 13)); }, "sgan-import");
}

BOOST_AUTO_TEST_CASE(safetensors_truncation_at_every_byte_is_an_error) {
  for (const bool compress : {false, true}) {
    const std::string bytes = written(every_type(), {{"a", "b"}}, {.compress = compress});
    for (size_t n = 0; n < bytes.size(); ++n) {
      check_error([&] { load(bytes.substr(0, n)); }, "test: ");
    }
  }
}

BOOST_AUTO_TEST_CASE(safetensors_a_changed_bit_in_a_compressed_file_never_changes_a_tensor) {
  TensorMap tensors;
  tensors.emplace("a", random_tensor({64}, 1));
  tensors.emplace("b", Tensor::zeros({1000}));
  const std::string bytes = written(tensors, {{"a", "b"}});
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = char(damaged[bit / 8] ^ (1 << (bit % 8)));
    TensorMap read;
    if (!error_of([&] { read = load(damaged); }).empty()) continue;
    for (const auto& [name, tensor] : tensors)
      BOOST_TEST(equal(read.at(name), tensor), "bit " << bit);
  }
}

BOOST_AUTO_TEST_CASE(safetensors_zstd_lengths_that_the_bytes_cannot_hold_are_refused) {
  // A raw frame of 9 bytes that says it holds 2^40.
  const std::string bytes("\x28\xb5\x2f\xfd\xe0\x00\x00\x00\x00\x00\x01\x00\x00\x01\x00\x00", 16);
  check_error([&] { load(bytes); }, "damaged near byte 0");
}

BOOST_AUTO_TEST_CASE(json_that_is_ambiguous_or_deep_is_refused) {
  BOOST_TEST(parse_json("{\"a\":[1,{\"a\":2}]}", "x")["a"][0] == 1);
  check_error([] { parse_json(std::string(1000000, '['), "x"); },
              "x: nested deeper than 16 levels");
  check_error([] { parse_json("{\"a\":{\"b\":1,\"b\":2}}", "x"); }, "x: 'b' occurs twice");
  check_error([] { parse_json("", "x"); }, "x: not valid JSON");
}
