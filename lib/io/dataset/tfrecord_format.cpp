// The framing of TFRecord files and the few protocol buffer messages inside (tensorflow/core/lib/io
// and tensorflow/core/example, as documented): every length is checked before it is used.
#include "lib/io/crc32.hpp"
#include "lib/io/dataset/tfrecord.hpp"
#include "lib/rt/error.hpp"

namespace sgan::io {
namespace {

uint64_t little(std::string_view bytes, size_t count) {
  uint64_t value = 0;
  for (size_t i = count; i-- > 0;) value = value << 8 | uint8_t(bytes[i]);
  return value;
}

uint32_t masked(std::string_view bytes) {
  const uint32_t c = crc32c(bytes);
  return (c >> 15 | c << 17) + 0xa282ead8u;
}

// One message: fields one after another (protobuf.dev, "Encoding").
class Message {
 public:
  Message(std::string_view bytes, const std::string& name) : left_(bytes), name_(name) {}
  // The next field; false at the end.
  bool next() {
    if (left_.empty()) return false;
    const uint64_t tag = varint();
    number = tag >> 3;
    kind = int(tag & 7);
    switch (kind) {
      case 0:
        value = varint();
        return true;
      case 1:
        take(8);
        return true;
      case 2:
        bytes = take(varint());
        return true;
      case 5:
        take(4);
        return true;
      default:
        bad();
    }
  }
  bool is(uint64_t field) const { return kind == 2 && number == field; }
  bool at_end() const { return left_.empty(); }
  uint64_t varint() {
    uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (left_.empty()) bad();
      const auto byte = uint8_t(left_[0]);
      left_.remove_prefix(1);
      v |= uint64_t(byte & 127) << shift;
      if (byte < 128) return v;
    }
    bad();
  }

  uint64_t number = 0, value = 0;
  int kind = 0;
  std::string_view bytes;  // of kind 2

 private:
  [[noreturn]] void bad() const { fail(name_, ": damaged: not a tf.train.Example"); }
  std::string_view take(uint64_t count) {
    if (count > left_.size()) bad();
    const std::string_view taken = left_.substr(0, size_t(count));
    left_.remove_prefix(size_t(count));
    return taken;
  }
  std::string_view left_;
  const std::string& name_;
};

std::vector<int64_t> integers(std::string_view list, const std::string& name) {
  std::vector<int64_t> values;
  for (Message m(list, name); m.next();) {
    if (m.number != 1) continue;
    if (m.kind == 0) values.push_back(int64_t(m.value));
    if (m.kind != 2) continue;
    for (Message packed(m.bytes, name); !packed.at_end() && values.size() < 16;)
      values.push_back(int64_t(packed.varint()));
  }
  return values;
}

}  // namespace

std::vector<std::string_view> split_tfrecords(std::string_view bytes, const std::string& name) {
  std::vector<std::string_view> records;
  const size_t total = bytes.size();
  while (!bytes.empty()) {
    const auto at = cat("record ", records.size(), " at byte ", total - bytes.size());
    check(bytes.size() >= 12, name, ": truncated in ", at);
    const uint64_t length = little(bytes, 8);
    check(masked(bytes.substr(0, 8)) == little(bytes.substr(8), 4), name,
          records.empty() ? ": not a TFRecord file" : cat(": damaged: wrong length of ", at));
    check(length <= bytes.size() - 12 && bytes.size() - 12 - length >= 4, name, ": truncated in ",
          at);
    records.push_back(bytes.substr(12, size_t(length)));
    bytes.remove_prefix(size_t(length) + 16);
  }
  return records;
}

void check_tfrecord(std::string_view record, const std::string& name) {
  const std::string_view check_after(record.data() + record.size(), 4);
  check(masked(record) == little(check_after, 4), name, ": damaged: its checksum does not fit");
}

TfPicture parse_tf_picture(std::string_view record, const std::string& name) {
  std::vector<int64_t> shape;
  TfPicture picture;
  for (Message example(record, name); example.next();) {
    if (!example.is(1)) continue;
    for (Message features(example.bytes, name); features.next();) {
      if (!features.is(1)) continue;
      std::string_view key, feature;
      for (Message entry(features.bytes, name); entry.next();) {
        if (entry.is(1)) key = entry.bytes;
        if (entry.is(2)) feature = entry.bytes;
      }
      for (Message f(feature, name); f.next();) {
        if (key == "shape" && f.is(3)) shape = integers(f.bytes, name);
        if (key != "data" || !f.is(1)) continue;
        for (Message list(f.bytes, name); list.next();) {
          if (list.is(1)) picture.data = list.bytes;
        }
      }
    }
  }
  check(shape.size() == 3, name, ": has no feature \"shape\" of three numbers");
  for (const int64_t side : shape)
    check(side > 0 && side <= 1 << 16, name, ": states a shape out of range");
  check(uint64_t(shape[0] * shape[1]) * uint64_t(shape[2]) == picture.data.size(), name,
        ": its \"data\" holds ", picture.data.size(), " bytes, not ", shape[0], "x", shape[1], "x",
        shape[2]);
  picture.channels = int(shape[0]);
  picture.height = int(shape[1]);
  picture.width = int(shape[2]);
  return picture;
}

}  // namespace sgan::io
