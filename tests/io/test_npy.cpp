#include "io_test.hpp"
#include "lib/io/npy.hpp"

using namespace sgan::io;
using sgan::rt::DType;
using sgan::rt::Shape;
using sgan::rt::Tensor;

namespace {

std::string with_header(const std::string& text, int version = 1) {
  std::string out = std::string("\x93NUMPY", 6) + char(version) + '\0';
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) out += char(text.size() >> (8 * i) & 0xff);
  return out + text;
}

Tensor parse(const std::string& bytes, size_t piece = 1 << 20) {
  Trickle source(bytes, piece);
  return read_npy(source);
}

const std::string kDictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n";

}  // namespace

BOOST_AUTO_TEST_CASE(npy_writes_what_numpy_writes) {
  // numpy.save of numpy.zeros((2, 3), 'f4'), numpy 1.24, but for the room that it leaves to grow.
  StringSink out;
  write_npy(out, Tensor::zeros({2, 3}));
  BOOST_TEST(out.text.substr(0, 10) == std::string("\x93NUMPY\x01\x00\x76\x00", 10));
  BOOST_TEST(out.text.size() == 128u + 24u);
  BOOST_TEST(out.text.substr(10, kDictionary.size() - 1) ==
             kDictionary.substr(0, kDictionary.size() - 1));
  BOOST_TEST(out.text[127] == '\n');
  BOOST_TEST(npy_header({DType::f32, {7}}).find("'shape': (7,), ") != std::string::npos);
  BOOST_TEST(npy_header({DType::u8, {}}).find("'|u1', 'fortran_order': False, 'shape': (), ") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(npy_every_type_comes_back_bit_for_bit) {
  for (const DType type : {DType::f32, DType::f64, DType::f16, DType::u8, DType::i8, DType::i16,
                           DType::i32, DType::i64, DType::boolean}) {
    Tensor t({3, 1, 5}, type);
    for (size_t i = 0; i < t.bytes(); ++i)
      t.bytes_data()[i] = char(type == DType::boolean ? i % 2 : i * 37);
    for (const size_t piece : {size_t{1}, size_t{7}, size_t{1} << 20}) {
      StringSink out;
      write_npy(out, t);
      BOOST_TEST(equal(parse(out.text, piece), t));
    }
  }
  check_error([] { npy_header({DType::bf16, {1}}); }, "NPY has no type for bfloat16");
}

BOOST_AUTO_TEST_CASE(npy_versions_2_and_3_and_other_spellings) {
  const std::string data(24, 'x');
  for (const int version : {1, 2, 3}) {
    BOOST_TEST(parse(with_header(kDictionary, version) + data).shape() == (Shape{2, 3}));
  }
  for (const char* text :
       {"{\"shape\":(2L,3L),\"fortran_order\":False,\"descr\":\"<f4\"}",
        "{'fortran_order': False, 'shape': (2, 3,), 'descr': '<f4'}",
        "  { 'descr' : '<f4' , 'fortran_order' : False , 'shape' : ( 2 , 3 ) , } \n"}) {
    BOOST_TEST(parse(with_header(text) + data).shape() == (Shape{2, 3}));
  }
  const std::string one = "{'descr': '<f4', 'fortran_order': False, 'shape': (), }";
  BOOST_TEST(parse(with_header(one) + "abcd").rank() == 0);
  const std::string byte = "{'descr': '=u1', 'fortran_order': False, 'shape': (1,), }";
  BOOST_TEST(parse(with_header(byte) + "a").data<uint8_t>()[0] == 'a');
}

BOOST_AUTO_TEST_CASE(npy_reads_what_a_large_array_sends) {
  const Tensor t = random_tensor({9, 1024, 1024}, 1);  // beyond what is allocated at once
  StringSink out;
  write_npy(out, t);
  BOOST_TEST(equal(parse(out.text, 1 << 20), t));
}

BOOST_AUTO_TEST_CASE(npy_refuses_hostile_headers) {
  const auto refuse = [](const std::string& bytes, const std::string& part) {
    check_error([&] { parse(bytes); }, part);
  };
  const auto text = [&](const std::string& descr, const std::string& order,
                        const std::string& shape) {
    return with_header("{'descr': " + descr + ", 'fortran_order': " + order +
                       ", 'shape': " + shape + "}");
  };
  refuse(text("'>f4'", "False", "(1,)"), "big-endian array (>f4); save x.astype('<f4')");
  refuse(text("'<c8'", "False", "(1,)"), "type <c8 is not read");
  refuse(text("'|O'", "False", "(1,)"), "type |O is not read");
  refuse(text("''", "False", "(1,)"), "is not read");
  refuse(text("[('a', '<f4')]", "False", "(1,)"), "record arrays");
  refuse(text("'<f4'", "True", "(1,)"), "numpy.ascontiguousarray");
  refuse(text("'<f4'", "1", "(1,)"), "not a valid NPY header");
  for (const char* shape :
       {"(-1,)", "(1", "1", "[1]", "(1)", "(1,,)", "(,)", "('a',)", "(1.5,)", "(0x1,)", ""}) {
    refuse(text("'<f4'", "False", shape), "not a valid NPY header");
  }
  refuse(text("'<f4'", "False", "(9223372036854775808,)"), "overflows");
  refuse(text("'<f4'", "False", "(4294967296, 4294967296)"), "overflows");
  refuse(text("'<f4'", "False", "(2305843009213693952,)"), "overflows");  // 2^61 times 4
  refuse(text("'<f4'", "False", "(0, 4294967296, 4294967296)"), "overflows");
  std::string axes;
  for (int i = 0; i < 33; ++i) axes += "1,";
  refuse(text("'<f4'", "False", "(" + axes + ")"), "more than 32 axes");
  refuse(with_header(""), "not a valid NPY header");
  refuse(with_header("{}"), "not a valid NPY header");
  refuse(with_header(kDictionary + "x"), "not a valid NPY header");
  refuse(with_header("{'descr': '<f4', 'fortran_order': False, }"), "not a valid NPY header");
  refuse(with_header("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}"),
         "not a valid NPY header");
  refuse(with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 'y'}"),
         "not a valid NPY header");
  refuse(with_header(kDictionary, 4), "NPY version 4.0");
  refuse(with_header(std::string(70000, ' '), 2), "header of 70000 bytes is too long");
  refuse("\x93NUMPX\x01\x02", "not an NPY array");
}

BOOST_AUTO_TEST_CASE(npy_promises_of_terabytes_cost_nothing) {
  const std::string header =
      with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (1099511627776,)}");
  sgan::rt::reset_peak(sgan::rt::cpu);
  check_error([&] { parse(header + std::string(100, 'x')); }, "truncated after");
  BOOST_TEST(sgan::rt::memory_stats(sgan::rt::cpu).peak < size_t{1} << 26);
}

BOOST_AUTO_TEST_CASE(npy_truncation_at_every_byte_is_an_error) {
  StringSink out;
  write_npy(out, random_tensor({2, 3}, 3));
  for (size_t n = 0; n < out.text.size(); ++n) {
    check_error([&] { parse(out.text.substr(0, n)); }, sgan::cat("truncated after ", n, " bytes"));
  }
}
