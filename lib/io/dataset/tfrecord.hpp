// The data sets of the TensorFlow programs (ProGAN, StyleGAN, StyleGAN2): for each resolution a
// file NAME-rNN.tfrecords with pictures of 2^NN pixels, labels in NAME-rxx.labels.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sgan::io {

// The records of a TFRecord file: little-endian length (8 bytes), its check, data, their check.
// Throws Error, beginning with `name`, where the framing breaks or the file is cut off.
std::vector<std::string_view> split_tfrecords(std::string_view bytes, const std::string& name);
// Throws Error unless the data of a record, one of the above, agree with the check behind them.
void check_tfrecord(std::string_view record, const std::string& name);

struct TfPicture {
  int channels = 0, height = 0, width = 0;
  std::string_view data;  // [C, H, W]
};
// A serialized tf.train.Example (protocol buffer) with the features "shape" and "data".
TfPicture parse_tf_picture(std::string_view record, const std::string& name);

// Of the file's folder or the folder itself, the file to read: the one of the highest resolution.
// Empty when there is none.
std::string best_tfrecords(const std::string& folder);

}  // namespace sgan::io
