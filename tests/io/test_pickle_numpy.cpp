// numpy arrays in pickles: every way they are written.
#include <boost/test/unit_test.hpp>

#include "lib/io/pickle/machine.hpp"
#include "lib/io/pickle/numpy.hpp"
#include "lib/io/pickle/text.hpp"
#include "tests/io/pickle_test.hpp"

namespace sgan::io::pickle {
namespace {

BOOST_AUTO_TEST_SUITE(pickle_numpy)

Writer& dtype(Writer& w, const char* code, const char* order) {
  w.global("numpy", "dtype").str(code).op(NEWFALSE).op(NEWTRUE).op(TUPLE3).op(REDUCE);
  w.op(MARK).integer(3).str(order).op(NONE).op(NONE).op(NONE).integer(-1).integer(-1).integer(0);
  return w.op(TUPLE).op(BUILD);
}

// The data is added by `data`.
std::string array(const std::string& core, const char* code, const char* order,
                  const std::vector<int64_t>& shape, bool fortran,
                  const std::function<void(Writer&)>& data, bool with_version = true) {
  Writer w;
  w.proto(2).global(core + ".multiarray", "_reconstruct").global("numpy", "ndarray");
  w.tuple({0}).bytes("b").op(TUPLE3).op(REDUCE).op(MARK);
  if (with_version) w.integer(1);
  w.tuple(shape);
  dtype(w, code, order).op(fortran ? NEWTRUE : NEWFALSE);
  data(w);
  return w.op(TUPLE).op(BUILD).stop();
}

rt::Tensor tensor_of(const std::string& data) {
  const Tree tree = parse(data, "n.pkl");
  Budget budget(data.size());
  return numpy_tensor(tree.root(), budget);
}

template <class T>
std::string raw(std::initializer_list<T> values, bool swap = false) {
  std::string result;
  for (T value : values) {
    std::string bytes(reinterpret_cast<const char*>(&value), sizeof(T));
    if (swap) std::reverse(bytes.begin(), bytes.end());
    result += bytes;
  }
  return result;
}

using V = std::vector<double>;

BOOST_AUTO_TEST_CASE(arrays) {
  const auto six = [](Writer& w) { w.bytes(raw<float>({1, 2, 3, 4, 5, 6})); };
  for (const char* core : {"numpy.core", "numpy._core"}) {
    const auto t = tensor_of(array(core, "f4", "<", {2, 3}, false, six));
    BOOST_TEST(t.shape().dims() == (std::vector<int64_t>{2, 3}));
    BOOST_TEST((t.dtype() == rt::DType::f32));
    BOOST_TEST(t.to_doubles() == (V{1, 2, 3, 4, 5, 6}));
  }
  const auto fortran = tensor_of(array("numpy.core", "f4", "<", {2, 3}, true, six));
  BOOST_TEST(fortran.to_doubles() == (V{1, 3, 5, 2, 4, 6}));
  const auto unversioned = tensor_of(array("numpy.core", "f4", "<", {6}, false, six, false));
  BOOST_TEST(unversioned.to_doubles() == (V{1, 2, 3, 4, 5, 6}));
  const auto big = tensor_of(array("numpy.core", "f8", ">", {2}, false, [](Writer& w) {
    w.bytes(raw<double>({1.5, -2}, true));
  }));
  BOOST_TEST((big.dtype() == rt::DType::f64));
  BOOST_TEST(big.to_doubles() == (V{1.5, -2}));
}

BOOST_AUTO_TEST_CASE(bytes_as_latin1_text) {
  // 1.0f is 00 00 80 3f: 0x80 is two bytes of UTF-8.
  const auto latin = [](Writer& w) {
    w.global("_codecs", "encode").str(std::string("\0\0\xc2\x80?", 5)).str("latin1");
    w.op(TUPLE2).op(REDUCE);
  };
  BOOST_TEST(tensor_of(array("numpy.core", "f4", "<", {1}, false, latin)).to_doubles() == (V{1}));
  const auto outside = [](Writer& w) {
    w.global("_codecs", "encode").str("\xe2\x82\xac").str("latin1").op(TUPLE2).op(REDUCE);
  };
  check_refused([&] { tensor_of(array("numpy.core", "f4", "<", {1}, false, outside)); }, "n.pkl",
                "latin1");
  const auto other = [](Writer& w) {
    w.global("_codecs", "encode").str("abcd").str("rot13").op(TUPLE2).op(REDUCE);
  };
  check_refused([&] { tensor_of(array("numpy.core", "f4", "<", {1}, false, other)); }, "rot13");
}

BOOST_AUTO_TEST_CASE(protocol_5_buffers) {
  Writer w;
  w.proto(5).global("numpy._core.numeric", "_frombuffer").op(MARK);
  w.op(BYTEARRAY8).number<uint64_t>(8).raw(raw<int16_t>({1, -2, 3, 4}));
  dtype(w, "i2", "<").tuple({2, 2}).str("F").op(TUPLE).op(REDUCE);
  BOOST_TEST(tensor_of(w.stop()).to_doubles() == (V{1, 3, -2, 4}));
}

BOOST_AUTO_TEST_CASE(element_types) {
  const auto one = [](const char* code, const std::string& bytes) {
    return tensor_of(array("numpy.core", code, "<", {int64_t(bytes.size() / size_t(code[1] - '0'))},
                           false, [&](Writer& w) { w.bytes(bytes); }));
  };
  BOOST_TEST(one("f2", raw<uint16_t>({0x3c00})).to_doubles() == (V{1}));
  BOOST_TEST(one("i1", raw<int8_t>({-1, 2})).to_doubles() == (V{-1, 2}));
  BOOST_TEST(one("u1", raw<uint8_t>({255})).to_doubles() == (V{255}));
  BOOST_TEST(one("u2", raw<uint16_t>({65535})).to_doubles() == (V{65535}));
  BOOST_TEST(one("i4", raw<int32_t>({-7})).to_doubles() == (V{-7}));
  BOOST_TEST(one("u4", raw<uint32_t>({4000000000u})).to_doubles() == (V{4e9}));
  BOOST_TEST(one("i8", raw<int64_t>({-1})).to_doubles() == (V{-1}));
  BOOST_TEST((one("b1", raw<uint8_t>({1, 0})).dtype() == rt::DType::boolean));
  for (const char* code : {"c8", "U4", "O8", "V4", "M8"})
    check_refused([&] { one(code, std::string(8, 'x')); }, "n.pkl", "element type");
}

BOOST_AUTO_TEST_CASE(scalars_become_json) {
  Writer w;
  w.global("numpy.core.multiarray", "scalar");
  dtype(w, "f8", "<").bytes(raw<double>({0.25})).op(TUPLE2).op(REDUCE);
  const std::string data = w.stop();
  BOOST_TEST(to_json(parse(data, "n.pkl").root()) == 0.25);
}

BOOST_AUTO_TEST_CASE(sizes_must_agree) {
  const auto refused = [](const std::string& data, const char* part) {
    check_refused([&] { tensor_of(data); }, "n.pkl: ", " at byte ", part);
  };
  const auto four = [](Writer& w) { w.bytes("abcd"); };
  refused(array("numpy.core", "f4", "<", {2}, false, four), "beyond its storage");
  refused(array("numpy.core", "f4", "<", {0}, false, four), "its data has 4");
  refused(array("numpy.core", "f4", "<", {-1}, false, four), "negative");
  refused(array("numpy.core", "f4", "<", {int64_t{1} << 62, int64_t{1} << 62}, false, four),
          "size of");
  refused(array("numpy.core", "f4", "<", {1 << 20, 1 << 20, 1 << 20}, false, four), "elements");
  refused(array("numpy.core", "f4", "<", {1}, false, [](Writer& w) { w.op(EMPTY_LIST); }),
          "objects instead of numbers");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sgan::io::pickle
