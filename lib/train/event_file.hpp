// Scalars in the form that TensorBoard reads: TFRecord framing (length, data, both with a masked
// CRC-32C) around Event messages in protocol buffer encoding. https://www.tensorflow.org/tutorials/
// load_data/tfrecord and tensorflow/core/util/event.proto describe both.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace sgan::train {

uint32_t crc32c(std::string_view bytes);  // Castagnoli polynomial, RFC 3720 appendix B.4

// The first record of a file, and one with values at a step (thousands of images). `time` is in
// seconds since 1970.
std::string event_header(double time);
std::string event_scalars(double time, int64_t step,
                          std::span<const std::pair<std::string, float>> scalars);

}  // namespace sgan::train
