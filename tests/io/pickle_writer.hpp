// A writer of (also wrong) pickles.
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "lib/io/pickle/opcodes.hpp"

namespace sgan::io::pickle {

// Writes opcodes.
class Writer {
 public:
  Writer& op(uint8_t code) {
    text += char(code);
    return *this;
  }
  Writer& raw(std::string_view bytes) {
    text += bytes;
    return *this;
  }
  template <class T>
  Writer& number(T value) {
    char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    return raw({bytes, sizeof(T)});
  }
  Writer& proto(int version) { return op(PROTO).number<uint8_t>(uint8_t(version)); }
  Writer& integer(int32_t value) { return op(BININT).number(value); }
  Writer& str(std::string_view s) { return op(BINUNICODE).number(uint32_t(s.size())).raw(s); }
  Writer& bytes(std::string_view s) { return op(BINBYTES).number(uint32_t(s.size())).raw(s); }
  Writer& global(const std::string& module, const std::string& name) {
    return op(GLOBAL).raw(module + "\n" + name + "\n");
  }
  Writer& put(uint32_t index) { return op(LONG_BINPUT).number(index); }
  Writer& get(uint32_t index) { return op(LONG_BINGET).number(index); }
  // A tuple of integers.
  Writer& tuple(const std::vector<int64_t>& values) {
    op(MARK);
    for (const int64_t v : values) op(LONG1).number<uint8_t>(8).number(v);
    return op(TUPLE);
  }
  std::string stop() { return text + '.'; }

  std::string text;
};

}  // namespace sgan::io::pickle
