#include "lib/train/event_file.hpp"

#include <array>
#include <cstring>

namespace sgan::train {
namespace {

template <class T>
void put_fixed(std::string& out, T value) {  // little endian on every machine
  for (size_t i = 0; i < sizeof(T); ++i) out += char(uint8_t(value >> (8 * i)));
}

void put_varint(std::string& out, uint64_t value) {
  for (; value >= 128; value >>= 7) out += char(uint8_t(value | 128));
  out += char(uint8_t(value));
}

// Protocol buffer fields: the key is the field's number and how its value is stored.
enum Wire { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };
void put_key(std::string& out, int field, Wire wire) {
  put_varint(out, uint64_t(field << 3 | wire));
}

void put_double(std::string& out, int field, double value) {
  uint64_t bits;
  std::memcpy(&bits, &value, 8);
  put_key(out, field, fixed64);
  put_fixed(out, bits);
}

void put_float(std::string& out, int field, float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  put_key(out, field, fixed32);
  put_fixed(out, bits);
}

void put_bytes(std::string& out, int field, std::string_view value) {
  put_key(out, field, bytes);
  put_varint(out, value.size());
  out += value;
}

uint32_t masked(std::string_view data) {
  const uint32_t crc = crc32c(data);
  return (crc >> 15 | crc << 17) + 0xa282ead8u;
}

std::string record(std::string_view data) {
  std::string out;
  put_fixed(out, uint64_t(data.size()));
  put_fixed(out, masked(out));
  out += data;
  put_fixed(out, masked(data));
  return out;
}

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  static const auto table = [] {
    std::array<uint32_t, 256> t{};
    for (uint32_t i = 0; i < 256; ++i) {
      t[i] = i;
      for (int bit = 0; bit < 8; ++bit) t[i] = t[i] >> 1 ^ (t[i] & 1 ? 0x82f63b78u : 0);
    }
    return t;
  }();
  uint32_t crc = ~0u;
  for (const char c : bytes) crc = crc >> 8 ^ table[(crc ^ uint8_t(c)) & 255];
  return ~crc;
}

std::string event_header(double time) {
  std::string event;
  put_double(event, 1, time);
  put_bytes(event, 3, "brain.Event:2");
  return record(event);
}

std::string event_scalars(double time, int64_t step,
                          std::span<const std::pair<std::string, float>> scalars) {
  std::string summary;
  for (const auto& [tag, value] : scalars) {
    std::string scalar;
    put_bytes(scalar, 1, tag);
    put_float(scalar, 2, value);
    put_bytes(summary, 1, scalar);
  }
  std::string event;
  put_double(event, 1, time);
  put_key(event, 2, varint);
  put_varint(event, uint64_t(step));
  put_bytes(event, 5, summary);
  return record(event);
}

}  // namespace sgan::train
