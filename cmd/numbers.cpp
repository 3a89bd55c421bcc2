// Numbers on the command line: all of the text, in the range, never NaN or infinite.
#include <charconv>
#include <cmath>

#include "cmd/cli.hpp"

namespace sgan::cli {

double parse_number(std::string_view text, std::string_view what, double low, double high) {
  std::string_view digits = text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  double value = 0;
  const auto [end, bad] = std::from_chars(digits.begin(), digits.end(), value);
  if (bad != std::errc{} || end != digits.end() || !std::isfinite(value)) {
    misuse(what, ": '", text, "' is not a number");
  }
  if (value < low || value > high) misuse(what, ": ", text, " is not within ", low, " and ", high);
  return value;
}

int64_t parse_integer(std::string_view text, std::string_view what, int64_t low, int64_t high) {
  int64_t value = 0;
  const auto [end, bad] = std::from_chars(text.begin(), text.end(), value);
  if (bad == std::errc::result_out_of_range) misuse(what, ": ", text, " is too large");
  if (bad != std::errc{} || end != text.end()) misuse(what, ": '", text, "' is not a whole number");
  if (value < low || value > high) misuse(what, ": ", text, " is not within ", low, " and ", high);
  return value;
}

std::vector<int64_t> parse_ranges(std::string_view text, std::string_view what, int64_t high,
                                  size_t limit) {
  std::vector<int64_t> values;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view part = text.substr(begin, end - begin);
    const size_t dash = part.find('-');
    const int64_t first = parse_integer(part.substr(0, dash), what, 0, high);
    const int64_t last = dash == std::string_view::npos
                             ? first
                             : parse_integer(part.substr(dash + 1), what, 0, high);
    if (last < first) misuse(what, ": '", part, "' runs backwards");
    if (uint64_t(last - first) >= limit - std::min(limit, values.size())) {
      misuse(what, ": more than ", limit, " numbers");
    }
    for (int64_t value = first; value <= last; ++value) values.push_back(value);
    begin = end + 1;
  }
  return values;
}

}  // namespace sgan::cli
