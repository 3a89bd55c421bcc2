#include "lib/io/pickle/numpy.hpp"

#include <algorithm>
#include <charconv>

namespace sgan::io::pickle {
namespace {

enum class Form { none, reconstruct, buffer, scalar };

// numpy._core is the name since numpy 2.
Form form_of(const Ref& value) {
  if (!value.is(Kind::call)) return Form::none;
  std::string_view name = value.global();
  for (const std::string_view root : {"numpy.core.", "numpy._core."}) {
    if (!name.starts_with(root)) continue;
    name.remove_prefix(root.size());
    if (name == "multiarray._reconstruct") return Form::reconstruct;
    if (name == "multiarray.scalar") return Form::scalar;
    if (name == "numeric._frombuffer") return Form::buffer;
  }
  return Form::none;
}

struct ElementType {
  char kind = 'f';
  int bytes = 4;
  bool swap = false;
};

// numpy.dtype('f4', False, True) with the state (3, '<', ...).
ElementType element_type(const Ref& dtype) {
  if (!dtype.calls("numpy.dtype")) dtype.fail("needs numpy.dtype");
  std::string code(dtype.arg(0).text());
  char order = '=';
  const auto is_order = [](char c) { return c == '<' || c == '>' || c == '|' || c == '='; };
  if (!code.empty() && is_order(code[0])) {
    order = code[0];
    code.erase(0, 1);
  }
  if (const Ref state = dtype.state(); state && state.is_sequence() && state.size() > 1) {
    const auto text = state[1].text();
    if (text.size() == 1 && is_order(text[0])) order = text[0];
  }
  if (code == "?") code = "b1";
  ElementType type;
  const auto end = code.data() + code.size();
  if (code.size() < 2 || std::from_chars(code.data() + 1, end, type.bytes).ptr != end)
    dtype.fail("the element type ", code.substr(0, 20), " is not a plain number");
  type.kind = code[0];
  type.swap = order == '>' && type.bytes > 1;
  return type;
}

rt::DType storage_type(const ElementType& type, const Ref& dtype) {
  using rt::DType;
  const auto key = std::string{type.kind} + std::to_string(type.bytes);
  for (const auto& [name, result] :
       std::initializer_list<std::pair<const char*, DType>>{{"f4", DType::f32},
                                                            {"f8", DType::f64},
                                                            {"f2", DType::f16},
                                                            {"i1", DType::i8},
                                                            {"i2", DType::i16},
                                                            {"i4", DType::i32},
                                                            {"i8", DType::i64},
                                                            {"u1", DType::u8},
                                                            {"u2", DType::i16},
                                                            {"u4", DType::i32},
                                                            {"b1", DType::boolean}})
    if (key == name) return result;
  dtype.fail("the element type ", key, " is not supported");
}

// Unsigned types that tensors lack were read as signed ones: widen.
rt::Tensor widen(const rt::Tensor& raw, const ElementType& type) {
  if (type.kind != 'u' || type.bytes == 1) return raw;
  rt::Tensor wide(raw.shape(), type.bytes == 2 ? rt::DType::i32 : rt::DType::i64);
  for (int64_t i = 0; i < raw.numel(); ++i) {
    if (type.bytes == 2)
      wide.data<int32_t>()[i] = uint16_t(raw.data<int16_t>()[i]);
    else
      wide.data<int64_t>()[i] = uint32_t(raw.data<int32_t>()[i]);
  }
  return wide;
}

rt::Tensor read(const Ref& value, const Ref& dtype, const Ref& data, std::vector<int64_t> sizes,
                bool fortran, Budget& budget) {
  const ElementType type = element_type(dtype);
  std::string hold;
  if (!is_bytes(data)) value.fail("an array of objects instead of numbers");
  const auto bytes = bytes_of(data, hold);
  budget.take(hold.size(), value);
  std::vector<int64_t> strides;
  if (fortran) {
    const std::vector<int64_t> reversed(sizes.rbegin(), sizes.rend());
    strides = row_major_strides(reversed);
    std::reverse(strides.begin(), strides.end());
  } else {
    strides = row_major_strides(sizes);
  }
  const rt::DType stored = storage_type(type, dtype);
  const rt::Tensor raw = gather({stored, bytes, type.swap}, 0, sizes, strides, budget, value);
  if (raw.bytes() != bytes.size())
    value.fail("an array of ", raw.bytes(), " bytes, its data has ", bytes.size());
  return widen(raw, type);
}

}  // namespace

bool is_numpy(const Ref& value) { return form_of(value) != Form::none; }

rt::Tensor numpy_tensor(const Ref& value, Budget& budget) {
  switch (form_of(value)) {
    case Form::scalar:
      return read(value, value.arg(0), value.arg(1), {}, false, budget);
    case Form::buffer: {  // protocol 5: (data, dtype, shape, order)
      const bool fortran = value.arg_count() > 3 && value.arg(3).text() == "F";
      return read(value, value.arg(1), value.arg(0), integers(value.arg(2)), fortran, budget);
    }
    case Form::reconstruct: {  // state ([version,] shape, dtype, is_fortran, data)
      const Ref state = value.state();
      if (!state || !state.is_sequence() || state.size() < 4)
        value.fail("an array without contents");
      const size_t first = state.size() > 4 ? 1 : 0;
      const Ref order = state[first + 2];
      return read(value, state[first + 1], state[first + 3], integers(state[first]),
                  order.integer() != 0, budget);
    }
    default:
      value.fail("needs a numpy array");
  }
}

}  // namespace sgan::io::pickle
