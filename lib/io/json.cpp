#include "lib/io/json.hpp"

#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "lib/rt/error.hpp"

namespace sgan::io {

using nlohmann::json;

json parse_json(std::string_view text, const std::string& what, int max_depth) {
  std::vector<std::set<std::string>> names;
  const auto watch = [&](int depth, json::parse_event_t event, json& value) {
    check(depth <= max_depth, what, ": nested deeper than ", max_depth, " levels");
    if (event == json::parse_event_t::object_start) names.emplace_back();
    if (event == json::parse_event_t::object_end) names.pop_back();
    if (event == json::parse_event_t::key) {
      const auto& name = value.get_ref<const std::string&>();
      check(names.back().insert(name).second, what, ": ", shown(name), " occurs twice");
    }
    return true;
  };
  try {
    return json::parse(text, watch);
  } catch (const json::parse_error& e) {
    fail(what, ": not valid JSON (byte ", e.byte, ")");
  } catch (const json::exception&) {  // numbers out of range
    fail(what, ": not valid JSON");
  }
}

std::string shown(std::string_view text) {
  std::string out(1, '\'');
  for (const char c : text.substr(0, 80)) out += c < ' ' || c > '~' ? '?' : c;
  out += text.size() > 80 ? "...'" : "'";
  return out;
}

}  // namespace sgan::io
