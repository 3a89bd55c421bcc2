#include "lib/rt/dtype.hpp"

#include "lib/rt/error.hpp"

namespace sgan::rt {

size_t size_of(DType type) {
  switch (type) {
    case DType::f64:
    case DType::i64:
      return 8;
    case DType::f32:
    case DType::i32:
      return 4;
    case DType::f16:
    case DType::bf16:
    case DType::i16:
      return 2;
    case DType::u8:
    case DType::i8:
    case DType::boolean:
      return 1;
  }
  fail("unknown element type ", int(type));
}

std::string_view name_of(DType type) {
  switch (type) {
    case DType::f32:
      return "float32";
    case DType::f64:
      return "float64";
    case DType::f16:
      return "float16";
    case DType::bf16:
      return "bfloat16";
    case DType::u8:
      return "uint8";
    case DType::i8:
      return "int8";
    case DType::i16:
      return "int16";
    case DType::i32:
      return "int32";
    case DType::i64:
      return "int64";
    case DType::boolean:
      return "bool";
  }
  fail("unknown element type ", int(type));
}

bool is_floating(DType type) {
  return type == DType::f32 || type == DType::f64 || type == DType::f16 || type == DType::bf16;
}

float half_to_float(uint16_t bits) { return kernels::half_to_float(bits); }
uint16_t float_to_half(float value) { return kernels::float_to_half(value); }
float bfloat16_to_float(uint16_t bits) { return kernels::bfloat16_to_float(bits); }
uint16_t float_to_bfloat16(float value) { return kernels::float_to_bfloat16(value); }

}  // namespace sgan::rt
