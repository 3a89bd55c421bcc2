// Helpers of the tests of foreign network files: golden numbers.
#pragma once

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "lib/rt/tensor.hpp"
#include "tests/io/pickle_writer.hpp"

namespace sgan::io::pickle {

inline std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  BOOST_REQUIRE_MESSAGE(file.good(), "cannot open " << path);
  return {std::istreambuf_iterator<char>(file), {}};
}
inline std::string golden(const std::string& name) {
  return slurp(std::string(SGAN_GOLDEN) + "/" + name);
}

// A safetensors file, read as plainly as can be.
struct Golden {
  explicit Golden(const std::string& name) : bytes(golden(name)) {
    uint64_t length = 0;
    std::memcpy(&length, bytes.data(), 8);
    header = nlohmann::json::parse(bytes.substr(8, length));
    start = 8 + length;
  }
  std::string text(const std::string& key) const { return header["__metadata__"][key]; }
  nlohmann::json json(const std::string& key) const { return nlohmann::json::parse(text(key)); }
  // Names that start with `prefix`, without it.
  std::vector<std::string> names(const std::string& prefix) const {
    std::vector<std::string> result;
    for (const auto& [name, entry] : header.items())
      if (name.starts_with(prefix)) result.push_back(name.substr(prefix.size()));
    return result;
  }
  std::string type(const std::string& name) const { return header.at(name)["dtype"]; }
  std::vector<int64_t> shape(const std::string& name) const { return header.at(name)["shape"]; }
  std::string data(const std::string& name) const {
    const auto range = header.at(name)["data_offsets"];
    return bytes.substr(start + size_t(range[0]), size_t(range[1]) - size_t(range[0]));
  }

  std::string bytes;
  nlohmann::json header;
  size_t start = 0;
};

inline std::string code_of(rt::DType type) {
  using rt::DType;
  switch (type) {
    case DType::f32:
      return "F32";
    case DType::f64:
      return "F64";
    case DType::f16:
      return "F16";
    case DType::bf16:
      return "BF16";
    case DType::u8:
      return "U8";
    case DType::i8:
      return "I8";
    case DType::i16:
      return "I16";
    case DType::i32:
      return "I32";
    case DType::i64:
      return "I64";
    default:
      return "BOOL";
  }
}

// Bit for bit; bfloat16 is compared as the float32 that golden files hold instead.
inline void check_equal(const rt::Tensor& tensor, const Golden& golden, const std::string& name) {
  BOOST_REQUIRE_MESSAGE(golden.header.contains(name), "not in the golden file: " << name);
  const rt::Tensor t = tensor.dtype() == rt::DType::bf16 ? tensor.to(rt::DType::f32) : tensor;
  BOOST_TEST(code_of(t.dtype()) == golden.type(name), name);
  BOOST_TEST(t.shape().dims() == golden.shape(name), name << ": shape " << t.shape().str());
  const std::string expected = golden.data(name);
  BOOST_REQUIRE_MESSAGE(t.bytes() == expected.size(), name << ": size");
  BOOST_TEST((expected.empty() || std::memcmp(t.bytes_data(), expected.data(), t.bytes()) == 0),
             name << ": bits differ");
}

// The message of the Error that `run` throws; "" when it throws none. Other exceptions pass.
inline std::string message_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}
// Checks that `run` throws an Error of one line that contains all parts.
template <class... Parts>
void check_refused(const std::function<void()>& run, const Parts&... parts) {
  const std::string message = message_of(run);
  BOOST_TEST(!message.empty(), "no Error");
  BOOST_TEST(message.find('\n') == std::string::npos, message);
  BOOST_TEST(message.size() < 1000);
  for (const std::string& part : {std::string(parts)...})
    BOOST_TEST(message.find(part) != std::string::npos,
               "'" << message << "' lacks '" << part << "'");
}

}  // namespace sgan::io::pickle
