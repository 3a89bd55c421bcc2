// Helpers of the tests of lib/io.
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <random>
#include <string>

#include "lib/io/source.hpp"
#include "lib/rt/tensor.hpp"

namespace sgan::io {

// For cases that need picture files: they are left out where the build has none.
inline boost::unit_test::precondition with_pictures() {
  return boost::unit_test::precondition([](boost::unit_test::test_unit_id) {
    return boost::test_tools::assertion_result(SGAN_PICTURES != 0);
  });
}

// The message of the Error that `run` throws; "" when it throws none. Other exceptions pass.
inline std::string error_of(const std::function<void()>& run) {
  try {
    run();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

// Checks that `run` throws an Error of one line that contains `part`.
inline void check_error(const std::function<void()>& run, const std::string& part) {
  const std::string message = error_of(run);
  BOOST_TEST(!message.empty(), "no Error, expected one with: " << part);
  BOOST_TEST(message.find(part) != std::string::npos, "'" << message << "' lacks '" << part << "'");
  BOOST_TEST(message.find('\n') == std::string::npos);
}

// A directory that goes away with the test.
struct Scratch {
  Scratch() {
    char name[] = "/tmp/sgan-test-XXXXXX";
    BOOST_REQUIRE(mkdtemp(name) != nullptr);
    path = name;
  }
  ~Scratch() { std::filesystem::remove_all(path); }
  std::string operator/(const std::string& name) const { return path + "/" + name; }
  size_t files() const {
    return size_t(std::distance(std::filesystem::directory_iterator(path), {}));
  }
  std::string path;
};

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
inline void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

inline rt::Tensor random_tensor(rt::Shape shape, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  rt::Tensor t(std::move(shape), rt::DType::f32);
  for (float& v : t.span<float>()) v = normal(random);
  return t;
}

inline bool equal(const rt::Tensor& a, const rt::Tensor& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() &&
         std::memcmp(a.bytes_data(), b.bytes_data(), a.bytes()) == 0;
}

// Hands out its bytes in pieces of at most `piece`, like a pipe.
class Trickle : public Source {
 public:
  Trickle(std::string bytes, size_t piece)
      : Source("test"), bytes_(std::move(bytes)), piece_(piece) {}

 protected:
  size_t fill(void* to, size_t bytes) override {
    const size_t got = std::min({bytes, piece_, bytes_.size() - at_});
    std::memcpy(to, bytes_.data() + at_, got);
    at_ += got;
    return got;
  }

 private:
  std::string bytes_;
  size_t piece_, at_ = 0;
};

}  // namespace sgan::io
