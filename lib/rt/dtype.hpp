// Element types of tensors and files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kernels/half.hpp"

namespace sgan::rt {

enum class DType : uint8_t { f32, f64, f16, bf16, u8, i8, i16, i32, i64, boolean };

size_t size_of(DType type);            // bytes per element
std::string_view name_of(DType type);  // "float32", ...
bool is_floating(DType type);

// 16-bit storage formats, converted by value (round to nearest even).
float half_to_float(uint16_t bits);  // IEEE binary16
uint16_t float_to_half(float value);
float bfloat16_to_float(uint16_t bits);
uint16_t float_to_bfloat16(float value);

template <class T>
struct dtype_of;
template <>
struct dtype_of<float> {
  static constexpr DType value = DType::f32;
};
template <>
struct dtype_of<double> {
  static constexpr DType value = DType::f64;
};
template <>
struct dtype_of<kernels::Half> {
  static constexpr DType value = DType::f16;
};
template <>
struct dtype_of<kernels::BFloat16> {
  static constexpr DType value = DType::bf16;
};
template <>
struct dtype_of<uint8_t> {
  static constexpr DType value = DType::u8;
};
template <>
struct dtype_of<int8_t> {
  static constexpr DType value = DType::i8;
};
template <>
struct dtype_of<int16_t> {
  static constexpr DType value = DType::i16;
};
template <>
struct dtype_of<int32_t> {
  static constexpr DType value = DType::i32;
};
template <>
struct dtype_of<int64_t> {
  static constexpr DType value = DType::i64;
};
template <>
struct dtype_of<bool> {
  static constexpr DType value = DType::boolean;
};

}  // namespace sgan::rt
