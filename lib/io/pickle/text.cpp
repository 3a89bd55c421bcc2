#include "lib/io/pickle/text.hpp"

#include <algorithm>
#include <cmath>

#include "lib/io/pickle/numpy.hpp"

namespace sgan::io::pickle {
namespace {

using nlohmann::json;

// Length of the valid UTF-8 sequence at `text`, 0 when there is none.
size_t sequence_length(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? uint8_t(text[i]) : 0; };
  const auto follows = [&](size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const uint8_t c = byte(0);
  if (c < 0x80) return 1;
  if (c >= 0xC2 && c < 0xE0 && follows(1)) return 2;
  if ((c & 0xF0) == 0xE0 && follows(1) && follows(2))
    return (c == 0xE0 && byte(1) < 0xA0) || (c == 0xED && byte(1) >= 0xA0) ? 0 : 3;
  if (c >= 0xF0 && c < 0xF5 && follows(1) && follows(2) && follows(3))
    return (c == 0xF0 && byte(1) < 0x90) || (c == 0xF4 && byte(1) >= 0x90) ? 0 : 4;
  return 0;
}

// With '?' for what is not UTF-8, cut after `limit` bytes.
std::string valid_text(std::string_view text, size_t limit) {
  std::string result;
  while (!text.empty() && result.size() < limit) {
    const size_t length = sequence_length(text);
    if (length == 0)
      result += '?';
    else
      result += text.substr(0, length);
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return result;
}

json number(double value) {
  if (!std::isfinite(value)) return nullptr;  // JSON has no such numbers
  return value;
}

json tensor_json(const Ref& value) {
  Budget budget(0);
  const rt::Tensor tensor = numpy_tensor(value, budget);
  if (tensor.numel() > 256) return cat("array ", tensor.shape());
  const bool whole = !rt::is_floating(tensor.dtype());
  json list = json::array();
  for (const double x : tensor.to_doubles()) {
    if (tensor.dtype() == rt::DType::boolean)
      list.push_back(x != 0);
    else if (whole && std::abs(x) < 9e15)  // exact in double
      list.push_back(int64_t(x));
    else
      list.push_back(number(x));
  }
  return tensor.rank() == 0 ? list[0] : list;
}

class Converter {
 public:
  explicit Converter(const Ref& root) : walk_(root.tree(), 100000) {}

  json convert(const Ref& value) {
    const Walk::Step step(walk_, value);
    if (value.is_string()) walk_.charge(value.text().size() / 32, value);
    if (auto leaf = scalar_json(value)) return *leaf;
    if (is_numpy(value)) return tensor_json(value);
    if (value.is_dict()) {
      json result = json::object();
      for (const auto& [key, entry] : value.entries()) result[key_text(key)] = convert(entry);
      return result;
    }
    if (value.is_sequence()) {
      json result = json::array();
      for (size_t i = 0; i < value.size(); ++i) result.push_back(convert(value[i]));
      return result;
    }
    if (value.is(Kind::call)) {
      const auto name = value.global();
      if (name == "torch.Size" && value.arg_count() > 0) return convert(value.arg(0));
      if (name.starts_with("pathlib.")) {
        std::string path;
        for (size_t i = 0; i < value.arg_count(); ++i) {
          const bool slash = !path.empty() && path.back() != '/';
          path += cat(slash ? "/" : "", valid_text(value.arg(i).text(), 4096));
        }
        return path;
      }
      if (const Ref state = value.state(); state && state.is_dict() && name == "argparse.Namespace")
        return convert(state);
      return std::string(name);
    }
    if (value.is(Kind::global)) return valid_text(value.global(), 4096);
    return nullptr;
  }

 private:
  Walk walk_;
};

}  // namespace

std::string key_text(const Ref& key) {
  if (key.is(Kind::integer) || key.is(Kind::boolean)) return std::to_string(key.integer());
  if (!key.is_string()) return cat("(", key.where(), ")");
  const auto text = key.text();
  if (text.size() > 1024) key.fail("a name of ", text.size(), " bytes");
  const bool plain =
      std::all_of(text.begin(), text.end(), [](char c) { return uint8_t(c) >= 0x20 && c != 0x7F; });
  std::string result = valid_text(text, 1024);
  if (!plain || result != text) key.fail("a name with characters that are not text");
  return result;
}

std::optional<json> scalar_json(const Ref& value) {
  switch (value.kind()) {
    case Kind::none:
      return json(nullptr);
    case Kind::boolean:
      return json(value.boolean());
    case Kind::integer:
      return json(value.integer());
    case Kind::real:
      return number(value.real());
    case Kind::text:
    case Kind::bytes:
      return json(valid_text(value.text(), size_t{1} << 16));
    default:
      return std::nullopt;
  }
}

void add_history(json& history, const std::string& name, const Ref& value) {
  if (history.size() >= 256) return;
  try {
    history[name] = to_json(value);
  } catch (const Error&) {
    history[name] = "left out: too large";
  }
}

json to_json(const Ref& value) { return Converter(value).convert(value); }

}  // namespace sgan::io::pickle
