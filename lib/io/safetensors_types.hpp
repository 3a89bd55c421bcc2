// Element types under the names that safetensors gives them.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "lib/rt/dtype.hpp"

namespace sgan::io {

inline constexpr std::pair<rt::DType, std::string_view> kSafetensorsTypes[] = {
    {rt::DType::f64, "F64"},      {rt::DType::f32, "F32"}, {rt::DType::f16, "F16"},
    {rt::DType::bf16, "BF16"},    {rt::DType::i64, "I64"}, {rt::DType::i32, "I32"},
    {rt::DType::i16, "I16"},      {rt::DType::i8, "I8"},   {rt::DType::u8, "U8"},
    {rt::DType::boolean, "BOOL"},
};

rt::DType safetensors_type(std::string_view name, const std::string& where);  // throws Error
std::string_view safetensors_name(rt::DType type);

}  // namespace sgan::io
