// The JSON header of a safetensors file: every number in it is checked before it is used.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <tuple>

#include "lib/io/json.hpp"
#include "lib/io/safetensors.hpp"
#include "lib/io/safetensors_types.hpp"

namespace sgan::io {
namespace {

using nlohmann::json;

uint64_t natural(const json& value, const std::string& where) {
  check(value.is_number_unsigned(), where, ": sizes must be whole numbers from 0");
  const uint64_t number = value.get<uint64_t>();
  check(number < uint64_t{1} << 62, where, ": size overflows");
  return number;
}

TensorEntry parse_entry(const std::string& tensor, const json& value, const std::string& name) {
  const std::string where = name + ": tensor " + shown(tensor);
  check(value.is_object(), where, ": is not described by an object");
  TensorEntry entry;
  entry.name = tensor;
  const auto type = value.find("dtype"), shape = value.find("shape"),
             offsets = value.find("data_offsets");
  check(type != value.end() && type->is_string(), where, ": has no dtype");
  check(shape != value.end() && shape->is_array() && shape->size() <= 32, where,
        ": has no valid shape");
  check(offsets != value.end() && offsets->is_array() && offsets->size() == 2, where,
        ": has no valid data_offsets");
  entry.type = safetensors_type(type->get_ref<const std::string&>(), where);
  std::vector<int64_t> dims;
  int64_t bytes = int64_t(rt::size_of(entry.type));
  bool empty = false;
  for (const json& dim : *shape) {
    dims.push_back(int64_t(natural(dim, where)));
    if (dims.back() == 0) empty = true;
    check(!__builtin_mul_overflow(bytes, std::max<int64_t>(dims.back(), 1), &bytes), where,
          ": size overflows");
  }
  entry.shape = rt::Shape(std::move(dims));
  entry.begin = natural((*offsets)[0], where);
  entry.end = natural((*offsets)[1], where);
  check(entry.begin <= entry.end, where, ": ends before it begins");
  const uint64_t needed = empty ? 0 : uint64_t(bytes);
  check(entry.end - entry.begin == needed, where, ": shape ", entry.shape, " of ",
        rt::name_of(entry.type), " needs ", needed, " bytes, data_offsets give ",
        entry.end - entry.begin);
  return entry;
}

}  // namespace

rt::DType safetensors_type(std::string_view name, const std::string& where) {
  for (const auto& [type, text] : kSafetensorsTypes) {
    if (text == name) return type;
  }
  fail(where, ": element type ", shown(name), " is not known");
}

std::string_view safetensors_name(rt::DType type) {
  for (const auto& [candidate, text] : kSafetensorsTypes) {
    if (candidate == type) return text;
  }
  fail("safetensors has no type for ", rt::name_of(type));
}

SafetensorsHeader parse_safetensors_header(std::string_view text, const std::string& name) {
  const json parsed = parse_json(text, name + ": header", 4);
  check(parsed.is_object(), name, ": header is not a JSON object");
  SafetensorsHeader header;
  for (const auto& [key, value] : parsed.items()) {
    if (key != "__metadata__") {
      check(!key.empty(), name, ": a tensor has no name");
      header.entries.push_back(parse_entry(key, value, name));
      continue;
    }
    check(value.is_object(), name, ": __metadata__ is not a JSON object");
    for (const auto& [k, v] : value.items()) {
      check(v.is_string(), name, ": metadata ", shown(k), " is not a string");
      header.metadata[k] = v.get<std::string>();
    }
  }
  std::sort(header.entries.begin(), header.entries.end(), [](const auto& a, const auto& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  uint64_t expected = 0;
  for (const TensorEntry& entry : header.entries) {
    check(entry.begin >= expected, name, ": tensor ", shown(entry.name),
          ": overlaps the one before it");
    check(entry.begin == expected, name, ": ", entry.begin - expected,
          " bytes belong to no tensor, before ", shown(entry.name));
    expected = entry.end;
  }
  return header;
}

}  // namespace sgan::io
