// Reads TensorBoard event files, written from the format's description and not from our writer.
#pragma once

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace sgan::train {

struct Event {
  double time = 0;
  int64_t step = 0;
  std::string version;
  std::vector<std::pair<std::string, float>> scalars;
};

// Bit by bit, with the polynomial as it is written in RFC 3720, most significant bit first.
inline uint32_t plain_crc32c(const std::string& bytes) {
  const auto reversed = [](uint64_t v, int bits) {
    uint64_t r = 0;
    for (int i = 0; i < bits; ++i) r |= (v >> i & 1) << (bits - 1 - i);
    return r;
  };
  uint32_t remainder = 0xffffffff;
  for (const char c : bytes) {
    remainder ^= uint32_t(reversed(uint8_t(c), 8)) << 24;
    for (int i = 0; i < 8; ++i) remainder = remainder << 1 ^ (remainder >> 31 ? 0x1edc6f41u : 0);
  }
  return uint32_t(reversed(~remainder, 32));
}

class EventReader {
 public:
  // Throws std::runtime_error for anything that is not as it should be.
  static std::vector<Event> read(const std::string& file) {
    std::vector<Event> events;
    for (size_t at = 0; at < file.size();) {
      const std::string length = piece(file, at, 8);
      checksum(length, piece(file, at, 4));
      uint64_t size;
      std::memcpy(&size, length.data(), 8);
      const std::string data = piece(file, at, size);
      checksum(data, piece(file, at, 4));
      events.push_back(event(data));
    }
    return events;
  }

 private:
  static std::string piece(const std::string& from, size_t& at, uint64_t size) {
    if (size > from.size() - at) throw std::runtime_error("truncated");
    at += size;
    return from.substr(at - size, size);
  }
  static void checksum(const std::string& data, const std::string& stored) {
    uint32_t masked;
    std::memcpy(&masked, stored.data(), 4);
    const uint32_t rotated = masked - 0xa282ead8u;
    if ((rotated >> 17 | rotated << 15) != plain_crc32c(data)) throw std::runtime_error("checksum");
  }
  static uint64_t number(const std::string& from, size_t& at) {
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = uint8_t(piece(from, at, 1)[0]);
      value |= uint64_t(byte & 127) << shift;
      if (byte < 128) return value;
    }
  }
  // Calls use(field, bytes) for every field; a varint comes as eight bytes.
  template <class Use>
  static void fields(const std::string& message, const Use& use) {
    for (size_t at = 0; at < message.size();) {
      const uint64_t key = number(message, at);
      std::string value(8, 0);
      if ((key & 7) == 0) {
        const uint64_t n = number(message, at);
        std::memcpy(value.data(), &n, 8);
      } else if ((key & 7) == 1) {
        value = piece(message, at, 8);
      } else if ((key & 7) == 2) {
        const uint64_t size = number(message, at);
        value = piece(message, at, size);
      } else if ((key & 7) == 5) {
        value = piece(message, at, 4);
      } else {
        throw std::runtime_error("wire type");
      }
      use(int(key >> 3), value);
    }
  }
  static Event event(const std::string& data) {
    Event e;
    fields(data, [&](int field, const std::string& value) {
      if (field == 1) std::memcpy(&e.time, value.data(), 8);
      if (field == 2) std::memcpy(&e.step, value.data(), 8);
      if (field == 3) e.version = value;
      if (field != 5) return;
      fields(value, [&](int inner, const std::string& scalar) {
        if (inner != 1) throw std::runtime_error("summary");
        std::pair<std::string, float> s;
        fields(scalar, [&](int f, const std::string& v) {
          if (f == 1) s.first = v;
          if (f == 2) std::memcpy(&s.second, v.data(), 4);
        });
        e.scalars.push_back(s);
      });
    });
    return e;
  }
};

}  // namespace sgan::train
