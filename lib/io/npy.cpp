#include "lib/io/npy.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

namespace sgan::io {
namespace {

using rt::DType;

struct TypeName {
  std::string_view descr;
  DType type;
};
constexpr TypeName kTypes[] = {
    {"<f4", DType::f32}, {"<f8", DType::f64}, {"<f2", DType::f16},
    {"|u1", DType::u8},  {"|i1", DType::i8},  {"<i2", DType::i16},
    {"<i4", DType::i32}, {"<i8", DType::i64}, {"|b1", DType::boolean},
};

constexpr size_t kMaxHeader = size_t{1} << 16;
constexpr int kMaxRank = 32;

DType type_of(std::string_view descr, const std::string& name) {
  for (const TypeName& t : kTypes) {
    const bool one_byte = t.descr[0] == '|' && descr.size() == 3;  // its byte order says nothing
    if (descr == t.descr || (one_byte && descr.substr(1) == t.descr.substr(1))) return t.type;
  }
  if (descr.starts_with('>')) {
    fail(name, ": big-endian array (", descr, "); save x.astype('<", descr.substr(1), "') instead");
  }
  fail(name, ": array of type ", descr, " is not read; save it as float32");
}

// Just the Python that numpy writes: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
class DictionaryParser {
 public:
  DictionaryParser(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  NpyHeader parse() {
    NpyHeader header;
    bool has_descr = false, has_order = false, has_shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string_view key = string();
      expect(':');
      if (key == "descr" && !std::exchange(has_descr, true)) {
        if (peek() == '[') fail(name_, ": record arrays are not read; save plain arrays");
        header.type = type_of(string(), name_);
      } else if (key == "fortran_order" && !std::exchange(has_order, true)) {
        if (boolean()) fail(name_, ": array in Fortran order; save numpy.ascontiguousarray(x)");
      } else if (key == "shape" && !std::exchange(has_shape, true)) {
        header.shape = shape();
      } else {
        bad();
      }
      if (!accept(',') && peek() != '}') bad();
    }
    skip_space();
    if (!text_.empty() || !has_descr || !has_order || !has_shape) bad();
    return header;
  }

 private:
  [[noreturn]] void bad() { fail(name_, ": not a valid NPY header"); }
  void skip_space() {
    while (!text_.empty() && (text_[0] == ' ' || text_[0] == '\n')) text_.remove_prefix(1);
  }
  char peek() {
    skip_space();
    return text_.empty() ? '\0' : text_[0];
  }
  bool accept(char c) {
    if (peek() != c || text_.empty()) return false;
    text_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!accept(c)) bad();
  }
  bool accept_word(std::string_view word) {
    skip_space();
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }
  bool boolean() {
    if (accept_word("True")) return true;
    if (!accept_word("False")) bad();
    return false;
  }
  std::string_view string() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') bad();
    const size_t end = text_.find(quote, 1);
    if (end == std::string_view::npos) bad();
    const std::string_view inner = text_.substr(1, end - 1);
    if (inner.size() > 64) bad();
    for (const char c : inner) {
      if (c < ' ' || c > '~' || c == '\\') bad();
    }
    text_.remove_prefix(end + 1);
    return inner;
  }
  int64_t integer() {
    int64_t value = 0;
    if (peek() < '0' || peek() > '9') bad();
    while (!text_.empty() && text_[0] >= '0' && text_[0] <= '9') {
      if (__builtin_mul_overflow(value, 10, &value) ||
          __builtin_add_overflow(value, text_[0] - '0', &value)) {
        fail(name_, ": array size overflows");
      }
      text_.remove_prefix(1);
    }
    if (!text_.empty() && text_[0] == 'L') text_.remove_prefix(1);  // Python 2
    return value;
  }
  rt::Shape shape() {
    std::vector<int64_t> dims;
    expect('(');
    while (!accept(')')) {
      if (int(dims.size()) == kMaxRank) fail(name_, ": more than ", kMaxRank, " axes");
      dims.push_back(integer());
      if (!accept(',') && (peek() != ')' || dims.size() == 1)) bad();  // (3) is not a tuple
    }
    return rt::Shape(std::move(dims));
  }

  std::string_view text_;
  const std::string& name_;
};

}  // namespace

