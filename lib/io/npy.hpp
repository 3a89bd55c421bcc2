// NPY arrays as numpy.save writes them (numpy, "The NPY format", versions 1.0, 2.0 and 3.0), little
// endian, C order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/io/output.hpp"
#include "lib/io/source.hpp"
#include "lib/rt/tensor.hpp"

namespace sgan::io {

inline constexpr std::string_view kNpyMagic{"\x93NUMPY", 6};

struct NpyHeader {
  rt::DType type = rt::DType::f32;
  rt::Shape shape;
};

// The bytes before the data, version 1.0, a multiple of 64.
std::string npy_header(const NpyHeader& header);
// Reads up to the data. Throws Error for what is not an NPY header and for element types and orders
// that are not read, with what to do.
NpyHeader read_npy_header(Source& source);
// The inner text, a Python dictionary, of such a header; `name` begins the Errors.
NpyHeader parse_npy_dictionary(std::string_view text, const std::string& name);

// Bytes of an array; throws Error when they do not fit into 63 bits.
uint64_t npy_bytes(const NpyHeader& header);
// Data of `shape` from the source. Memory grows with the bytes that come, not with what was
// promised.
rt::Tensor read_tensor_data(Source& source, const rt::Shape& shape, rt::DType type);

rt::Tensor read_npy(Source& source);
void write_npy(Sink& sink, const rt::Tensor& tensor);

}  // namespace sgan::io
