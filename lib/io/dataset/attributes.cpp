#include "lib/io/dataset/attributes.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "lib/io/json.hpp"
#include "lib/io/source.hpp"
#include "lib/rt/error.hpp"

namespace sgan::io {
namespace {

constexpr size_t kMaxFile = size_t{1} << 30, kMaxColumns = 4096;

using Cells = std::vector<std::string>;

class Lines {
 public:
  Lines(std::string_view text, std::string path) : rest_(text), path_(std::move(path)) {
    if (rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);
  }
  std::string where() const { return cat(path_, ": line ", line_); }
  int64_t line() const { return line_; }

  // The cells of the next line that is not empty; quoted ones may hold commas and line breaks.
  std::optional<Cells> csv() {
    skip_empty();
    if (rest_.empty()) return {};
    line_ = next_;
    Cells cells(1);
    for (bool quoted = false;;) {
      check(!rest_.empty() || !quoted, where(), ": a quoted cell does not end");
      if (rest_.empty()) return cells;
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '\n') ++next_;
      if (c == '"' && quoted && rest_.starts_with('"')) {
        rest_.remove_prefix(1);
        cells.back() += c;
      } else if (c == '"' && (quoted || cells.back().empty())) {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        check(cells.size() < kMaxColumns, where(), ": more than ", kMaxColumns, " columns");
        cells.emplace_back();
      } else if (c == '\n' && !quoted) {
        return cells;
      } else if (c != '\r' || quoted) {
        cells.back() += c;
      }
    }
  }

  // The words of the next line that is not empty.
  std::optional<Cells> words() {
    skip_empty();
    if (rest_.empty()) return {};
    line_ = next_++;
    const size_t size = std::min(rest_.find('\n'), rest_.size());
    std::string_view line = rest_.substr(0, size);
    rest_.remove_prefix(std::min(size + 1, rest_.size()));
    Cells cells;
    for (;;) {
      const size_t begin = line.find_first_not_of(" \t\r");
      if (begin == std::string_view::npos) return cells;
      line.remove_prefix(begin);
      const size_t length = std::min(line.find_first_of(" \t\r"), line.size());
      cells.emplace_back(line.substr(0, length));
      line.remove_prefix(length);
    }
  }

 private:
  void skip_empty() {
    for (;;) {
      const size_t end = rest_.find_first_not_of(" \t\r");
      if (end == std::string_view::npos) rest_ = {};
      if (rest_.empty() || rest_[end] != '\n') return;
      rest_.remove_prefix(end + 1);
      ++next_;
    }
  }

  std::string_view rest_;
  std::string path_;
  int64_t line_ = 0, next_ = 1;  // where the last line began; where the next begins
};

void check_header(const AttributeTable& table, const std::string& where) {
  check(!table.attributes.empty(), where, ": names no attributes beside the pictures");
  std::set<std::string> seen;
  for (const std::string& name : table.attributes) {
    check(!name.empty(), where, ": a column has no name");
    check(seen.insert(name).second, where, ": ", shown(name), " is there twice");
  }
}

}  // namespace

AttributeTable parse_attributes(std::string_view text, const std::string& path) {
  check(text.find('\0') == std::string_view::npos, path, ": not a table, but binary data");
  Lines lines(text, path);
  AttributeTable table;
  table.path = path;
  std::string_view first = text.substr(0, text.find('\n'));
  while (first.ends_with('\r') || first.ends_with(' ')) first.remove_suffix(1);
  const bool celeba =
      !first.empty() && first.find_first_not_of("0123456789") == std::string_view::npos;
  if (celeba) lines.words();
  const auto header = celeba ? lines.words() : lines.csv();
  check(header.has_value(), path, ": holds no table");
  table.attributes.assign(header->begin() + (celeba ? 0 : 1), header->end());
  check_header(table, lines.where());
  std::set<std::string> seen;
  for (;;) {
    auto cells = celeba ? lines.words() : lines.csv();
    if (!cells) break;
    check(cells->size() == table.attributes.size() + 1, lines.where(), ": ", cells->size(),
          " cells where ", table.attributes.size() + 1, " are wanted");
    AttributeTable::Row row;
    row.picture = std::move(cells->front());
    row.line = lines.line();
    std::replace(row.picture.begin(), row.picture.end(), '\\', '/');
    check(!row.picture.empty(), lines.where(), ": names no picture");
    check(seen.insert(row.picture).second, lines.where(), ": ", shown(row.picture),
          " is there twice");
    row.values.assign(std::make_move_iterator(cells->begin() + 1),
                      std::make_move_iterator(cells->end()));
    table.rows.push_back(std::move(row));
  }
  check(!table.rows.empty(), path, ": holds no pictures");
  return table;
}

AttributeTable read_attributes(const std::string& path) {
  const auto source = open_input(path);
  return parse_attributes(source->read_all(kMaxFile), source->name());
}

}  // namespace sgan::io