NpyHeader parse_npy_dictionary(std::string_view text, const std::string& name) {
  const NpyHeader header = DictionaryParser(text, name).parse();
  int64_t bytes = int64_t(rt::size_of(header.type));
  for (const int64_t dim : header.shape) {  // also where another axis is 0, as numel() does it
    if (__builtin_mul_overflow(bytes, std::max<int64_t>(dim, 1), &bytes)) {
      fail(name, ": array size overflows");
    }
  }
  return header;
}

uint64_t npy_bytes(const NpyHeader& header) {
  return uint64_t(header.shape.numel()) * rt::size_of(header.type);
}

std::string npy_header(const NpyHeader& header) {
  std::string_view descr;
  for (const TypeName& t : kTypes) {
    if (t.type == header.type) descr = t.descr;
  }
  check(!descr.empty(), "NPY has no type for ", rt::name_of(header.type));
  std::string text = cat("{'descr': '", descr, "', 'fortran_order': False, 'shape': (");
  for (int i = 0; i < header.shape.rank(); ++i) {
    text +=
        cat(i > 0 ? " " : "", header.shape[i], i + 1 < header.shape.rank() || i == 0 ? "," : "");
  }
  text += "), }";
  const size_t before = kNpyMagic.size() + 4;  // version, length
  const size_t total = (before + text.size() + 1 + 63) / 64 * 64;
  text.append(total - before - text.size() - 1, ' ');
  text += '\n';
  std::string out(kNpyMagic);
  out += '\x01';
  out += '\x00';
  out += char(text.size() & 0xff);
  out += char(text.size() >> 8);
  return out + text;
}

NpyHeader read_npy_header(Source& source) {
  char magic[8];
  source.read_exact(magic, sizeof magic);
  if (std::string_view(magic, 6) != kNpyMagic) fail(source.name(), ": not an NPY array");
  const int major = magic[6], minor = magic[7];
  if (major < 1 || major > 3 || minor != 0) {
    fail(source.name(), ": NPY version ", int(uint8_t(major)), ".", int(uint8_t(minor)),
         " is not known");
  }
  uint8_t length[4] = {};
  source.read_exact(length, major == 1 ? 2 : 4);
  const size_t size =
      length[0] | size_t{length[1]} << 8 | size_t{length[2]} << 16 | size_t{length[3]} << 24;
  if (size > kMaxHeader) fail(source.name(), ": NPY header of ", size, " bytes is too long");
  std::string text(size, '\0');
  source.read_exact(text.data(), size);
  return parse_npy_dictionary(text, source.name());
}

rt::Tensor read_tensor_data(Source& source, const rt::Shape& shape, DType type) {
  constexpr size_t kAtOnce = size_t{16} << 20;
  const size_t bytes = npy_bytes({type, shape});
  if (bytes <= kAtOnce) {
    rt::Tensor tensor(shape, type);
    source.read_exact(tensor.bytes_data(), bytes);
    return tensor;
  }
  // Pieces that double, so that a promise of terabytes costs what was really sent.
  struct Piece {
    std::unique_ptr<char[]> data;
    size_t size;
  };
  std::vector<Piece> pieces;
  size_t done = 0;
  while (done < bytes) {
    const size_t size = std::min(bytes - done, std::max(kAtOnce, done));
    pieces.push_back({std::make_unique_for_overwrite<char[]>(size), size});
    source.read_exact(pieces.back().data.get(), size);
    done += size;
  }
  rt::Tensor tensor(shape, type);
  char* to = tensor.bytes_data();
  for (Piece& piece : pieces) {
    std::memcpy(to, piece.data.get(), piece.size);
    to += piece.size;
    piece.data.reset();
  }
  return tensor;
}

rt::Tensor read_npy(Source& source) {
  const NpyHeader header = read_npy_header(source);
  rt::Tensor tensor = read_tensor_data(source, header.shape, header.type);
  if (header.type == DType::boolean) {  // any other byte would not be a bool
    for (int64_t i = 0; i < tensor.numel(); ++i) {
      char& c = tensor.bytes_data()[i];
      if (c != 0) c = 1;
    }
  }
  return tensor;
}

void write_npy(Sink& sink, const rt::Tensor& tensor) {
  const rt::Tensor host = tensor.to(rt::cpu);
  sink.write(npy_header({host.dtype(), host.shape()}));
  sink.write(host.bytes_data(), host.bytes());
}

}  // namespace sgan::io
